"""What accounts of one class have together."""

from sqlalchemy import Engine

from holdfast.amounts import Amount
from holdfast.ledger import Entry, OwnerClass, Transfer, hold, owner_totals, post, void_hold
from holdfast.store import snapshot, transaction


def totals(engine: Engine) -> dict[tuple[str, OwnerClass], tuple[int, int]]:
    """In base units: total and held."""
    with snapshot(engine) as connection:
        found = owner_totals(connection)
    return {(each.total.asset, each.owner_class): (each.total.units, each.held.units) for each in found}


def test_accounts_of_a_class_and_asset_are_added_up(funded: Engine) -> None:
    with transaction(funded) as connection:
        move = Transfer("customer:alice", "customer:bob", Amount("BTC", 30))
        post(connection, Entry("gift", "g", "gift:1", (move,)))
        hold(connection, "customer:bob", Amount("BTC", 7), idempotency_key="h", reference="r")
    found = totals(funded)
    assert found["BTC", OwnerClass.CUSTOMER] == (100, 7)
    assert found["BTC", OwnerClass.HOUSE] == (10, 0)
    assert found["BTC", OwnerClass.VAULT] == (110, 0)
    assert found["ETH", OwnerClass.CUSTOMER] == (0, 0)


def test_what_is_no_longer_held_is_not_counted(funded: Engine) -> None:
    with transaction(funded) as connection:
        held = hold(connection, "customer:alice", Amount("BTC", 7), idempotency_key="h", reference="r")
    assert totals(funded)["BTC", OwnerClass.CUSTOMER] == (100, 7)
    with transaction(funded) as connection:
        void_hold(connection, held, "cancelled")
    assert totals(funded)["BTC", OwnerClass.CUSTOMER] == (100, 0)


def test_amounts_beyond_64_bits(funded: Engine) -> None:
    large = 10**30
    with transaction(funded) as connection:
        move = Transfer("vault:hot", "customer:alice", Amount("ETH", large))
        post(connection, Entry("deposit", "e", "deposit:e", (move,)))
    assert totals(funded)["ETH", OwnerClass.CUSTOMER] == (large, 0)


def test_a_ledger_without_accounts_has_no_totals(database: Engine) -> None:
    assert totals(database) == {}
