"""What the house owes its customers, read from the ledger in one moment. Held amounts count: they are owed still."""

from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.ledger import OwnerClass, newest_transfer, standings

_CODE_PREFIX = "customer:"
"""Customers' accounts in the ledger are named after them."""


@dataclass(frozen=True)
class Balance:
    """What a customer is owed in one asset, in base units, and the ledger's account and transfer that say so."""

    customer: str
    asset: str
    units: int
    account_id: int
    through: int


@dataclass(frozen=True)
class Liabilities:
    """Every customer, in ascending order, and every balance by asset and customer. No account is a balance of zero.

    ``through`` is the newest of all transfers that the books included.
    """

    customers: tuple[str, ...]
    balances: dict[tuple[str, str], Balance]
    through: int

    def units(self, asset: str, customer: str) -> int:
        """What the customer is owed, in base units."""
        balance = self.balances.get((asset, customer))
        return 0 if balance is None else balance.units

    def total(self, asset: str) -> int:
        """What all customers are owed, in base units."""
        return sum(balance.units for balance in self.balances.values() if balance.asset == asset)

    def assets(self) -> set[str]:
        """The assets in which customers have accounts."""
        return {balance.asset for balance in self.balances.values()}


def read_liabilities(connection: Connection) -> Liabilities:
    """Every customer's balances, as the caller's transaction sees them."""
    balances = {}
    for standing in standings(connection, OwnerClass.CUSTOMER):
        customer = customer_of(standing.code)
        balance = Balance(customer, standing.total.asset, standing.total.units, standing.account_id, standing.through)
        balances[balance.asset, customer] = balance
    return Liabilities(tuple(sorted({customer for _, customer in balances})), balances, newest_transfer(connection))


def customer_of(code: str) -> str:
    """Whose account it is, by its code."""
    return code.removeprefix(_CODE_PREFIX)
