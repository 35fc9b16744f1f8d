"""Entries: posted whole or not at all, once a key, within the balances."""

from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from holdfast.amounts import MAX_UNITS, Amount, AmountNotPositive, AmountOutOfRange
from holdfast.clock import ManualClock
from holdfast.ledger import (
    AccountConflict,
    AccountUnknown,
    BalanceOutOfRange,
    CustomerMoney,
    Entry,
    EntryMalformed,
    IdempotencyConflict,
    InsufficientFunds,
    NormalSide,
    OwnerClass,
    Transfer,
    accounts,
    balance,
    check,
    open_account,
    post,
)
from holdfast.ledger.models import entry as entry_table
from holdfast.ledger.models import transfer as transfer_table
from holdfast.store import snapshot, transaction


def btc(units: int) -> Amount:
    """Satoshi."""
    return Amount("BTC", units)


def entry(key: str, *moves: tuple[str, str, int], kind: str = "test") -> Entry:
    """An entry of transfers in satoshi."""
    return Entry(kind, f"ref:{key}", key, tuple(Transfer(debit, credit, btc(units)) for debit, credit, units in moves))


def total(engine: Engine, code: str, asset: str = "BTC") -> int:
    """The balance of an account, in base units."""
    with snapshot(engine) as connection:
        return balance(connection, code, asset).total.units


def rows(engine: Engine) -> list[Any]:
    """How many entries and transfers there are."""
    with snapshot(engine) as connection:
        tables = (entry_table, transfer_table)
        return [connection.execute(select(func.count()).select_from(table)).scalar() for table in tables]


def test_a_transfer_moves_both_balances(funded: Engine) -> None:
    with transaction(funded) as connection:
        post(connection, entry("pay", ("customer:alice", "customer:bob", 40)))
    assert (total(funded, "customer:alice"), total(funded, "customer:bob")) == (60, 40)
    with snapshot(funded) as connection:
        report = check(connection)
    assert [(a.asset, a.debit_units, a.credit_units) for a in report.assets] == [("BTC", 110, 110), ("ETH", 0, 0)]


def test_an_overdraft_is_refused_and_leaves_nothing(funded: Engine) -> None:
    before = rows(funded)
    with transaction(funded) as connection:
        good, bad = ("customer:alice", "customer:bob", 40), ("customer:alice", "customer:bob", 61)
        with pytest.raises(InsufficientFunds, match="test ref:k is refused") as refused:
            post(connection, entry("k", good, bad))
    assert refused.value.code == "ledger.insufficient_funds"
    assert rows(funded) == before
    assert total(funded, "customer:alice") == 100


def test_a_balance_that_sufficed_no_longer_does(funded: Engine) -> None:
    for key in ("first", "second"):
        payment = entry(key, ("customer:alice", "external:in-flight", 60))
        if key == "first":
            with transaction(funded) as connection:
                post(connection, payment)
        else:
            with pytest.raises(InsufficientFunds), transaction(funded) as connection:
                post(connection, payment)


def test_the_transaction_stays_usable_after_a_refusal(funded: Engine) -> None:
    with transaction(funded) as connection:
        with pytest.raises(InsufficientFunds):
            post(connection, entry("too much", ("customer:alice", "customer:bob", 101)))
        post(connection, entry("enough", ("customer:alice", "customer:bob", 100)))
    assert total(funded, "customer:bob") == 100


def test_a_rolled_back_transaction_posts_nothing(funded: Engine) -> None:
    with funded.connect() as connection:
        post(connection, entry("pay", ("customer:alice", "customer:bob", 40)))
        connection.rollback()
    assert total(funded, "customer:bob") == 0


def test_the_same_entry_again_is_the_same_entry(funded: Engine) -> None:
    payment = entry("pay", ("customer:alice", "customer:bob", 40))
    ids = []
    for _ in range(2):
        with transaction(funded) as connection:
            ids.append(post(connection, payment))
            ids.append(post(connection, payment))
    assert len(set(ids)) == 1
    assert total(funded, "customer:bob") == 40


@pytest.mark.parametrize(
    "other",
    [
        entry("pay", ("customer:alice", "customer:bob", 41)),
        entry("pay", ("customer:bob", "customer:alice", 40)),
        entry("pay", ("customer:alice", "customer:bob", 40), kind="other"),
        entry("pay", ("customer:alice", "customer:bob", 20), ("customer:alice", "customer:bob", 20)),
    ],
)
def test_a_key_used_for_something_else_is_refused(funded: Engine, other: Entry) -> None:
    with transaction(funded) as connection:
        post(connection, entry("pay", ("customer:alice", "customer:bob", 40)))
    with pytest.raises(IdempotencyConflict) as refused, transaction(funded) as connection:
        post(connection, other)
    assert refused.value.code == "ledger.idempotency_conflict"
    assert total(funded, "customer:bob") == 40


