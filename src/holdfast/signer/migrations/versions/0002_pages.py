"""What a signer's own page needs: rosters after the first, what waits for approval, invitations.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

from holdfast.store import INTEGER, run_sql_file

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES: dict[str, tuple[sa.schema.SchemaItem, ...]] = {
    "rosters": (
        sa.Column("version", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("roster", sa.LargeBinary, nullable=False),
        sa.Column("request", sa.LargeBinary, nullable=False),
        sa.Column("at_s", INTEGER, nullable=False),
    ),
    "roster_readies": (
        sa.Column("version", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("roster", sa.LargeBinary, nullable=False),
        sa.Column("at_s", INTEGER, nullable=False),
    ),
    "destinations": (
        sa.Column("intent", sa.LargeBinary, primary_key=True),
        sa.Column("script", sa.LargeBinary, primary_key=True, index=True),
        sa.Column("value_sat", INTEGER, nullable=False),
        sa.Column("at_s", INTEGER, nullable=False),
    ),
    "proposals": (
        sa.Column("subject", sa.LargeBinary, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("version", INTEGER, nullable=False),
        sa.Column("persons", INTEGER, nullable=False),
        sa.Column("entry", INTEGER),
        sa.Column("delay_s", INTEGER, nullable=False),
        sa.Column("headline", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("request", sa.LargeBinary, nullable=False),
        sa.Column("at_s", INTEGER, nullable=False),
        sa.Column("expires_at_s", INTEGER, nullable=False),
    ),
    "page_approvals": (
        sa.Column("subject", sa.LargeBinary, primary_key=True),
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("approval", sa.LargeBinary, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("at_s", INTEGER, nullable=False),
    ),
    "set_aside": (
        sa.Column("subject", sa.LargeBinary, primary_key=True),
        sa.Column("person", sa.Text, primary_key=True),
    ),
    "invitations": (
        sa.Column("code_hash", sa.LargeBinary, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("at_s", INTEGER, nullable=False),
        sa.Column("expires_at_s", INTEGER, nullable=False),
    ),
    "candidates": (
        sa.Column("code_hash", sa.LargeBinary, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("credential_id", sa.LargeBinary, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("at_s", INTEGER, nullable=False),
    ),
}


def upgrade() -> None:
    """Create the tables; a roster that was adopted stays, and where was paid."""
    for name, columns in TABLES.items():
        op.create_table(name, *columns, sqlite_strict=True)
    run_sql_file(op.get_bind(), __file__)
