"""Standing orders: routine movements (sweep, consolidation, gas top-up) approved once, within caps."""

from dataclasses import dataclass

from holdfast.amounts import Amount
from holdfast.authority.errors import AuthorityMalformed, StandingOrderExceeded
from holdfast.authority.intent import Intent
from holdfast.encoding import Canonical

PURPOSES = ("sweep", "consolidation", "gas_top_up")


@dataclass(frozen=True)
class StandingOrder(Canonical):
    """What may move without a fresh approval: out of one vault, to pinned destinations, within caps.

    ``daily_cap`` bounds the payments and ``daily_fee_budget`` the fees of any 24 hours; signers keep the sums.
    """

    DOMAIN = "holdfast/standing-order"

    purpose: str
    vault: str
    destinations: tuple[str, ...]
    payment_cap: Amount
    daily_cap: Amount
    daily_fee_budget: Amount
    valid_from_s: int
    expires_at_s: int
    roster_version: int

    def __post_init__(self) -> None:
        """Refuse an order without a purpose, an end or a destination."""
        if self.purpose not in PURPOSES or not 1 <= len(self.destinations) <= 100:
            raise AuthorityMalformed(f"a standing order is for one of {', '.join(PURPOSES)}, to 1 to 100 destinations")
        if self.expires_at_s <= self.valid_from_s:
            raise AuthorityMalformed("a standing order ends after it begins")
        caps = (self.payment_cap, self.daily_cap, self.daily_fee_budget)
        if any(cap.asset != self.payment_cap.asset for cap in caps):
            raise AuthorityMalformed("a standing order's caps are all of one asset")


def require_within(order: StandingOrder, intent: Intent, now_s: int) -> None:
    """Require that the intent is what the standing order foresees; daily sums are the signer's to keep.

    :raises StandingOrderExceeded: another vault, asset or destination, a payment or fee too large, out of time.
    """
    if not order.valid_from_s <= now_s < order.expires_at_s:
        raise StandingOrderExceeded("the standing order is not in force now")
    if intent.vault != order.vault or intent.asset != order.payment_cap.asset:
        raise StandingOrderExceeded("the standing order is for another vault or asset")
    for payment in intent.payments:
        if payment.destination not in order.destinations:
            raise StandingOrderExceeded(f"{payment.destination} is not a destination of the standing order")
        if payment.order is not None or not payment.amount <= order.payment_cap:
            raise StandingOrderExceeded("a payment is a customer's, or above the standing order's cap")
    if not intent.total() <= order.daily_cap or not intent.maximum_fee <= order.daily_fee_budget:
        raise StandingOrderExceeded("the movement is above the standing order's daily caps")
