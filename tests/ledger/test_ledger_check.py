"""``check`` finds what was changed behind the triggers."""

import sqlite3

import pytest
from sqlalchemy import Engine

from holdfast.amounts import Amount
from holdfast.ledger import (
    Entry,
    LedgerBroken,
    LedgerReport,
    Transfer,
    check,
    examine,
    hold,
    post,
    post_hold,
    void_hold,
)
from holdfast.ledger.report import MAX_DISCREPANCIES
from holdfast.store import snapshot, transaction

ALICE = "code = 'customer:alice' AND asset = 'BTC'"
BOB = "code = 'customer:bob' AND asset = 'BTC'"
ETHER = "code = 'customer:alice' AND asset = 'ETH'"


@pytest.fixture
def busy(funded: Engine) -> Engine:
    """Books with an open, a posted and a voided hold, and an entry of two transfers."""
    with transaction(funded) as connection:
        holds = [
            hold(connection, "customer:alice", Amount("BTC", units), idempotency_key=f"w{units}", reference="r")
            for units in (30, 20, 5)
        ]
        paid = Transfer("customer:alice", "vault:hot", Amount("BTC", 20))
        post_hold(connection, holds[1], Entry("withdrawal", "r", "paid", (paid,)))
        void_hold(connection, holds[2], "cancelled")
        moves = (Transfer("customer:alice", "customer:bob", Amount("BTC", 7)),) * 2
        post(connection, Entry("transfer", "r", "twice", moves))
    return funded


def report_on(engine: Engine) -> LedgerReport:
    """What an examination of one moment finds."""
    with snapshot(engine) as connection:
        return examine(connection)


def alter(engine: Engine, *statements: str) -> None:
    """Change rows as the database's owner can: without triggers, keys or checks; the triggers are then put back."""
    if engine.dialect.name == "sqlite":
        connection = sqlite3.connect(str(engine.url.database), isolation_level=None)
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("BEGIN")
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        ours = [trigger for trigger in triggers if trigger[0].startswith("ledger_")]
        doing = [f"DROP TRIGGER {name}" for name, _ in ours]
        for statement in (*doing, *statements, *(sql for _, sql in ours)):
            connection.execute(statement)
        connection.execute("COMMIT")
        connection.close()
        return
    with transaction(engine) as pg:
        checks = [
            f"ALTER TABLE ledger_transfer DROP CONSTRAINT IF EXISTS ledger_transfer_{name}_check"
            for name in ("amount", "amount_positive")
        ]
        for statement in (*checks, "SET LOCAL session_replication_role = replica", *statements):
            pg.exec_driver_sql(statement)


def kinds(report: LedgerReport) -> set[str]:
    """The kinds of discrepancies in a report."""
    return {discrepancy.kind for discrepancy in report.discrepancies}


def test_right_books_are_counted(busy: Engine) -> None:
    with snapshot(busy) as connection:
        report = check(connection)
    assert (report.accounts, report.entries, report.transfers, report.open_holds) == (9, 4, 5, 1)
    assert [(total.asset, total.debit_units, total.credit_units) for total in report.assets] == [
        ("BTC", 90, 90),
        ("ETH", 0, 0),
    ]
    assert not report.discrepancies


