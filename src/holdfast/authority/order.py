"""A customer's own word: the withdrawal order that their passkey signs, so that books alone move nothing."""

from dataclasses import dataclass

from holdfast.amounts import Amount
from holdfast.authority.assertion import Assertion, Credential, RelyingParty, verify_assertion
from holdfast.authority.errors import AuthorityMalformed, OrderExpired, OrderMismatch
from holdfast.authority.intent import Payment
from holdfast.authority.texts import require_text
from holdfast.encoding import Canonical

MAX_TEXT = 128
"""The longest venue, customer, reference or destination."""


@dataclass(frozen=True)
class WithdrawalOrder(Canonical):
    """What a customer asks for. The venue chooses ``reference``, unique among all its orders: none repeats another."""

    DOMAIN = "holdfast/withdrawal-order"

    venue: str
    customer: str
    reference: str
    amount: Amount
    destination: str
    expires_at_s: int

    def __post_init__(self) -> None:
        """Refuse an order for nothing, or of no size that is stored."""
        self.amount.positive()
        for text in (self.venue, self.customer, self.reference, self.destination):
            require_text(text, "a text of an order", MAX_TEXT)
            if not text.isascii():
                raise AuthorityMalformed("an order's texts are of ASCII characters")

    def require_unexpired(self, now_s: int) -> None:
        """Refuse once the order's time has come.

        :raises OrderExpired: ``now_s`` is at or past the expiry.
        """
        if now_s >= self.expires_at_s:
            raise OrderExpired("the customer's order is past its time")


@dataclass(frozen=True)
class SignedOrder(Canonical):
    """An order with the customer's assertion over its digest."""

    DOMAIN = "holdfast/signed-order"

    order: WithdrawalOrder
    assertion: Assertion


def verify_order(signed: SignedOrder, credential: Credential, pages: RelyingParty, venue: str, now_s: int) -> None:
    """Require that the customer's enrolled credential signed this order for this venue, and that it is in time.

    :raises OrderMismatch: an order for another venue.
    :raises OrderExpired: past its time.
    :raises AuthorityError: as :func:`holdfast.authority.verify_assertion`.
    """
    if signed.order.venue != venue:
        raise OrderMismatch(f"the order is for venue {signed.order.venue[:40]!r}")
    signed.order.require_unexpired(now_s)
    verify_assertion(signed.assertion, credential, pages, signed.order.digest())


def require_order_settles(payment: Payment, order: WithdrawalOrder) -> None:
    """Require that the payment is to the satoshi and the letter what the customer ordered.

    :raises OrderMismatch: another order, amount or destination.
    """
    if payment.order != order.digest():
        raise OrderMismatch("the payment names another order")
    if payment.amount != order.amount or payment.destination != order.destination:
        raise OrderMismatch(f"the customer ordered {order.amount} to {order.destination}")
