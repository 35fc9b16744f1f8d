"""What a customer is told of their account: balance, deposits, and what their withdrawals still wait for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from holdfast.amounts import Amount
from holdfast.authority import Credential
from holdfast.custody import models
from holdfast.custody.books import customer_account
from holdfast.custody.control_plane import ControlPlane
from holdfast.custody.customers import find_customer
from holdfast.custody.errors import CustomerUnknown, WithdrawalUnknown
from holdfast.custody.facts import facts_of_withdrawal
from holdfast.custody.types import PayoutView
from holdfast.ledger import Balance, balance
from holdfast.policy import Movement, PolicyDenied, evaluate, require_floors
from holdfast.risk import Decision, decide
from holdfast.signer import RECEIVE_CHAIN


@dataclass(frozen=True)
class CustomerView:
    """A customer with the passkey that the audit log enrolled for them."""

    name: str
    credential: Credential
    enrolled_at_s: int


@dataclass(frozen=True)
class DepositView:
    """A payment to a customer's address. ``confirmations``: how many followed blocks have it or follow it (0: none).

    It counts towards the balance once it is ``credited``.
    """

    txid: str
    vout: int
    amount: Amount
    confirmations: int
    credited: bool


def customer_view(connection: Connection, name: str) -> CustomerView:
    """The customer of this name, or :class:`CustomerUnknown`."""
    return _view(find_customer(connection, name))


def customer_of_credential(connection: Connection, credential_id: bytes) -> CustomerView:
    """The customer whose passkey has this id, or :class:`CustomerUnknown`."""
    table = models.customers
    row = connection.execute(select(table).where(table.c.credential_id == credential_id)).one_or_none()
    if row is None:
        raise CustomerUnknown("no customer has this passkey")
    return _view(row)


def _view(row: Row[Any]) -> CustomerView:
    return CustomerView(row.name, Credential(bytes(row.credential_id), bytes(row.public_key)), row.enrolled_at_s)


def customer_balance(connection: Connection, customer: str, asset: str) -> Balance:
    """What the ledger says that a customer is owed, and how much of it is held for withdrawals on their way.

    :raises AccountUnknown: the customer has no account in this asset.
    """
    return balance(connection, customer_account(customer), asset)


def deposit_views(connection: Connection, customer: str, limit: int = 50) -> Iterator[DepositView]:
    """A customer's newest deposits, those that are in no block first; at most ``limit``."""
    coins, addresses, vaults = models.coins, models.addresses, models.vaults
    followed = connection.execute(select(func.max(models.blocks.c.height))).scalar()
    query = (
        select(coins, vaults.c.asset)
        .join(addresses, addresses.c.script == coins.c.script)
        .join(vaults, vaults.c.name == addresses.c.vault)
        .where(addresses.c.customer == customer, addresses.c.chain == RECEIVE_CHAIN)
        .order_by(coins.c.height.is_not(None), coins.c.height.desc(), coins.c.txid, coins.c.vout)
        .limit(limit)
    )
    for row in connection.execute(query).all():
        confirmations = 0 if row.height is None or followed is None else followed - row.height + 1
        yield DepositView(
            row.txid, row.vout, Amount(row.asset, row.value_sat), confirmations, row.deposit_entry is not None
        )


def withdrawal_decision(connection: Connection, reference: str, now_s: int) -> Decision:
    """What the risk engine would decide about a withdrawal now, with its reasons; nothing is attested by it.

    :raises WithdrawalUnknown: no withdrawal of this reference.
    """
    table = models.withdrawals
    row = connection.execute(select(table).where(table.c.reference == reference)).one_or_none()
    if row is None:
        raise WithdrawalUnknown(f"no withdrawal {reference[:60]!r}")
    return decide(facts_of_withdrawal(connection, row, now_s))


def approvals_needed(plane: ControlPlane, payout: PayoutView) -> int:
    """How many persons must approve a payout, its highest fee counted; 0: the policy in force no longer allows it."""
    movement = Movement(payout.vault, payout.total.asset, payout.at_most, payout.customer_signed)
    try:
        verdict = evaluate(plane.policy, movement)
    except PolicyDenied:
        return 0
    return require_floors(plane.genesis.floors, payout.at_most, verdict.approvals)
