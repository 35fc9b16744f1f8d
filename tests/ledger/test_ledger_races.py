"""Many at once: no overdraft, nothing twice, nothing lost."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from holdfast.amounts import Amount
from holdfast.ledger import (
    Entry,
    HoldAlreadyResolved,
    IdempotencyConflict,
    InsufficientFunds,
    LedgerError,
    Transfer,
    balance,
    check,
    hold,
    post,
    post_hold,
    void_hold,
)
from holdfast.store import run_transaction, snapshot, transaction

THREADS = 4


def race(engine: Engine, runners: list[Callable[[Connection], object]]) -> list[object]:
    """Run each in a transaction of its own, all at once; their results, or the refusals that they met."""
    start = threading.Barrier(len(runners), timeout=60)

    def run(runner: Callable[[Connection], object]) -> object:
        start.wait()
        try:
            return run_transaction(engine, runner)
        except LedgerError as refusal:
            return refusal

    with ThreadPoolExecutor(len(runners)) as pool:
        return [future.result() for future in [pool.submit(run, runner) for runner in runners]]


def paying(key: str, units: int, debit: str = "customer:alice", credit: str = "vault:hot") -> Entry:
    """A payment in satoshi."""
    return Entry("payment", "r", key, (Transfer(debit, credit, Amount("BTC", units)),))


def left(engine: Engine, code: str = "customer:alice") -> int:
    """What an account has, in satoshi, in books that check."""
    with snapshot(engine) as connection:
        check(connection)
        return balance(connection, code, "BTC").total.units


def test_racing_payments_never_overdraw(funded: Engine) -> None:
    def spend(thread: int) -> Callable[[Connection], object]:
        return lambda connection: post(connection, paying(f"p{thread}", 30))

    outcomes = race(funded, [spend(thread) for thread in range(THREADS)])
    assert [type(outcome) for outcome in outcomes].count(int) == 3
    assert sum(isinstance(outcome, InsufficientFunds) for outcome in outcomes) == THREADS - 3
    assert left(funded) == 10


def test_many_small_payments_in_threads_lose_nothing(funded: Engine) -> None:
    def spend(thread: int) -> object:
        for i in range(15):
            run_transaction(funded, lambda connection, i=i: post(connection, paying(f"{thread}.{i}", 1)))  # type: ignore[misc]
        return None

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(spend, range(THREADS)))
    assert left(funded) == 100 - 15 * THREADS


def test_opposite_payments_do_not_deadlock(funded: Engine) -> None:
    run_transaction(funded, lambda connection: post(connection, paying("seed", 50, credit="customer:bob")))

    def swap(thread: int) -> Callable[[Connection], object]:
        here, there = ("customer:alice", "customer:bob") if thread % 2 else ("customer:bob", "customer:alice")
        return lambda connection: [post(connection, paying(f"{thread}.{i}", 1, here, there)) for i in range(10)]

    race(funded, [swap(thread) for thread in range(THREADS)])
    assert (left(funded), left(funded, "customer:bob")) == (50, 50)


def test_one_key_in_many_threads_posts_once(funded: Engine) -> None:
    outcomes = race(funded, [lambda connection: post(connection, paying("same", 10)) for _ in range(THREADS)])
    assert len(set(outcomes)) == 1
    assert left(funded) == 90


def test_one_key_for_different_entries_posts_one(funded: Engine) -> None:
    # Different accounts, so that no lock keeps the rivals apart.
    entries = [paying("same", 10), paying("same", 10, "house:treasury", "external:in-flight")]

    def poster(entry: Entry) -> Callable[[Connection], object]:
        return lambda connection: post(connection, entry)

    outcomes = race(funded, [poster(entry) for entry in entries])
    assert sum(isinstance(outcome, IdempotencyConflict) for outcome in outcomes) == 1
    assert left(funded) + left(funded, "house:treasury") == 100


def test_racing_holds_never_hold_more_than_there_is(funded: Engine) -> None:
    def holding(thread: int) -> Callable[[Connection], object]:
        amount = Amount("BTC", 40)
        return lambda connection: hold(connection, "customer:alice", amount, idempotency_key=f"{thread}", reference="r")

    outcomes = race(funded, [holding(thread) for thread in range(THREADS)])
    assert sum(isinstance(outcome, InsufficientFunds) for outcome in outcomes) == THREADS - 2
    with snapshot(funded) as connection:
        check(connection)
        assert balance(connection, "customer:alice", "BTC").held.units == 80


@pytest.mark.parametrize("attempt", range(3))
def test_a_hold_is_resolved_once_in_a_race(funded: Engine, attempt: int) -> None:
    amount = Amount("BTC", 40)

    def holding(connection: Connection) -> int:
        return hold(connection, "customer:alice", amount, idempotency_key="h", reference="r")

    held = run_transaction(funded, holding)

    def posting(key: str) -> Callable[[Connection], object]:
        return lambda connection: post_hold(connection, held, paying(key, 40))

    def voiding(connection: Connection) -> None:
        void_hold(connection, held, "cancelled")

    outcomes = race(funded, [posting("a"), voiding, posting("b"), voiding])
    assert sum(isinstance(outcome, HoldAlreadyResolved) for outcome in outcomes) == 3
    assert left(funded) == (60 if int in map(type, outcomes) else 100)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_statements_by_hand_cannot_resolve_a_hold_twice(funded: Engine) -> None:
    # They take no advisory lock, and a second hold hides that the first would be let go twice.
    def holding(key: str) -> Callable[[Connection], object]:
        amount = Amount("BTC", 40)
        return lambda connection: hold(connection, "customer:alice", amount, idempotency_key=key, reference="r")

    first, _ = race(funded, [holding("h")]) + race(funded, [holding("h2")])
    voided = f"INSERT INTO ledger_void (hold_id, reason, voided_at_s) VALUES ({first}, 'x', 0)"
    settled = (
        "INSERT INTO ledger_entry (kind, reference, idempotency_key, digest, transfer_count, hold_id, posted_at_s)"
        f" SELECT 'x', 'x', 'x', digest, 1, {first}, 0 FROM ledger_entry LIMIT 1"
    )
    moved = (
        "INSERT INTO ledger_transfer (entry_id, position, debit_account, credit_account, amount_hi, amount_lo)"
        " SELECT e.id, 1, h.account_id, v.id, 0, 40 FROM ledger_entry e JOIN ledger_hold h ON h.id = e.hold_id"
        " JOIN ledger_account v ON v.code = 'vault:hot' AND v.asset = 'BTC'"
    )

    def settle() -> None:
        with transaction(funded) as connection:
            connection.exec_driver_sql(settled)
            connection.exec_driver_sql(moved)

    with ThreadPoolExecutor(1) as pool:
        with transaction(funded) as connection:
            connection.exec_driver_sql(voided)
            rival = pool.submit(settle)
            # The rival now waits for the account; were it not to, it would be done within this time.
            assert not wait([rival], timeout=0.5).done
        with pytest.raises(IntegrityError, match=r"ledger\.hold_resolved"):
            rival.result(timeout=30)
    assert left(funded) == 100
