"""People: the rosters in force, what officers are asked to approve, freezes seen, invitations."""

import sqlalchemy as sa
from alembic import op

from holdfast.store import INTEGER

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "roster",
        sa.Column("version", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("adoption", sa.LargeBinary, nullable=False),
        sa.Column("at_s", INTEGER, nullable=False),
        sqlite_strict=True,
    )
    for name in ("freeze", "lifted_freeze"):
        op.create_table(
            name,
            sa.Column("freeze", sa.LargeBinary, primary_key=True),
            sa.Column("request", sa.LargeBinary, nullable=False),
            sa.Column("at_s", INTEGER, nullable=False),
            sqlite_strict=True,
        )
    op.create_table(
        "subject",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("log_sequence", INTEGER),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at_s", INTEGER, nullable=False),
        sa.Column("expires_at_s", INTEGER, nullable=False),
        sa.Column("offered_at_s", INTEGER),
        sa.Column("code", sa.Text),
        sa.Column("reason", sa.Text),
        sqlite_strict=True,
    )
    op.create_index("subject_state_index", "subject", ["state"])
    op.create_table(
        "subject_approval",
        sa.Column("subject", sa.LargeBinary, sa.ForeignKey("subject.digest"), primary_key=True),
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("approval", sa.LargeBinary, nullable=False),
        sa.Column("at_s", INTEGER, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "invitation",
        sa.Column("code_hash", sa.LargeBinary, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("signer", sa.Text, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at_s", INTEGER, nullable=False),
        sa.Column("expires_at_s", INTEGER, nullable=False),
        sa.Column("credential_id", sa.LargeBinary),
        sa.Column("public_key", sa.LargeBinary),
        sa.Column("registered_at_s", INTEGER),
        sqlite_strict=True,
    )
