"""Reserves: the nonces that customers' pages chose, and the epochs."""

import sqlalchemy as sa
from alembic import op

from holdfast.store import INTEGER

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "reserve_nonce",
        sa.Column("customer", sa.Text, primary_key=True),
        sa.Column("nonce", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "reserve_epoch",
        sa.Column("epoch", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("header", sa.LargeBinary, nullable=False),
        sa.Column("super_root", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("prepared_at_s", INTEGER, nullable=False),
        sa.Column("published_at_s", INTEGER),
        sa.Column("log_sequence", INTEGER),
        sqlite_strict=True,
    )
