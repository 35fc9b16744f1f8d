"""Customers as pages show them: what they are owed, where they pay in, what they took out."""

from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.custody import (
    CustomerView,
    DepositView,
    WithdrawalView,
    customer_balance,
    customer_view,
    customer_views,
    deposit_addresses,
    deposit_views,
    vault_views,
    withdrawal_views,
)
from holdfast.ledger import AccountUnknown, Balance

ROWS_OF_ONE = 20
"""How many deposits and withdrawals a customer's own page shows."""


@dataclass(frozen=True)
class ShownCustomer:
    """A customer and their balances, one an asset."""

    view: CustomerView
    balances: tuple[Balance, ...]


@dataclass(frozen=True)
class CustomerPage:
    """All that one customer's page shows; ``addresses`` are pairs of vault and address."""

    shown: ShownCustomer
    addresses: tuple[tuple[str, str], ...]
    deposits: tuple[DepositView, ...]
    withdrawals: tuple[WithdrawalView, ...]


def shown_customers(connection: Connection, limit: int, after: str | None = None) -> list[ShownCustomer]:
    """Customers by name, from the one after ``after`` on."""
    assets = _assets(connection)
    return [_shown(connection, view, assets) for view in customer_views(connection, limit, after=after)]


def customer_page(connection: Connection, name: str) -> CustomerPage:
    """One customer.

    :raises CustomerUnknown: there is none of this name.
    """
    return CustomerPage(
        shown=_shown(connection, customer_view(connection, name), _assets(connection)),
        addresses=deposit_addresses(connection, name),
        deposits=tuple(deposit_views(connection, name, ROWS_OF_ONE)),
        withdrawals=tuple(withdrawal_views(connection, ROWS_OF_ONE, customer=name)),
    )


def _assets(connection: Connection) -> list[str]:
    return sorted({view.asset for view in vault_views(connection)})


def _shown(connection: Connection, view: CustomerView, assets: list[str]) -> ShownCustomer:
    found = (_balance(connection, view.name, asset) for asset in assets)
    return ShownCustomer(view, tuple(balance for balance in found if balance is not None))


def _balance(connection: Connection, customer: str, asset: str) -> Balance | None:
    try:
        return customer_balance(connection, customer, asset)
    except AccountUnknown:
        return None
