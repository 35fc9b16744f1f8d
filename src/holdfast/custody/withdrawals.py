"""Withdrawals: a customer's signed order becomes a hold on their balance, or a refusal that says why.

Every refusal is recorded with its code in the withdrawal and in the audit log, in one transaction; nothing else of
a refused withdrawal remains. The reference is the idempotency key: the same order again is the same withdrawal.
"""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from holdfast._core import dust_limit
from holdfast.amounts import Amount
from holdfast.audit import WithdrawalRefused, WithdrawalRequested, append
from holdfast.authority import Credential, OrderExpired, SignedOrder, WithdrawalOrder, verify_order
from holdfast.chains import PaymentBelowDust
from holdfast.chains.bitcoin import address_to_script
from holdfast.custody import models
from holdfast.custody.books import customer_account
from holdfast.custody.control_plane import ControlPlane
from holdfast.custody.customers import find_customer
from holdfast.custody.errors import IdempotencyKeyReused, OrderExpiresTooSoon, WithdrawalFinal, WithdrawalUnknown
from holdfast.custody.types import WithdrawalState, WithdrawalView
from holdfast.errors import HoldfastError
from holdfast.ledger import InsufficientFunds, balance, hold, void_hold
from holdfast.policy import Movement, evaluate
from holdfast.screening import destination_key
from holdfast.store import limbs, transaction, units

AcceptanceCheck = Callable[[ControlPlane, str, WithdrawalOrder], None]
"""A check of an order for a vault before anything is held for it."""


def require_own_network(plane: ControlPlane, _vault: str, order: WithdrawalOrder) -> None:
    """The destination is an address of this network."""
    address_to_script(order.destination, plane.genesis.network)


def require_destination_clear(plane: ControlPlane, _vault: str, order: WithdrawalOrder) -> None:
    """The destination is not on the sanctions list."""
    plane.screen.require_fresh(plane.clock.now_s(), plane.policy.screening_max_age_s)
    key = destination_key(order.destination, plane.genesis.network)
    plane.screen.require_clear(order.amount.asset, [key])


def require_policy_allows(plane: ControlPlane, vault: str, order: WithdrawalOrder) -> None:
    """Some rule of the policy allows a payment like this one by itself, at the highest fee: signers count that too."""
    amount, fee = order.amount, plane.maximum_fee
    at_most = amount + fee if fee.asset == amount.asset else amount
    evaluate(plane.policy, Movement(vault, amount.asset, at_most, customer_signed=True))


def require_relayable(plane: ControlPlane, _vault: str, order: WithdrawalOrder) -> None:
    """The amount is not dust, which nodes would not relay: one such payment would hold up a whole payout."""
    least_sat = dust_limit(address_to_script(order.destination, plane.genesis.network))
    if order.amount.units < least_sat:
        raise PaymentBelowDust(f"a payment to this address is of {least_sat} satoshi or more")


def require_lasting(plane: ControlPlane, _vault: str, order: WithdrawalOrder) -> None:
    """The order lives long enough for a payout with others to be approved and signed."""
    if order.expires_at_s < plane.clock.now_s() + least_life_s(plane):
        raise OrderExpiresTooSoon(f"an order must be good for another {least_life_s(plane)} s")


def least_life_s(plane: ControlPlane) -> int:
    """How long an order must live when it is accepted: half as long as an intent may."""
    return plane.policy.intent_lifetime_s // 2


def least_left_s(plane: ControlPlane) -> int:
    """How long an order must still live to share a payout: whoever is in it with less would leave all of them less."""
    return least_life_s(plane) // 2


ACCEPTANCE: tuple[AcceptanceCheck, ...] = (
    require_own_network,
    require_relayable,
    require_lasting,
    require_destination_clear,
    require_policy_allows,
)
"""What an order must pass before its amount is held."""


def require_payable(plane: ControlPlane, vault: str, order: WithdrawalOrder) -> None:
    """Refuse at once what would be refused once it is signed, so that nobody signs in vain.

    The sanctions list is left to :func:`request_withdrawal`, which records that somebody tried.

    :raises HoldfastError: not payable, or more than the customer's available balance.
    """
    for check in ACCEPTANCE:
        if check is not require_destination_clear:
            check(plane, vault, order)
    with transaction(plane.engine) as connection:
        available = balance(connection, customer_account(order.customer), order.amount.asset).available
    if available < order.amount:
        raise InsufficientFunds(f"{order.amount} is more than the available {available}")


