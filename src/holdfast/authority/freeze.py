"""Freezing: one officer stops everything; only a quorum lets it go on."""

from collections.abc import Iterable
from dataclasses import dataclass

from holdfast.authority.approval import Approval, require_quorum
from holdfast.authority.errors import FreezeOrderInvalid
from holdfast.authority.roster import OFFICER, Roster
from holdfast.authority.texts import require_text
from holdfast.encoding import Canonical

MAX_REASON = 200
"""The longest reason of a freeze or a lift, in characters."""

MAX_VERSION_STEP = 1_000
"""How far a freeze order's version may be above the newest known."""


@dataclass(frozen=True)
class FreezeOrder(Canonical):
    """Freeze (or lift): versions only ever grow, so that an old lift cannot be replayed over a new freeze."""

    DOMAIN = "holdfast/freeze-order"

    version: int
    frozen: bool
    genesis: bytes
    reason: str

    def __post_init__(self) -> None:
        """Refuse a reason that nobody could read."""
        require_text(self.reason, "a freeze order's reason", MAX_REASON)


def require_freeze_order(
    order: FreezeOrder, approvals: Iterable[Approval], roster: Roster, genesis: bytes, highest_version: int
) -> None:
    """Require one officer to freeze, or the roster's change quorum to lift.

    :raises FreezeOrderInvalid: for another genesis, or not newer than the highest version known, or by more than
        :data:`MAX_VERSION_STEP`; a lift by more than one.
    :raises QuorumNotReached: too few officers.
    """
    if order.genesis != genesis or order.version <= highest_version:
        raise FreezeOrderInvalid(f"freeze order {order.version} does not follow {highest_version} of this genesis")
    # A lift that could wait in a drawer would undo freezes that nobody had thought of when it was approved.
    if not order.frozen and order.version != highest_version + 1:
        raise FreezeOrderInvalid(f"a lift has the very next version, {highest_version + 1}, not {order.version}")
    # A lone officer who took the highest number there is would have frozen for ever: no lift could follow it.
    if order.version > highest_version + MAX_VERSION_STEP:
        raise FreezeOrderInvalid(f"freeze order {order.version} is too far above {highest_version}")
    persons = 1 if order.frozen else roster.change_quorum
    require_quorum(approvals, roster, order.digest(), OFFICER, persons)