ALTERED = {
    "a balance raised": (f"UPDATE ledger_account SET total_lo = total_lo + 1 WHERE {ALICE}", {"balance", "unbalanced"}),
    "a high limb raised": (
        f"UPDATE ledger_account SET total_hi = total_hi + 1 WHERE {ALICE}",
        {"balance", "unbalanced"},
    ),
    "two balances shifted": (
        f"UPDATE ledger_account SET total_lo = CASE WHEN {ALICE} THEN 67 ELSE 13 END WHERE {ALICE} OR {BOB}",
        {"balance"},
    ),
    "a hold forgotten": (f"UPDATE ledger_account SET held_lo = 0 WHERE {ALICE}", {"held"}),
    "a mark moved": (f"UPDATE ledger_account SET last_hold = last_hold + 1 WHERE {ALICE}", {"watermark"}),
    "an amount changed": ("UPDATE ledger_transfer SET amount_lo = 99 WHERE id = 1", {"balance", "entry_altered"}),
    "a receiver changed": (
        f"UPDATE ledger_transfer SET credit_account = (SELECT id FROM ledger_account WHERE {BOB}) WHERE id = 1",
        {"balance", "entry_altered", "overdrawn"},
    ),
    "an impossible amount": (
        "UPDATE ledger_transfer SET amount_lo = -5 WHERE id = 1",
        {"balance", "entry_altered", "overdrawn"},
    ),
    "a reference changed": ("UPDATE ledger_entry SET reference = 'tx:9' WHERE id = 1", {"entry_altered"}),
    "a transfer deleted": (
        "DELETE FROM ledger_transfer WHERE id = (SELECT max(id) FROM ledger_transfer)",
        {"balance", "entry_incomplete", "watermark"},
    ),
    "an entry deleted": ("DELETE FROM ledger_entry WHERE id = 1", {"entry_unknown"}),
    "an account deleted": (
        "DELETE FROM ledger_account WHERE code = 'customer:bob'",
        {"account_unknown", "unbalanced"},
    ),
    "two assets joined": (
        f"UPDATE ledger_transfer SET credit_account = (SELECT id FROM ledger_account WHERE {ETHER}) WHERE id = 1",
        {"balance", "overdrawn", "watermark", "asset_mismatch"},
    ),
    "a hold made larger": ("UPDATE ledger_hold SET amount_lo = 31 WHERE id = 1", {"held"}),
    "a posted hold made larger": ("UPDATE ledger_hold SET amount_lo = 21 WHERE id = 2", {"hold_mismatch"}),
    "a posted hold deleted": ("DELETE FROM ledger_hold WHERE id = 2", {"hold_mismatch"}),
    "a posted hold voided": (
        "INSERT INTO ledger_void (id, hold_id, reason, voided_at_s) VALUES (9, 2, 'x', 0)",
        {"hold_resolved_twice", "watermark"},
    ),
    "a void deleted": ("DELETE FROM ledger_void", {"held", "watermark"}),
    "customers' money made the house's": (
        "UPDATE ledger_account SET owner_class = 'house' WHERE code = 'customer:bob'",
        {"customer_money"},
    ),
}


TABLES = ("account", "hold", "void", "entry", "transfer")
BACK_UP = [f"CREATE TABLE saved_{table} AS SELECT * FROM ledger_{table}" for table in TABLES]
RESTORE = [
    statement
    for table in TABLES
    for statement in (f"DELETE FROM ledger_{table}", f"INSERT INTO ledger_{table} SELECT * FROM saved_{table}")
]


def test_each_alteration_is_found(busy: Engine, subtests: pytest.Subtests) -> None:
    alter(busy, *BACK_UP)
    for name, (statement, expected) in ALTERED.items():
        alter(busy, *RESTORE)
        assert not report_on(busy).discrepancies
        with subtests.test(name):
            alter(busy, statement)
            assert kinds(report_on(busy)) == expected
            with snapshot(busy) as connection, pytest.raises(LedgerBroken) as broken:
                check(connection)
            assert broken.value.code == "ledger.broken"


def test_half_an_entry_is_found(funded: Engine) -> None:
    # On SQLite a connection that does not ask for foreign keys can leave one behind, with its triggers in place.
    alter(
        funded,
        "INSERT INTO ledger_entry (id, kind, reference, idempotency_key, digest, transfer_count, posted_at_s)"
        " SELECT 77, kind, reference, 'half', digest, 2, 0 FROM ledger_entry WHERE id = 1",
    )
    assert kinds(report_on(funded)) == {"entry_incomplete"}


def test_a_report_is_bounded(busy: Engine) -> None:
    with transaction(busy) as connection:
        for i in range(MAX_DISCREPANCIES):
            moves = (Transfer("vault:hot", "customer:bob", Amount("BTC", 1)),)
            post(connection, Entry("deposit", "r", f"d{i}", moves))
    alter(busy, "UPDATE ledger_entry SET reference = 'other'")
    report = report_on(busy)
    assert len(report.discrepancies) == MAX_DISCREPANCIES
    with snapshot(busy) as connection, pytest.raises(LedgerBroken, match=r"and 99 more"):
        check(connection)
