"""A signer's own records: pins, keys, bindings, nonces, checkpoints, freezes.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

from holdfast.store import INTEGER, run_sql_file

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES: dict[str, tuple[sa.schema.SchemaItem, ...]] = {
    "pins": (
        sa.Column("id", INTEGER, sa.CheckConstraint("id = 1", name="id"), primary_key=True, autoincrement=False),
        sa.Column("genesis", sa.LargeBinary, nullable=False),
        sa.Column("policy", sa.LargeBinary, nullable=False),
    ),
    "keys": (
        sa.Column("session", sa.LargeBinary, primary_key=True),
        sa.Column("vault", sa.Text, nullable=False),
        sa.Column("committee_epoch", INTEGER, nullable=False),
        sa.Column("key_order", sa.LargeBinary, nullable=False),
        sa.Column("statement", sa.LargeBinary, nullable=False),
        sa.Column("sealed_share", sa.LargeBinary, nullable=False),
    ),
    "certificates": (
        sa.Column("vault", sa.Text, primary_key=True),
        sa.Column("committee_epoch", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("session", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("certificate", sa.LargeBinary, nullable=False),
    ),
    "conflict_keys": (
        sa.Column("conflict_key", sa.Text, primary_key=True),
        sa.Column("intent", sa.LargeBinary, nullable=False, unique=True),
    ),
    "settled_orders": (
        sa.Column("order_digest", sa.LargeBinary, primary_key=True),
        sa.Column("intent", sa.LargeBinary, nullable=False),
    ),
    "customers": (
        sa.Column("customer", sa.Text, primary_key=True),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
    ),
    "movements": (
        sa.Column("intent", sa.LargeBinary, primary_key=True),
        sa.Column("at_s", INTEGER, primary_key=True, autoincrement=False, index=True),
        sa.Column("vault", sa.Text, nullable=False),
        sa.Column("asset", sa.Text, nullable=False),
        sa.Column("total", sa.Text, nullable=False),
        sa.Column("unsigned_total", sa.Text, nullable=False),
        sa.Column("maximum_fee", sa.Text, nullable=False),
        sa.Column("standing_order", sa.LargeBinary),
    ),
    "authenticator_counters": (
        sa.Column("credential_id", sa.LargeBinary, primary_key=True),
        sa.Column("sign_count", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("subject", sa.LargeBinary, nullable=False),
    ),
    "nonces": (
        sa.Column("commitment", sa.LargeBinary, primary_key=True),
        sa.Column("session", sa.LargeBinary, nullable=False),
        sa.Column("at_s", INTEGER, nullable=False),
    ),
    "nonce_uses": (
        sa.Column("commitment", sa.LargeBinary, primary_key=True),
        sa.Column("message", sa.LargeBinary, nullable=False),
        sa.Column("at_s", INTEGER, nullable=False),
    ),
    "cosigned": (
        sa.Column("size", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("at_s", INTEGER, nullable=False),
    ),
    "freezes": (
        sa.Column("freeze", sa.LargeBinary, primary_key=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("page", sa.Text, nullable=False),
        sa.Column("request", sa.LargeBinary, nullable=False),
        sa.Column("at_s", INTEGER, nullable=False),
    ),
    "lifted_freezes": (
        sa.Column("freeze", sa.LargeBinary, primary_key=True),
        sa.Column("lift", sa.LargeBinary, nullable=False),
        sa.Column("at_s", INTEGER, nullable=False),
    ),
    "sanctions_lists": (
        sa.Column("number", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("snapshot", sa.LargeBinary, nullable=False),
        sa.Column("at_s", INTEGER, nullable=False),
    ),
}


def upgrade() -> None:
    """Create the tables and the triggers that keep every row as it was written."""
    for name, columns in TABLES.items():
        op.create_table(name, *columns, sqlite_strict=True)
    run_sql_file(op.get_bind(), __file__)
