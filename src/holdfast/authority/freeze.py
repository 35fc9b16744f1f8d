"""Freezing: one officer stops everything; only a quorum lets it go on."""

from collections.abc import Iterable
from dataclasses import dataclass

from holdfast.authority.approval import Approval, require_quorum, verify_approval
from holdfast.authority.errors import AuthorityMalformed, FreezeOrderInvalid
from holdfast.authority.roster import OFFICER, Roster
from holdfast.authority.texts import require_text
from holdfast.encoding import Canonical

MAX_REASON = 200
"""The longest reason of a freeze or a lift, in characters."""

MAX_LIFTED = 16
"""The most freezes that one lift ends."""

NONCE_BYTES = 16

LATEST_S = 2**37
"""The end of all times that an order can be of, in seconds since 1970: what any calendar still shows."""


@dataclass(frozen=True)
class FreezeOrder(Canonical):
    """Freeze. ``nonce``, drawn by the signer on whose page it is given, makes it an order of its own.

    A freeze is known by its digest, and by nothing else: what is in force is every freeze that no lift names.
    """

    DOMAIN = "holdfast/freeze-order"

    genesis: bytes
    signer: str
    reason: str
    at_s: int
    nonce: bytes

    def __post_init__(self) -> None:
        """Refuse a reason that nobody could read, and an order that could be another one's equal."""
        require_text(self.reason, "a freeze order's reason", MAX_REASON)
        require_text(self.signer, "a signer's name", MAX_REASON)
        if len(self.nonce) != NONCE_BYTES or not 0 <= self.at_s < LATEST_S:
            raise AuthorityMalformed(f"a freeze order has a time and a nonce of {NONCE_BYTES} bytes")


@dataclass(frozen=True)
class FreezeLift(Canonical):
    """Lift these very freezes, and no others: one that nobody had thought of when this was approved stays in force.

    ``freezes`` ascend by digest. They are here whole, so that who approves reads what they lift.
    """

    DOMAIN = "holdfast/freeze-lift"

    genesis: bytes
    freezes: tuple[FreezeOrder, ...]
    reason: str

    def __post_init__(self) -> None:
        """Refuse a lift of nothing, or one with two spellings."""
        require_text(self.reason, "a lift's reason", MAX_REASON)
        digests = self.lifted()
        if not 1 <= len(digests) <= MAX_LIFTED or list(digests) != sorted(set(digests)):
            raise AuthorityMalformed(f"a lift names 1 to {MAX_LIFTED} freezes, ascending by digest")

    def lifted(self) -> tuple[bytes, ...]:
        """The digests of the freezes that it ends."""
        return tuple(freeze.digest() for freeze in self.freezes)


def require_freeze(order: FreezeOrder, approval: Approval, roster: Roster, genesis: bytes) -> None:
    """Require one officer's word for a freeze.

    :raises FreezeOrderInvalid: for another genesis, or given on another signer's page than it says.
    :raises AuthorityError: not the word of an officer in the roster.
    """
    if order.genesis != genesis:
        raise FreezeOrderInvalid("the freeze is of another genesis")
    facts = verify_approval(approval, roster, order.digest(), OFFICER)
    if facts.origin != roster.signer(order.signer).origin:
        raise FreezeOrderInvalid(f"the freeze was not given on {order.signer}'s page")


def require_lift(lift: FreezeLift, approvals: Iterable[Approval], roster: Roster, genesis: bytes) -> None:
    """Require the roster's change quorum for a lift.

    :raises FreezeOrderInvalid: for another genesis.
    :raises QuorumNotReached: too few officers.
    """
    if lift.genesis != genesis:
        raise FreezeOrderInvalid("the lift is of another genesis")
    require_quorum(approvals, roster, lift.digest(), OFFICER, roster.change_quorum)