def request_withdrawal(plane: ControlPlane, vault: str, signed: SignedOrder) -> WithdrawalView:
    """Accept a customer's signed order: verified, screened, within policy, its amount held.

    :raises HoldfastError: the refusal, which is then recorded too, unless the order is not the customer's at all.
    """
    order, now_s = signed.order, plane.clock.now_s()
    with transaction(plane.engine) as connection:
        known = _same_request(connection, signed)
        if known is not None:
            return known
        customer = find_customer(connection, order.customer)
        credential = Credential(bytes(customer.credential_id), bytes(customer.public_key))
    try:
        verify_order(signed, credential, plane.genesis.customer_pages(), plane.genesis.venue, now_s)
    except HoldfastError as refusal:
        # Not the customer's word: no withdrawal is recorded in their name, only that somebody tried.
        with transaction(plane.engine) as connection:
            attempt = insert(models.failed_assertions)
            connection.execute(attempt.values(customer=order.customer, code=refusal.code, at_s=now_s))
        raise
    try:
        for check in ACCEPTANCE:
            check(plane, vault, order)
        with transaction(plane.engine) as connection:
            held = hold(
                connection,
                customer_account(order.customer),
                order.amount,
                idempotency_key=f"withdrawal:{order.customer}:{order.reference}",
                reference=order.reference,
                clock=plane.clock,
            )
            # Holding waited for everybody who holds in this account: the same order, sent twice at once, is here now.
            known = _same_request(connection, signed)
            if known is not None:
                return known
            _insert(connection, signed, now_s, held=held)
            append(connection, WithdrawalRequested(order.reference, order.encoded()), now_s)
    except HoldfastError as refusal:
        known = _record_refusal(plane, signed, refusal, now_s)
        if known is not None:
            return known
        raise
    return find_withdrawal(plane, order.reference)


def _record_refusal(
    plane: ControlPlane, signed: SignedOrder, refusal: HoldfastError, now_s: int
) -> WithdrawalView | None:
    """Record a withdrawal as refused, unless it is known by now: then it stands as it is."""
    reference = signed.order.reference
    try:
        with transaction(plane.engine) as connection:
            known = _same_request(connection, signed)
            if known is None:
                _insert(connection, signed, now_s, refusal=refusal)
                append(connection, WithdrawalRefused(reference, refusal.code, str(refusal)[:500]), now_s)
    except IntegrityError:
        # The same order came twice at once, and the other one was quicker.
        return find_withdrawal(plane, reference)
    return known


def _same_request(connection: Connection, signed: SignedOrder) -> WithdrawalView | None:
    table = models.withdrawals
    row = connection.execute(select(table).where(table.c.reference == signed.order.reference)).one_or_none()
    if row is None:
        return None
    if bytes(row.order_digest) != signed.order.digest():
        raise IdempotencyKeyReused(f"the reference {signed.order.reference[:60]!r} was used for another order")
    return withdrawal_of_row(row)


def _insert(
    connection: Connection,
    signed: SignedOrder,
    now_s: int,
    *,
    held: int | None = None,
    refusal: HoldfastError | None = None,
) -> None:
    order = signed.order
    high, low = limbs(order.amount.units)
    connection.execute(
        insert(models.withdrawals).values(
            reference=order.reference,
            customer=order.customer,
            asset=order.amount.asset,
            amount_hi=high,
            amount_lo=low,
            destination=order.destination,
            signed_order=signed.encoded(),
            order_digest=order.digest(),
            hold=held,
            state=(WithdrawalState.REFUSED if refusal else WithdrawalState.SCREENED).value,
            code=refusal.code if refusal else None,
            reason=str(refusal)[:500] if refusal else None,
            requested_at_s=now_s,
            ended_at_s=now_s if refusal else None,
        )
    )


