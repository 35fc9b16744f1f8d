"""Custody's values: states and views."""

from dataclasses import dataclass
from enum import StrEnum

from holdfast.amounts import Amount


class WithdrawalState(StrEnum):
    """Where a withdrawal stands."""

    SCREENED = "screened"
    BATCHED = "batched"
    PAID = "paid"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class PayoutState(StrEnum):
    """Where a payout stands; it only ever moves down this list, or ends refused or expired."""

    AWAITING = "awaiting"
    APPROVED = "approved"
    SIGNED = "signed"
    BROADCAST = "broadcast"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True)
class WithdrawalView:
    """A withdrawal as shown to people."""

    reference: str
    customer: str
    amount: Amount
    destination: str
    state: WithdrawalState
    intent: bytes | None
    code: str | None
    reason: str | None
    requested_at_s: int


@dataclass(frozen=True)
class PayoutView:
    """A payout as shown to people; ``customer_signed``: each of its payments has the customer's own order.

    ``at_most`` is the total with the highest fee: what policy and floors are held against.
    """

    intent: bytes
    vault: str
    state: PayoutState
    total: Amount
    at_most: Amount
    payments: int
    customer_signed: bool
    created_at_s: int
    expires_at_s: int
    approved_by: tuple[str, ...]
    txid: str | None
    code: str | None
    reason: str | None


@dataclass(frozen=True)
class VaultView:
    """A vault as shown to people: what the chain says it holds, and how much of it is kept for payouts."""

    name: str
    asset: str
    network: str
    committee: str
    certificate: bytes
    confirmed: Amount
    reserved: Amount
