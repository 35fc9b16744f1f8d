"""The double-entry ledger: accounts, holds, entries and transfers, and the triggers that guard them."""

import sqlalchemy as sa
from alembic import op

from holdfast.store import INTEGER, amount_columns, run_sql_file

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_WHOLE = "ledger_entry_whole_fkey"
_COUNTED = ["id", "transfer_count"]
_LAST_TRANSFER = ["entry_id", "position"]


def upgrade() -> None:
    """Create the tables, then what enforces their rules."""
    _create_account()
    _create_hold_and_void()
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    _create_entry(with_whole=on_sqlite)
    _create_transfer()
    if not on_sqlite:
        # SQLite takes a reference to a table still to come, and no constraint later; PostgreSQL the reverse.
        op.create_foreign_key(
            _WHOLE, "ledger_entry", "ledger_transfer", _COUNTED, _LAST_TRANSFER, deferrable=True, initially="DEFERRED"
        )
    run_sql_file(op.get_bind(), __file__)


def _create_account() -> None:
    op.create_table(
        "ledger_account",
        sa.Column("id", INTEGER, primary_key=True),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("asset", sa.Text, nullable=False),
        sa.Column("owner_class", sa.Text, nullable=False),
        sa.Column("normal_side", sa.Text, nullable=False),
        *amount_columns("total"),
        *amount_columns("held"),
        sa.Column("last_transfer", INTEGER, nullable=False),
        sa.Column("last_hold", INTEGER, nullable=False),
        sa.Column("last_void", INTEGER, nullable=False),
        sa.UniqueConstraint("code", "asset"),
        sa.CheckConstraint("id > 0", name="id"),
        sa.CheckConstraint("length(code) BETWEEN 1 AND 200 AND length(asset) BETWEEN 1 AND 20", name="names"),
        sa.CheckConstraint(
            "(owner_class IN ('customer', 'house') AND normal_side = 'credit')"
            " OR (owner_class = 'vault' AND normal_side = 'debit')"
            " OR (owner_class = 'external' AND normal_side IN ('debit', 'credit'))",
            name="owner_class",
        ),
        sa.CheckConstraint(
            "held_hi < total_hi OR (held_hi = total_hi AND held_lo <= total_lo)", name="held_within_total"
        ),
        sqlite_strict=True,
    )


def _create_hold_and_void() -> None:
    op.create_table(
        "ledger_hold",
        sa.Column("id", INTEGER, primary_key=True),
        sa.Column("account_id", INTEGER, sa.ForeignKey("ledger_account.id"), nullable=False),
        *amount_columns("amount"),
        sa.Column("idempotency_key", sa.Text, nullable=False, unique=True),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("held_at_s", INTEGER, nullable=False),
        sa.CheckConstraint("id > 0", name="id"),
        sa.CheckConstraint("amount_hi > 0 OR amount_lo > 0", name="amount_positive"),
        sqlite_strict=True,
    )
    op.create_table(
        "ledger_void",
        sa.Column("id", INTEGER, primary_key=True),
        sa.Column("hold_id", INTEGER, sa.ForeignKey("ledger_hold.id"), nullable=False, unique=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("voided_at_s", INTEGER, nullable=False),
        sa.CheckConstraint("id > 0", name="id"),
        sqlite_strict=True,
    )


def _create_entry(*, with_whole: bool) -> None:
    parents = [f"ledger_transfer.{column}" for column in _LAST_TRANSFER]
    whole = sa.ForeignKeyConstraint(_COUNTED, parents, name=_WHOLE, deferrable=True, initially="DEFERRED")
    op.create_table(
        "ledger_entry",
        sa.Column("id", INTEGER, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("idempotency_key", sa.Text, nullable=False, unique=True),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("transfer_count", INTEGER, nullable=False),
        sa.Column("hold_id", INTEGER, sa.ForeignKey("ledger_hold.id"), unique=True),
        sa.Column("posted_at_s", INTEGER, nullable=False),
        sa.CheckConstraint("id > 0", name="id"),
        sa.CheckConstraint("length(digest) = 32", name="digest"),
        sa.CheckConstraint("transfer_count BETWEEN 1 AND CASE WHEN hold_id IS NULL THEN 1000 ELSE 8 END", name="size"),
        *([whole] if with_whole else []),
        sqlite_strict=True,
    )


def _create_transfer() -> None:
    op.create_table(
        "ledger_transfer",
        sa.Column("id", INTEGER, primary_key=True),
        sa.Column("entry_id", INTEGER, sa.ForeignKey("ledger_entry.id"), nullable=False),
        sa.Column("position", INTEGER, nullable=False),
        sa.Column("debit_account", INTEGER, sa.ForeignKey("ledger_account.id"), nullable=False),
        sa.Column("credit_account", INTEGER, sa.ForeignKey("ledger_account.id"), nullable=False),
        *amount_columns("amount"),
        sa.UniqueConstraint("entry_id", "position"),
        sa.CheckConstraint("id > 0", name="id"),
        sa.CheckConstraint("amount_hi > 0 OR amount_lo > 0", name="amount_positive"),
        sa.CheckConstraint("debit_account <> credit_account", name="two_accounts"),
        sqlite_strict=True,
    )
