"""Statements that somebody with write access to the database might try: the database itself refuses each."""

import sqlite3

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError

from holdfast.amounts import Amount
from holdfast.ledger import (
    Entry,
    NormalSide,
    OwnerClass,
    Transfer,
    balances,
    check,
    hold,
    open_account,
    post,
    post_hold,
    refusal_in,
    void_hold,
)
from holdfast.store import open_engine, snapshot, transaction

ALICE = "(SELECT id FROM ledger_account WHERE code = 'customer:alice' AND asset = 'BTC')"
BOB = "(SELECT id FROM ledger_account WHERE code = 'customer:bob' AND asset = 'BTC')"
VAULT = "(SELECT id FROM ledger_account WHERE code = 'vault:hot' AND asset = 'BTC')"
ETHER = "(SELECT id FROM ledger_account WHERE code = 'vault:hot' AND asset = 'ETH')"
TREASURY = "(SELECT id FROM ledger_account WHERE code = 'house:treasury' AND asset = 'BTC')"

NEW_ENTRY = (
    "INSERT INTO ledger_entry (id, kind, reference, idempotency_key, digest, transfer_count, hold_id, posted_at_s)"
    " VALUES (77, 'x', 'x', 'x', {digest}, {count}, {hold}, 0)"
)
DIGESTS = {"sqlite": "zeroblob(32)", "postgresql": "decode(repeat('00', 32), 'hex')"}
OPEN, POSTED, VOIDED = 1, 2, 3

UNJUSTIFIED, APPEND_ONLY = "ledger.balance_unjustified", "ledger.append_only"
# SQLite does not name a foreign key that fails at commit.
WHOLE = "FOREIGN KEY constraint failed|ledger_entry_whole_fkey"


def new_entry(count: int = 1, hold_id: int | None = None) -> str:
    """An entry with id 77, its digest still to fill in."""
    return NEW_ENTRY.format(digest="{digest}", count=count, hold="NULL" if hold_id is None else hold_id)


def move(debit: str, credit: str, low: int, *, verb: str = "INSERT", entry: int = 77, position: int = 1) -> str:
    """A transfer of ``low`` satoshi in an entry."""
    return (
        f"{verb} INTO ledger_transfer (entry_id, position, debit_account, credit_account, amount_hi, amount_lo)"
        f" VALUES ({entry}, {position}, {debit}, {credit}, 0, {low})"
    )


def new_account(
    owner_class: str, side: str, *, verb: str = "INSERT", code: str = "x:eve", total_lo: int = 0, mark: int = 0
) -> str:
    """An account."""
    return (
        f"{verb} INTO ledger_account (code, asset, owner_class, normal_side, total_hi, total_lo, held_hi, held_lo,"
        f" last_transfer, last_hold, last_void)"
        f" VALUES ('{code}', 'BTC', '{owner_class}', '{side}', 0, {total_lo}, 0, 0, {mark}, 0, 0)"
    )


def new_hold(account: str, low: int) -> str:
    """A hold of ``low`` satoshi."""
    return (
        "INSERT INTO ledger_hold (account_id, amount_hi, amount_lo, idempotency_key, reference, held_at_s)"
        f" VALUES ({account}, 0, {low}, 'x', 'x', 0)"
    )


def new_void(hold_id: int) -> str:
    """A void."""
    return f"INSERT INTO ledger_void (hold_id, reason, voided_at_s) VALUES ({hold_id}, 'x', 0)"


def set_account(what: str) -> str:
    """An UPDATE of alice's account."""
    return f"UPDATE ledger_account SET {what} WHERE code = 'customer:alice' AND asset = 'BTC'"


