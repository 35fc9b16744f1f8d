"""Holds: kept back, then posted or voided, once."""

import pytest
from sqlalchemy import Engine

from holdfast.amounts import MAX_UNITS, Amount, AmountNotPositive
from holdfast.ledger import (
    Entry,
    EntryMalformed,
    HoldAlreadyResolved,
    HoldMismatch,
    HoldState,
    HoldUnknown,
    IdempotencyConflict,
    InsufficientFunds,
    Transfer,
    balance,
    check,
    find_hold,
    hold,
    post,
    post_hold,
    void_hold,
)
from holdfast.store import snapshot, transaction


def take_hold(engine: Engine, units: int, key: str = "w1", code: str = "customer:alice") -> int:
    """Hold satoshi in a transaction of its own."""
    with transaction(engine) as connection:
        return hold(connection, code, Amount("BTC", units), idempotency_key=key, reference="withdrawal:1")


def paying(key: str, *moves: tuple[str, str, int]) -> Entry:
    """A withdrawal's entry, in satoshi."""
    transfers = tuple(Transfer(debit, credit, Amount("BTC", units)) for debit, credit, units in moves)
    return Entry("withdrawal", "withdrawal:1", key, transfers)


def numbers(engine: Engine, code: str = "customer:alice") -> tuple[int, int, int]:
    """Total, held and available, in satoshi; the whole ledger is checked on the way."""
    with snapshot(engine) as connection:
        check(connection)
        now = balance(connection, code, "BTC")
    return now.total.units, now.held.units, now.available.units


def test_held_money_stays_but_cannot_be_spent_or_held_again(funded: Engine) -> None:
    take_hold(funded, 60)
    assert numbers(funded) == (100, 60, 40)
    with pytest.raises(InsufficientFunds), transaction(funded) as connection:
        post(connection, paying("p", ("customer:alice", "vault:hot", 41)))
    with pytest.raises(InsufficientFunds):
        take_hold(funded, 41, "w2")
    take_hold(funded, 40, "w2")
    assert numbers(funded) == (100, 100, 0)


def test_a_hold_becomes_a_payment_with_its_fee(funded: Engine) -> None:
    held = take_hold(funded, 60)
    entry = paying("p", ("customer:alice", "vault:hot", 58), ("customer:alice", "house:fees", 2))
    with transaction(funded) as connection:
        first = post_hold(connection, held, entry)
        assert find_hold(connection, held).state is HoldState.POSTED
    with transaction(funded) as connection:
        assert post_hold(connection, held, entry) == first
    assert numbers(funded) == (40, 0, 40)
    assert numbers(funded, "house:fees") == (2, 0, 2)


def test_all_of_a_full_account_can_be_held_and_paid(funded: Engine) -> None:
    held = take_hold(funded, 100)
    with transaction(funded) as connection:
        post_hold(connection, held, paying("p", ("customer:alice", "vault:hot", 100)))
    assert numbers(funded) == (0, 0, 0)


def test_a_vaults_coins_can_be_held(funded: Engine) -> None:
    held = take_hold(funded, 50, code="vault:hot")
    with transaction(funded) as connection:
        post_hold(connection, held, paying("p", ("vault:cold", "vault:hot", 50)))
    assert numbers(funded, "vault:hot") == (60, 0, 60)


@pytest.mark.parametrize(
    "moves",
    [
        [("customer:alice", "vault:hot", 59)],
        [("customer:alice", "vault:hot", 61)],
        [("customer:alice", "vault:hot", 60), ("customer:alice", "house:fees", 1)],
        [("house:treasury", "vault:hot", 10)],
        [("vault:hot", "customer:alice", 60)],
        [("customer:alice", "vault:hot", 60), ("vault:hot", "customer:alice", 1)],
        [("customer:alice", "external:in-flight", 61), ("external:in-flight", "customer:alice", 1)],
    ],
)
def test_an_entry_that_takes_anything_else_is_refused(funded: Engine, moves: list[tuple[str, str, int]]) -> None:
    held = take_hold(funded, 60)
    with transaction(funded) as connection, pytest.raises(HoldMismatch) as refused:
        post_hold(connection, held, paying("p", *moves))
    assert refused.value.code == "ledger.hold_mismatch"
    with snapshot(funded) as connection:
        assert find_hold(connection, held).state is HoldState.OPEN
    assert numbers(funded) == (100, 60, 40)