def test_an_entry_of_many_transfers_is_posted_in_order(funded: Engine) -> None:
    moves = [("customer:alice", "customer:bob", 100), ("customer:bob", "external:in-flight", 99)]
    with transaction(funded) as connection:
        post(connection, entry("chain", *moves))
    assert [total(funded, code) for code, _, _ in moves] == [0, 1]
    with pytest.raises(InsufficientFunds), transaction(funded) as connection:
        post(connection, entry("reverse", ("customer:alice", "vault:hot", 1), ("customer:bob", "customer:alice", 1)))


def test_unknown_accounts_are_refused(funded: Engine) -> None:
    for move in (("customer:alice", "customer:eve", 1), ("vault:none", "customer:alice", 1)):
        with pytest.raises(AccountUnknown), transaction(funded) as connection:
            post(connection, entry("k", move))
    # An account in another asset is another account.
    with pytest.raises(AccountUnknown), transaction(funded) as connection:
        post(connection, Entry("k", "r", "k", (Transfer("vault:hot", "customer:bob", Amount("ETH", 1)),)))


def test_exact_at_the_largest_amount(books: Engine) -> None:
    largest = Amount("ETH", MAX_UNITS)
    with transaction(books) as connection:
        post(connection, Entry("deposit", "r", "all", (Transfer("vault:hot", "customer:alice", largest),)))
    assert total(books, "customer:alice", "ETH") == MAX_UNITS
    one = Transfer("vault:hot", "customer:alice", Amount("ETH", 1))
    with pytest.raises(BalanceOutOfRange), transaction(books) as connection:
        post(connection, Entry("deposit", "r", "one more", (one,)))
    back = Transfer("customer:alice", "vault:hot", Amount("ETH", MAX_UNITS - 1))
    with transaction(books) as connection:
        post(connection, Entry("payout", "r", "nearly all", (back,)))
    assert total(books, "vault:hot", "ETH") == 1
    with snapshot(books) as connection:
        check(connection)


@pytest.mark.parametrize("step", [10**18 - 1, 10**18, 10**18 + 1, 7 * 10**17])
def test_limbs_carry_and_borrow(books: Engine, step: int) -> None:
    with transaction(books) as connection:
        for i in range(3):
            up = Transfer("vault:hot", "customer:alice", Amount("ETH", step))
            post(connection, Entry("deposit", "r", f"up{i}", (up,)))
            assert balance(connection, "vault:hot", "ETH").total.units == (i + 1) * step
        for i in range(3):
            down = Transfer("customer:alice", "vault:hot", Amount("ETH", step))
            post(connection, Entry("payout", "r", f"down{i}", (down,)))
            assert balance(connection, "customer:alice", "ETH").total.units == (2 - i) * step


def test_customers_pay_the_house_only_as_fees(funded: Engine) -> None:
    with transaction(funded) as connection:
        post(connection, entry("fee", ("customer:alice", "house:fees", 1)))
    with pytest.raises(CustomerMoney), transaction(funded) as connection:
        post(connection, entry("grab", ("customer:alice", "house:treasury", 1)))


def test_the_house_spends_only_its_own(funded: Engine) -> None:
    with transaction(funded) as connection:
        post(connection, entry("network fee", ("house:treasury", "vault:hot", 10)))
    with pytest.raises(InsufficientFunds), transaction(funded) as connection:
        post(connection, entry("network fee 2", ("house:treasury", "vault:hot", 1)))


def test_values_that_cannot_be() -> None:
    with pytest.raises(AmountNotPositive):
        Transfer("a", "b", btc(0))
    with pytest.raises(AmountOutOfRange):
        btc(MAX_UNITS + 1)
    with pytest.raises(EntryMalformed):
        Transfer("a", "a", btc(1))
    for texts in (("", "r", "k"), ("k", "r" * 201, "k"), ("k", "r", "line\nbreak")):
        with pytest.raises(EntryMalformed):
            Entry(*texts, (Transfer("a", "b", btc(1)),))
    for count in (0, 1001):
        with pytest.raises(EntryMalformed):
            Entry("k", "r", "k", (Transfer("a", "b", btc(1)),) * count)


def test_accounts_open_once(books: Engine) -> None:
    with transaction(books) as connection:
        before = accounts(connection)
        again = open_account(connection, "vault:hot", "BTC", OwnerClass.VAULT, NormalSide.DEBIT)
        assert again == before[0]
        assert accounts(connection) == before
        with pytest.raises(AccountConflict):
            open_account(connection, "external:in-flight", "BTC", OwnerClass.EXTERNAL, NormalSide.DEBIT)
        with pytest.raises(EntryMalformed):
            open_account(connection, "house:spending", "BTC", OwnerClass.HOUSE, NormalSide.DEBIT)


def test_the_time_of_posting_is_the_clocks(funded: Engine) -> None:
    with transaction(funded) as connection:
        number = post(connection, entry("pay", ("customer:alice", "customer:bob", 1)), clock=ManualClock(1_234))
        query = select(entry_table.c.posted_at_s).where(entry_table.c.id == number)
        assert connection.execute(query).scalar() == 1_234
