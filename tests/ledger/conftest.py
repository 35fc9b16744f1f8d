"""A small chart of accounts, on both databases."""

import pytest
from sqlalchemy import Engine

from holdfast.amounts import Amount
from holdfast.ledger import Entry, NormalSide, OwnerClass, Transfer, open_account, post
from holdfast.store import transaction

CHART = (
    ("vault:hot", OwnerClass.VAULT, NormalSide.DEBIT),
    ("vault:cold", OwnerClass.VAULT, NormalSide.DEBIT),
    ("customer:alice", OwnerClass.CUSTOMER, NormalSide.CREDIT),
    ("customer:bob", OwnerClass.CUSTOMER, NormalSide.CREDIT),
    ("house:treasury", OwnerClass.HOUSE, NormalSide.CREDIT),
    ("house:fees", OwnerClass.HOUSE, NormalSide.CREDIT),
    ("external:in-flight", OwnerClass.EXTERNAL, NormalSide.CREDIT),
)


@pytest.fixture
def books(database: Engine) -> Engine:
    """A ledger with :data:`CHART` open in BTC, ``vault:hot`` and ``customer:alice`` also in ETH, all empty."""
    with transaction(database) as connection:
        for code, owner_class, normal_side in CHART:
            open_account(connection, code, "BTC", owner_class, normal_side)
        for code, owner_class, normal_side in (CHART[0], CHART[2]):
            open_account(connection, code, "ETH", owner_class, normal_side)
    return database


@pytest.fixture
def funded(books: Engine) -> Engine:
    """The same, with a deposit of 100 satoshi by alice and 10 of the house's own in ``vault:hot``."""
    with transaction(books) as connection:
        deposit = Transfer("vault:hot", "customer:alice", Amount("BTC", 100))
        capital = Transfer("vault:hot", "house:treasury", Amount("BTC", 10))
        post(connection, Entry("deposit", "tx:1", "deposit:1", (deposit,)))
        post(connection, Entry("capital", "tx:2", "capital:1", (capital,)))
    return books
