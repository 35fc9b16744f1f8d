"""Intents: the one object that everything which moves assets is, and that people approve."""

import re
from dataclasses import dataclass

from holdfast.amounts import Amount
from holdfast.authority.errors import AuthorityMalformed, ConflictKeyMissing, IntentExpired
from holdfast.authority.texts import require_text
from holdfast.encoding import Canonical

MAX_PAYMENTS = 500
"""The most payments that one transaction settles."""

MAX_CREATED_BY = 128
"""The longest name of who made an intent, in characters."""

# One spelling each: signers compare the text, and a second one would be a second key for the same outpoint or nonce.
_CONFLICT_KEY = re.compile(
    r"outpoint:[0-9a-f]{64}:(0|[1-9][0-9]{0,9})|nonce:[a-z0-9-]{1,40}:[0-9a-z]{1,80}:(0|[1-9][0-9]{0,19})"
)


@dataclass(frozen=True)
class Payment:
    """One payment: how much, where, and the digest of the customer's own order, if a customer asked for it."""

    amount: Amount
    destination: str
    order: bytes | None

    def __post_init__(self) -> None:
        """Refuse a payment of nothing, or to nowhere."""
        self.amount.positive()
        if not 1 <= len(self.destination) <= 128 or not self.destination.isascii():
            raise AuthorityMalformed("a destination is 1 to 128 ASCII characters")
        if self.order is not None and len(self.order) != 32:
            raise AuthorityMalformed("an order's digest has 32 bytes")


@dataclass(frozen=True)
class Intent(Canonical):
    """What shall happen: payments out of a vault, within a fee and a time, bound to one conflict key.

    The conflict key is something that every version of the transaction must consume: ``outpoint:TXID:N``, or
    ``nonce:CHAIN:ACCOUNT:N``. So two versions can never both happen, and a fee bump needs no new approval.
    """

    DOMAIN = "holdfast/intent"

    vault: str
    payments: tuple[Payment, ...]
    conflict_key: str
    maximum_fee: Amount
    expires_at_s: int
    committee_epoch: int
    policy_version: int
    roster_version: int
    created_by: str

    def __post_init__(self) -> None:
        """Refuse an intent that nobody could check."""
        if not 1 <= len(self.payments) <= MAX_PAYMENTS:
            raise AuthorityMalformed(f"an intent has 1 to {MAX_PAYMENTS} payments")
        require_text(self.created_by, "who made an intent", MAX_CREATED_BY)
        if not _CONFLICT_KEY.fullmatch(self.conflict_key):
            raise ConflictKeyMissing("the intent names no conflict key: outpoint:TXID:N or nonce:CHAIN:ACCOUNT:N")
        if any(not 0 <= number < 2**63 for number in self._numbers()):
            raise AuthorityMalformed("an intent's versions, epoch and time are whole numbers below 2^63")
        if any(payment.amount.asset != self.payments[0].amount.asset for payment in self.payments):
            raise AuthorityMalformed("an intent's payments are all of one asset")
        orders = [payment.order for payment in self.payments if payment.order is not None]
        if len(set(orders)) != len(orders):
            raise AuthorityMalformed("two payments of one intent settle the same order")

    def _numbers(self) -> tuple[int, ...]:
        return (self.expires_at_s, self.committee_epoch, self.policy_version, self.roster_version)

    @property
    def asset(self) -> str:
        """The asset that moves."""
        return self.payments[0].amount.asset

    def total(self) -> Amount:
        """What is paid in all, without the fee."""
        return Amount(self.asset, sum(payment.amount.units for payment in self.payments))

    def at_most(self) -> Amount:
        """What can leave the vault in this asset: the payments and, where it is paid in the same asset, the fee.

        Policy, floors and caps are held against this, so that no fee can burn what nobody would have let be paid.
        """
        total = self.total()
        return total + self.maximum_fee if self.maximum_fee.asset == total.asset else total

    def require_unexpired(self, now_s: int) -> None:
        """Refuse once the intent's time has come.

        :raises IntentExpired: ``now_s`` is at or past the expiry.
        """
        if now_s >= self.expires_at_s:
            raise IntentExpired(f"the intent expired {now_s - self.expires_at_s} s ago")


def outpoint_conflict_key(txid: str, vout: int) -> str:
    """The conflict key of a transaction output."""
    return f"outpoint:{txid}:{vout}"
