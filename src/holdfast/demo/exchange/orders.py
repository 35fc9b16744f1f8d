"""A withdrawal from the customer's wish to their signature: the order is made here, shown there, signed, and placed."""

import secrets

from holdfast.amounts import Amount
from holdfast.authority import Assertion, SignedOrder, WithdrawalOrder
from holdfast.custody import (
    ControlPlane,
    WithdrawalUnknown,
    WithdrawalView,
    cancel_withdrawal,
    find_withdrawal,
    request_withdrawal,
    require_payable,
)
from holdfast.demo.exchange.accounts import Place
from holdfast.demo.exchange.errors import OrderNotDrafted
from holdfast.pages import Expiring

ORDER_LASTS_S = 24 * 3_600
"""How long a signed order may be settled."""

DRAFT_LASTS_S = 600
"""How long an order waits for the customer's signature."""

MAX_DRAFTS = 1_000

_REFERENCE_BYTES = 8


class Orders:
    """Customers' withdrawal orders. The venue chooses the reference, so that no order repeats another."""

    def __init__(self, plane: ControlPlane, place: Place) -> None:
        self._plane = plane
        self._place = place
        self._drafts: Expiring[WithdrawalOrder] = Expiring(plane.clock, lifetime_s=DRAFT_LASTS_S, limit=MAX_DRAFTS)

    def draft(self, customer: str, amount: str, destination: str) -> WithdrawalOrder:
        """The order that the customer is to sign. Nothing is held yet.

        :raises AmountError: not an amount, or nothing.
        :raises AuthorityMalformed: a destination that no order can have.
        :raises HoldfastError: what :func:`holdfast.custody.require_payable` refuses.
        """
        order = WithdrawalOrder(
            venue=self._plane.genesis.venue,
            customer=customer,
            reference=f"w-{secrets.token_hex(_REFERENCE_BYTES)}",
            amount=Amount.from_text(amount, self._place.asset).positive(),
            destination=destination.strip(),
            expires_at_s=self._plane.clock.now_s() + ORDER_LASTS_S,
        )
        require_payable(self._plane, self._place.vault, order)
        self._drafts.put(order.reference, order)
        return order

    def drafted(self, customer: str, reference: str) -> WithdrawalOrder:
        """A customer's order that waits for its signature.

        :raises OrderNotDrafted: signed before, too old, or not this customer's.
        """
        order = self._drafts.get(reference)
        if order is None or order.customer != customer:
            raise OrderNotDrafted("this order was signed before, or waited too long: begin again")
        return order

    def place(self, customer: str, reference: str, assertion: Assertion) -> WithdrawalView:
        """Request the withdrawal that was drafted, with the passkey's answer to it.

        What is requested is the order as drafted: an answer to any other bytes does not verify.

        :raises OrderNotDrafted: signed before, too old, or not this customer's.
        :raises HoldfastError: what :func:`holdfast.custody.request_withdrawal` refuses.
        """
        order = self.drafted(customer, reference)
        if self._drafts.take(reference) is None:
            raise OrderNotDrafted("this order was signed before: begin again")
        return request_withdrawal(self._plane, self._place.vault, SignedOrder(order, assertion))

    def cancel(self, customer: str, reference: str) -> None:
        """Give a waiting withdrawal's amount back.

        :raises WithdrawalUnknown: the customer has no such withdrawal.
        :raises WithdrawalFinal: it is being paid, or has ended.
        """
        if find_withdrawal(self._plane, reference).customer != customer:
            raise WithdrawalUnknown(f"no withdrawal {reference[:60]!r}")
        cancel_withdrawal(self._plane, reference)