# Each attack: the rule that refuses it (a trigger's token, or a constraint), and its statements.
ATTACKS: dict[str, tuple[str, ...]] = {
    # Balances written by hand.
    "more money": (UNJUSTIFIED, set_account("total_lo = total_lo + 1")),
    "more money, with a number": (UNJUSTIFIED, set_account("total_lo = total_lo + 1, last_transfer = 9")),
    "the last transfer once more": (UNJUSTIFIED, set_account("total_lo = total_lo + 100, last_transfer = 1")),
    "another account's transfer": (UNJUSTIFIED, set_account("total_lo = total_lo + 10, last_transfer = 9")),
    "another account's hold": (UNJUSTIFIED, new_hold(VAULT, 5), set_account("held_lo = held_lo + 5, last_hold = 4")),
    "no money": (UNJUSTIFIED, set_account("total_lo = 0, held_lo = 0")),
    "no held money": (UNJUSTIFIED, set_account("held_lo = 0")),
    "no held money, with a number": (UNJUSTIFIED, set_account("held_lo = 0, last_void = last_void + 1")),
    "a hold let go through its number": (UNJUSTIFIED, set_account("held_lo = held_lo - 30, last_hold = 1")),
    "a void once more": (UNJUSTIFIED, set_account("held_lo = held_lo - 5, last_void = 1")),
    "a mark turned back": (UNJUSTIFIED, set_account("last_transfer = 0")),
    "a mark moved on": (UNJUSTIFIED, set_account("last_transfer = 9")),
    "a mark of a hold moved on": (UNJUSTIFIED, set_account("last_hold = 9")),
    "a mark of a void moved on": (UNJUSTIFIED, set_account("last_void = 9")),
    "an update that changes nothing": (UNJUSTIFIED, set_account("total_lo = total_lo")),
    "a negative balance": ("ledger.insufficient_funds", set_account("total_hi = -1")),
    "a negative hold": ("ledger.hold_mismatch", set_account("held_hi = -1")),
    "more than there can be": ("ledger.balance_out_of_range", set_account(f"total_hi = {10**18}, total_lo = 1")),
    # Identity and history.
    "an account renamed": (APPEND_ONLY, set_account("code = 'customer:mallory'")),
    "an account given to the house": (APPEND_ONLY, set_account("owner_class = 'house'")),
    "a side turned": (APPEND_ONLY, set_account("normal_side = 'debit'")),
    "an account deleted": (APPEND_ONLY, "DELETE FROM ledger_account WHERE code = 'customer:bob'"),
    "an account opened with money": (UNJUSTIFIED, new_account("customer", "credit", total_lo=5)),
    "an account opened with a mark": (UNJUSTIFIED, new_account("customer", "credit", mark=9)),
    "a house account that may overspend": ("ledger_account_owner_class_check", new_account("house", "debit")),
    "a transfer changed": (APPEND_ONLY, "UPDATE ledger_transfer SET amount_lo = 1"),
    "a transfer deleted": (APPEND_ONLY, "DELETE FROM ledger_transfer"),
    "an entry changed": (APPEND_ONLY, "UPDATE ledger_entry SET reference = 'other'"),
    "an entry deleted": (APPEND_ONLY, "DELETE FROM ledger_entry WHERE id = 1"),
    "a hold changed": (APPEND_ONLY, "UPDATE ledger_hold SET amount_lo = 1"),
    "a hold deleted": (APPEND_ONLY, "DELETE FROM ledger_hold"),
    "a void changed": (APPEND_ONLY, "UPDATE ledger_void SET reason = 'other'"),
    "a void deleted": (APPEND_ONLY, "DELETE FROM ledger_void"),
    # Transfers that must not be.
    "an overdraft": ("ledger.insufficient_funds", new_entry(), move(BOB, VAULT, 1)),
    "held money spent": ("ledger.insufficient_funds", new_entry(), move(ALICE, VAULT, 51)),
    "a negative amount": ("ledger_transfer_amount_check", new_entry(), move(ALICE, BOB, -1)),
    "an amount of nothing": ("ledger_transfer_amount_positive_check", new_entry(), move(ALICE, BOB, 0)),
    "a limb too large": ("ledger_transfer_amount_check", new_entry(), move(VAULT, ALICE, 10**18)),
    "two assets": ("ledger.asset_mismatch", new_entry(), move(ETHER, ALICE, 1)),
    "an account against itself": ("ledger_transfer_two_accounts_check", new_entry(), move(ALICE, ALICE, 1)),
    "a debit to no account": ("ledger.account_unknown", new_entry(), move("999", ALICE, 1)),
    "a credit to no account": ("ledger.account_unknown", new_entry(), move(VAULT, "999", 1)),
    "customers' money for the house": ("ledger.customer_money", new_entry(), move(ALICE, TREASURY, 1)),
    "a transfer without an entry": ("ledger.entry_complete", move(VAULT, ALICE, 1)),
    "a transfer added to a whole entry": ("ledger.entry_complete", move(VAULT, ALICE, 1, entry=1, position=2)),
    "a transfer out of turn": ("ledger.entry_complete", new_entry(2), move(VAULT, ALICE, 1, position=2)),
    "half an entry": (WHOLE, new_entry(2), move(VAULT, ALICE, 1)),
    "an entry of nothing": (WHOLE, new_entry()),
    "an entry of no transfers": ("ledger_entry_size_check", new_entry(0)),
    # Holds.
    "a hold of more than there is": ("ledger.insufficient_funds", new_hold(ALICE, 51)),
    "a hold below zero": ("ledger_hold_amount_check", new_hold(ALICE, -1)),
    "a hold on no account": ("ledger.account_unknown", new_hold("999", 1)),
    "a second void": ("ledger.hold_resolved", new_void(VOIDED)),
    "a void of a posted hold": ("ledger.hold_resolved", new_void(POSTED)),
    "a void of no hold": ("ledger.hold_unknown", new_void(99)),
    "no hold posted": ("ledger.hold_unknown", new_entry(1, 99)),
    "a voided hold posted": ("ledger.hold_resolved", new_entry(1, VOIDED), move(ALICE, VAULT, 5)),
    "a posted hold posted": ("ledger.hold_resolved", new_entry(1, POSTED), move(ALICE, VAULT, 20)),
    "a hold posted for less": ("ledger.hold_mismatch", new_entry(1, OPEN), move(ALICE, VAULT, 29)),
    "a hold posted for more": ("ledger.hold_mismatch", new_entry(1, OPEN), move(ALICE, VAULT, 31)),
    "a hold posted in part": (WHOLE, new_entry(2, OPEN), move(ALICE, VAULT, 10)),
    "a hold posted from elsewhere": ("ledger.hold_mismatch", new_entry(1, OPEN), move(TREASURY, VAULT, 10)),
    "a hold posted and given back": ("ledger.hold_mismatch", new_entry(2, OPEN), move(VAULT, ALICE, 30)),
    "a hold posted in too many parts": ("ledger_entry_size_check", new_entry(9, OPEN)),
}

