"""The audit log: entries, the tree's nodes, checkpoints and cosignatures."""

import sqlalchemy as sa
from alembic import op

from holdfast.store import INTEGER, run_sql_file

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables, the empty log, and the triggers that keep all of it append-only."""
    op.create_table(
        "audit_head",
        sa.Column("id", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("size", INTEGER, nullable=False),
        sa.CheckConstraint("id = 1", name="audit_head_single_check"),
        sqlite_strict=True,
    )
    op.create_table(
        "audit_entry",
        sa.Column("sequence", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("at_s", INTEGER, nullable=False),
        sa.Column("domain", sa.Text, nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "audit_node",
        sa.Column("level", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("position", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_checkpoint",
        sa.Column("size", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("note", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "audit_cosignature",
        sa.Column("size", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("line", sa.Text, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.execute("INSERT INTO audit_head (id, size) VALUES (1, 0)")
    run_sql_file(op.get_bind(), __file__)
