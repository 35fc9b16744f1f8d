"""Balances as they were, derived again from transfers."""

from sqlalchemy import Engine

from holdfast.amounts import Amount
from holdfast.ledger import (
    Entry,
    OwnerClass,
    Transfer,
    credits_through,
    hold,
    newest_transfer,
    post,
    standings,
)
from holdfast.store import snapshot, transaction


def marks(engine: Engine) -> dict[str, tuple[int, int, int]]:
    """Account, balance and newest transfer of each customer's account in BTC."""
    with snapshot(engine) as connection:
        found = [each for each in standings(connection, OwnerClass.CUSTOMER) if each.total.asset == "BTC"]
    return {each.code: (each.account_id, each.total.units, each.through) for each in found}


def derived(engine: Engine, *accounts: tuple[int, int, int]) -> list[int]:
    """What the transfers up to each account's mark add up to."""
    with snapshot(engine) as connection:
        totals = credits_through(connection, {account: through for account, _, through in accounts})
    return [totals[account] for account, _, _ in accounts]


def test_each_account_is_as_it_was_at_its_own_mark(funded: Engine) -> None:
    before = marks(funded)
    assert {code: units for code, (_, units, _) in before.items()} == {"customer:alice": 100, "customer:bob": 0}
    with transaction(funded) as connection:
        hold(connection, "customer:alice", Amount("BTC", 40), idempotency_key="h", reference="h")
        gift = Transfer("customer:alice", "customer:bob", Amount("BTC", 30))
        post(connection, Entry("gift", "gift", "gift", (gift,)))
    after = marks(funded)
    # What is held is still in the total.
    assert {code: units for code, (_, units, _) in after.items()} == {"customer:alice": 70, "customer:bob": 30}
    alice, bob = "customer:alice", "customer:bob"
    assert derived(funded, before[alice], before[bob]) == [100, 0]
    assert derived(funded, after[alice], after[bob]) == [70, 30]
    # Marks are each account's own: one may be older than the other's.
    assert derived(funded, before[alice], after[bob]) == [100, 30]
    assert derived(funded) == []
    with snapshot(funded) as connection:
        assert newest_transfer(connection) == after[bob][2]


def test_an_empty_ledger_has_no_newest_transfer(books: Engine) -> None:
    with snapshot(books) as connection:
        assert newest_transfer(connection) == 0
        assert {each.code for each in standings(connection, OwnerClass.HOUSE)} == {"house:treasury", "house:fees"}