BY_UPDATE = [name for name, (_, first, *_) in ATTACKS.items() if not first.startswith("INSERT")]

# What SQLite's conflict clauses might let through.
SQLITE_ATTACKS: dict[str, tuple[str, ...]] = {
    **{
        f"{name}, INSERT OR {policy}": (
            "ledger.insufficient_funds",
            new_entry(),
            move(payer, VAULT, amount, verb=f"INSERT OR {policy}"),
        )
        for name, payer, amount in (("an overdraft", BOB, 1), ("held money spent", ALICE, 51))
        for policy in ("IGNORE", "REPLACE", "FAIL", "ABORT", "ROLLBACK")
    },
    "an account replaced": (APPEND_ONLY, new_account("customer", "credit", verb="REPLACE", code="customer:alice")),
    "a transfer replaced": (APPEND_ONLY, "REPLACE INTO ledger_transfer SELECT * FROM ledger_transfer WHERE id = 1"),
    "a transfer replaced by position": ("ledger.entry_complete", move(VAULT, ALICE, 1, verb="REPLACE", entry=1)),
    "an entry replaced": (APPEND_ONLY, "REPLACE INTO ledger_entry SELECT * FROM ledger_entry WHERE id = 1"),
    "an entry replaced by key": (
        APPEND_ONLY,
        new_entry().replace("INSERT", "REPLACE").replace("'x', {digest}", "'deposit:1', {digest}"),
    ),
    "a hold replaced": (APPEND_ONLY, "REPLACE INTO ledger_hold SELECT * FROM ledger_hold WHERE id = 1"),
    "a void replaced": ("ledger.hold_resolved", "REPLACE INTO ledger_void SELECT * FROM ledger_void WHERE id = 1"),
    "a void replaced by another": (
        APPEND_ONLY,
        "REPLACE INTO ledger_void (id, hold_id, reason, voided_at_s) VALUES (1, 1, 'x', 0)",
    ),
    "an account updated in another's place": (APPEND_ONLY, "UPDATE OR REPLACE ledger_account SET id = 1 WHERE id = 2"),
    "a transfer numbered before others": (
        "ledger_transfer_id_check",
        new_entry(),
        move(VAULT, ALICE, 1).replace("(entry_id", "(id, entry_id").replace("VALUES (", "VALUES (-5, "),
    ),
}


def hold_for_alice(connection: Connection, units: int, key: str) -> int:
    """A hold of alice's satoshi."""
    return hold(connection, "customer:alice", Amount("BTC", units), idempotency_key=key, reference="r")


