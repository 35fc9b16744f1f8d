"""The ledger's tables. What may be in them is enforced by the triggers beside revision ``0002_ledger``."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from holdfast.store import INTEGER, amount_columns, metadata

account = Table(
    "ledger_account",
    metadata,
    Column("id", INTEGER, primary_key=True),
    Column("code", Text, nullable=False),
    Column("asset", Text, nullable=False),
    Column("owner_class", Text, nullable=False),
    Column("normal_side", Text, nullable=False),
    *amount_columns("total"),
    *amount_columns("held"),
    # The newest transfer, hold and void that the balance includes: what lets a trigger tell a balance that
    # follows the books from one that somebody writes.
    Column("last_transfer", INTEGER, nullable=False),
    Column("last_hold", INTEGER, nullable=False),
    Column("last_void", INTEGER, nullable=False),
    UniqueConstraint("code", "asset"),
    CheckConstraint("id > 0", name="id"),
    CheckConstraint("length(code) BETWEEN 1 AND 200 AND length(asset) BETWEEN 1 AND 20", name="names"),
    CheckConstraint(
        "(owner_class IN ('customer', 'house') AND normal_side = 'credit')"
        " OR (owner_class = 'vault' AND normal_side = 'debit')"
        " OR (owner_class = 'external' AND normal_side IN ('debit', 'credit'))",
        name="owner_class",
    ),
    CheckConstraint("held_hi < total_hi OR (held_hi = total_hi AND held_lo <= total_lo)", name="held_within_total"),
    sqlite_strict=True,
)

hold = Table(
    "ledger_hold",
    metadata,
    Column("id", INTEGER, primary_key=True),
    Column("account_id", INTEGER, ForeignKey(account.c.id), nullable=False),
    *amount_columns("amount"),
    Column("idempotency_key", Text, nullable=False, unique=True),
    Column("reference", Text, nullable=False),
    Column("held_at_s", INTEGER, nullable=False),
    CheckConstraint("id > 0", name="id"),
    CheckConstraint("amount_hi > 0 OR amount_lo > 0", name="amount_positive"),
    sqlite_strict=True,
)

void = Table(
    "ledger_void",
    metadata,
    Column("id", INTEGER, primary_key=True),
    Column("hold_id", INTEGER, ForeignKey(hold.c.id), nullable=False, unique=True),
    Column("reason", Text, nullable=False),
    Column("voided_at_s", INTEGER, nullable=False),
    CheckConstraint("id > 0", name="id"),
    sqlite_strict=True,
)

entry = Table(
    "ledger_entry",
    metadata,
    Column("id", INTEGER, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("idempotency_key", Text, nullable=False, unique=True),
    Column("digest", LargeBinary, nullable=False),
    Column("transfer_count", INTEGER, nullable=False),
    Column("hold_id", INTEGER, ForeignKey(hold.c.id), unique=True),
    Column("posted_at_s", INTEGER, nullable=False),
    CheckConstraint("id > 0", name="id"),
    CheckConstraint("length(digest) = 32", name="digest"),
    # At most 8 for a hold: the sum of eight low limbs still fits 64 bits.
    CheckConstraint("transfer_count BETWEEN 1 AND CASE WHEN hold_id IS NULL THEN 1000 ELSE 8 END", name="size"),
    # At commit the last transfer must be there, and positions have no gaps: an entry is whole or not at all.
    ForeignKeyConstraint(
        ["id", "transfer_count"],
        ["ledger_transfer.entry_id", "ledger_transfer.position"],
        name="ledger_entry_whole_fkey",
        use_alter=True,
        deferrable=True,
        initially="DEFERRED",
    ),
    sqlite_strict=True,
)

transfer = Table(
    "ledger_transfer",
    metadata,
    Column("id", INTEGER, primary_key=True),
    Column("entry_id", INTEGER, ForeignKey(entry.c.id), nullable=False),
    Column("position", INTEGER, nullable=False),
    Column("debit_account", INTEGER, ForeignKey(account.c.id), nullable=False),
    Column("credit_account", INTEGER, ForeignKey(account.c.id), nullable=False),
    *amount_columns("amount"),
    UniqueConstraint("entry_id", "position"),
    CheckConstraint("id > 0", name="id"),
    CheckConstraint("amount_hi > 0 OR amount_lo > 0", name="amount_positive"),
    CheckConstraint("debit_account <> credit_account", name="two_accounts"),
    sqlite_strict=True,
)