def test_other_accounts_may_move_in_the_same_entry(funded: Engine) -> None:
    held = take_hold(funded, 60)
    moves = [("customer:alice", "external:in-flight", 60), ("external:in-flight", "vault:hot", 60)]
    with transaction(funded) as connection:
        post_hold(connection, held, paying("p", *moves, ("house:treasury", "vault:hot", 3)))
    assert numbers(funded, "vault:hot") == (47, 0, 47)


def test_the_holds_money_does_not_pay_for_more_than_the_hold(funded: Engine) -> None:
    mine, other = take_hold(funded, 60), take_hold(funded, 40, "w2")
    with transaction(funded) as connection, pytest.raises(HoldMismatch):
        post_hold(connection, mine, paying("p", ("customer:alice", "vault:hot", 100)))
    with transaction(funded) as connection:
        post_hold(connection, other, paying("p", ("customer:alice", "vault:hot", 40)))
    assert numbers(funded) == (60, 60, 0)


def test_a_voided_hold_frees_its_amount(funded: Engine) -> None:
    held = take_hold(funded, 60)
    with transaction(funded) as connection:
        void_hold(connection, held, "the customer cancelled")
        assert find_hold(connection, held).state is HoldState.VOIDED
    assert numbers(funded) == (100, 0, 100)


def test_a_hold_is_resolved_once(funded: Engine) -> None:
    voided, posted = take_hold(funded, 10), take_hold(funded, 20, "w2")
    with transaction(funded) as connection:
        void_hold(connection, voided, "cancelled")
        post_hold(connection, posted, paying("p", ("customer:alice", "vault:hot", 20)))
    for again in (voided, posted):
        with transaction(funded) as connection:
            with pytest.raises(HoldAlreadyResolved):
                void_hold(connection, again, "again")
            with pytest.raises(HoldAlreadyResolved):
                post_hold(connection, again, paying(f"again{again}", ("customer:alice", "vault:hot", 10)))
    assert numbers(funded) == (80, 0, 80)


def test_a_posted_key_cannot_settle_another_hold(funded: Engine) -> None:
    first, second = take_hold(funded, 20), take_hold(funded, 20, "w2")
    entry = paying("p", ("customer:alice", "vault:hot", 20))
    with transaction(funded) as connection:
        post_hold(connection, first, entry)
        with pytest.raises(IdempotencyConflict):
            post_hold(connection, second, entry)
        with pytest.raises(IdempotencyConflict):
            post(connection, entry)


def test_the_same_hold_again_is_the_same_hold(funded: Engine) -> None:
    assert take_hold(funded, 60) == take_hold(funded, 60)
    assert numbers(funded) == (100, 60, 40)
    with pytest.raises(IdempotencyConflict):
        take_hold(funded, 61)
    with pytest.raises(IdempotencyConflict):
        take_hold(funded, 60, code="customer:bob")


def test_holds_that_cannot_be(funded: Engine) -> None:
    with pytest.raises(AmountNotPositive):
        take_hold(funded, 0)
    with pytest.raises(EntryMalformed):
        take_hold(funded, 1, "")
    with transaction(funded) as connection:
        for missing in (0, 999):
            with pytest.raises(HoldUnknown):
                void_hold(connection, missing, "why")
            with pytest.raises(HoldUnknown):
                post_hold(connection, missing, paying("p", ("customer:alice", "vault:hot", 1)))
    held = take_hold(funded, 9)
    with transaction(funded) as connection, pytest.raises(EntryMalformed, match="at most 8"):
        post_hold(connection, held, paying("p", *[("customer:alice", "vault:hot", 1)] * 9))


def test_holds_are_exact_at_the_largest_amount(books: Engine) -> None:
    deposit = Transfer("vault:hot", "customer:alice", Amount("ETH", MAX_UNITS))
    # Eight low limbs that together need all 64 bits, one high limb for the rest.
    parts = [Amount("ETH", 10**18 - 1)] * 7
    parts.append(Amount("ETH", MAX_UNITS - sum(part.units for part in parts)))
    moves = tuple(Transfer("customer:alice", "vault:hot", part) for part in parts)
    with transaction(books) as connection:
        post(connection, Entry("deposit", "r", "all", (deposit,)))
        held = hold(connection, "customer:alice", Amount("ETH", MAX_UNITS), idempotency_key="w", reference="r")
        assert balance(connection, "customer:alice", "ETH").available == Amount("ETH", 0)
        with pytest.raises(HoldMismatch):
            post_hold(connection, held, Entry("payout", "r", "short", moves[1:]))
        post_hold(connection, held, Entry("payout", "r", "exact", moves))
        assert balance(connection, "vault:hot", "ETH").total == Amount("ETH", 0)
    with snapshot(books) as connection:
        check(connection)