@pytest.fixture
def target(funded: Engine) -> Engine:
    """Alice has 80 satoshi: hold 1 (30) is open, hold 2 (20) was posted, hold 3 (5) was voided."""
    with transaction(funded) as connection:
        for number, units in ((OPEN, 30), (POSTED, 20), (VOIDED, 5)):
            assert hold_for_alice(connection, units, f"w{number}") == number
        paid = Transfer("customer:alice", "vault:hot", Amount("BTC", 20))
        post_hold(connection, POSTED, Entry("withdrawal", "r", "paid", (paid,)))
        void_hold(connection, VOIDED, "cancelled")
    return funded


def attempt(engine: Engine, *statements: str) -> None:
    """Run the statements in one transaction."""
    with transaction(engine) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement.format(digest=DIGESTS[engine.dialect.name]))


def assert_refused(engine: Engine, rule: str, *statements: str) -> None:
    """The statements fail by a rule of the database, and the books are as before."""
    with snapshot(engine) as connection:
        before = list(balances(connection))
    with pytest.raises(IntegrityError, match=rule):
        attempt(engine, *statements)
    with snapshot(engine) as connection:
        assert list(balances(connection)) == before
        check(connection)


def test_the_database_refuses(target: Engine, subtests: pytest.Subtests) -> None:
    for name, (rule, *statements) in ATTACKS.items():
        with subtests.test(name):
            assert_refused(target, rule, *statements)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_refuses_conflict_clauses(target: Engine, subtests: pytest.Subtests) -> None:
    for name, (rule, *statements) in SQLITE_ATTACKS.items():
        with subtests.test(name):
            assert_refused(target, rule, *statements)


def test_the_same_statements_are_accepted_when_they_are_right(target: Engine) -> None:
    attempt(target, new_entry(2, OPEN), move(ALICE, VAULT, 10), move(ALICE, VAULT, 20, position=2))


def test_refusals_carry_their_rule(target: Engine) -> None:
    with pytest.raises(DBAPIError) as fault:
        attempt(target, *ATTACKS["held money spent"][1:])
    refusal = refusal_in(fault.value)
    assert refusal is not None
    assert refusal.code == "ledger.insufficient_funds"
    with pytest.raises(DBAPIError) as fault:
        attempt(target, "SELECT * FROM no_such_table")
    assert refusal_in(fault.value) is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_refuses_on_a_connection_that_set_no_pragmas(target: Engine, subtests: pytest.Subtests) -> None:
    connection = sqlite3.connect(str(target.url.database))
    for name, (rule, *statements) in SQLITE_ATTACKS.items():
        with subtests.test(name):
            with pytest.raises(sqlite3.IntegrityError, match=rule):
                attempt_bare(connection, *statements)
            connection.rollback()
            with snapshot(target) as checked:
                check(checked)
    connection.close()


def attempt_bare(connection: sqlite3.Connection, *statements: str) -> None:
    """Run the statements as any program with the file could."""
    for statement in statements:
        connection.execute(statement.format(digest=DIGESTS["sqlite"]))


def test_a_role_that_may_only_insert_can_do_all_the_work_and_no_harm(postgresql_url: str) -> None:
    owner = open_engine(postgresql_url)
    role = f"app_{owner.url.database}"
    with transaction(owner) as connection:
        connection.exec_driver_sql(f"CREATE ROLE {role} LOGIN")
        connection.exec_driver_sql(f"GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO {role}")
        connection.exec_driver_sql(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}")
    restricted = open_engine(owner.url.set(username=role).render_as_string(hide_password=False))
    try:
        _work_as(restricted)
        for statement in ("SELECT ledger_move(1, 1, 0, 9, NULL, NULL)", *(ATTACKS[name][1] for name in BY_UPDATE)):
            with pytest.raises(DBAPIError, match="permission denied"):
                attempt(restricted, statement)
    finally:
        restricted.dispose()
        with transaction(owner) as connection:
            connection.exec_driver_sql(f"DROP OWNED BY {role}")
            connection.exec_driver_sql(f"DROP ROLE {role}")
        owner.dispose()


def _work_as(engine: Engine) -> None:
    with transaction(engine) as connection:
        open_account(connection, "vault:hot", "BTC", OwnerClass.VAULT, NormalSide.DEBIT)
        open_account(connection, "customer:alice", "BTC", OwnerClass.CUSTOMER, NormalSide.CREDIT)
        post(connection, Entry("d", "r", "d", (Transfer("vault:hot", "customer:alice", Amount("BTC", 50)),)))
        first, second = (hold_for_alice(connection, 20, key) for key in ("1", "2"))
        post_hold(
            connection, first, Entry("w", "r", "w", (Transfer("customer:alice", "vault:hot", Amount("BTC", 20)),))
        )
        void_hold(connection, second, "cancelled")
        check(connection)
