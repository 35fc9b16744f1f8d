"""The reserve epochs that a signer has attested.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

from holdfast.store import INTEGER, run_sql_file

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; what was attested stays so."""
    op.create_table(
        "attested_epochs",
        sa.Column("epoch", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("super_root", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("header", sa.LargeBinary, nullable=False),
        sa.Column("at_s", INTEGER, nullable=False),
        sqlite_strict=True,
    )
    run_sql_file(op.get_bind(), __file__)