def end_expired_withdrawals(plane: ControlPlane) -> int:
    """End the waiting withdrawals whose orders leave nobody the time to approve them; returns how many.

    The amounts go back. Each order was good for longer when it was accepted: it has waited until now.
    """
    table, now_s, ended = models.withdrawals, plane.clock.now_s(), 0
    waiting = select(table).where(table.c.state == WithdrawalState.SCREENED.value)
    with transaction(plane.engine) as connection:
        rows = connection.execute(waiting).all()
    for row in rows:
        if order_outlasts(row, now_s + least_left_s(plane)):
            continue
        code, reason = OrderExpired.code, "the customer's order ends before people could approve a payment"
        with transaction(plane.engine) as connection:
            if _end_waiting(plane, connection, row, WithdrawalState.REFUSED, code=code, reason=reason):
                append(connection, WithdrawalRefused(row.reference, code, reason), now_s)
                ended += 1
    return ended


def order_outlasts(row: Row[Any], at_s: int) -> bool:
    """Whether a withdrawal's order is good until after ``at_s``."""
    return SignedOrder.decoded(bytes(row.signed_order)).order.expires_at_s > at_s


def cancel_withdrawal(plane: ControlPlane, reference: str) -> None:
    """Give the amount back, as long as no payout has taken the withdrawal up.

    :raises WithdrawalFinal: it is being paid, or has ended.
    """
    with transaction(plane.engine) as connection:
        table = models.withdrawals
        row = connection.execute(select(table).where(table.c.reference == reference)).one_or_none()
        if row is None:
            raise WithdrawalUnknown(f"no withdrawal {reference[:60]!r}")
        if not _end_waiting(plane, connection, row, WithdrawalState.CANCELLED, code=None, reason=None):
            raise WithdrawalFinal(f"withdrawal {reference} is {row.state} and can no longer be cancelled")


def _end_waiting(
    plane: ControlPlane,
    connection: Connection,
    row: Row[Any],
    state: WithdrawalState,
    *,
    code: str | None,
    reason: str | None,
) -> bool:
    """End a withdrawal that no payout has taken up and give its amount back; False if one has meanwhile."""
    table = models.withdrawals
    changed = connection.execute(
        update(table)
        .where(table.c.reference == row.reference, table.c.state == WithdrawalState.SCREENED.value)
        .values(state=state.value, code=code, reason=reason, ended_at_s=plane.clock.now_s())
    ).rowcount
    if changed:
        void_hold(connection, row.hold, code or state.value, clock=plane.clock)
    return bool(changed)


def find_withdrawal(plane: ControlPlane, reference: str) -> WithdrawalView:
    """The withdrawal as it stands, or :class:`WithdrawalUnknown`."""
    with transaction(plane.engine) as connection:
        table = models.withdrawals
        row = connection.execute(select(table).where(table.c.reference == reference)).one_or_none()
    if row is None:
        raise WithdrawalUnknown(f"no withdrawal {reference[:60]!r}")
    return withdrawal_of_row(row)


def withdrawal_views(
    connection: Connection,
    limit: int = 200,
    *,
    after: str | None = None,
    state: WithdrawalState | None = None,
    customer: str | None = None,
) -> Iterator[WithdrawalView]:
    """The newest withdrawals (in ``state``, of ``customer``), at most ``limit``; ``after``: those that follow that one.

    :raises WithdrawalUnknown: no withdrawal ``after``.
    """
    table = models.withdrawals
    query = select(table).order_by(table.c.requested_at_s.desc(), table.c.reference.desc()).limit(limit)
    if state is not None:
        query = query.where(table.c.state == state.value)
    if customer is not None:
        query = query.where(table.c.customer == customer)
    if after is not None:
        last = connection.execute(select(table).where(table.c.reference == after)).one_or_none()
        if last is None:
            raise WithdrawalUnknown(f"no withdrawal {after[:60]!r}")
        # Written so that an index over both columns is entered at the right place.
        at_s = table.c.requested_at_s
        query = query.where(at_s <= last.requested_at_s, (at_s < last.requested_at_s) | (table.c.reference < after))
    return map(withdrawal_of_row, connection.execute(query).all())


def withdrawal_of_row(row: Row[tuple[Any, ...]]) -> WithdrawalView:
    """A withdrawal's row as shown to people."""
    return WithdrawalView(
        reference=row.reference,
        customer=row.customer,
        amount=Amount(row.asset, units(row.amount_hi, row.amount_lo)),
        destination=row.destination,
        state=WithdrawalState(row.state),
        intent=bytes(row.intent) if row.intent is not None else None,
        code=row.code,
        reason=row.reason,
        requested_at_s=row.requested_at_s,
    )
