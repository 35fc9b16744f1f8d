"""Payouts: screened withdrawals become one intent over one transaction, which people then approve.

Planning is one database transaction: the coins are reserved, the intent is fixed in the log and the withdrawals
are tied to it together, or nothing happened.
"""

import contextlib
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from holdfast.amounts import Amount
from holdfast.audit import IntentApproved, IntentFixed, append
from holdfast.authority import (
    ALLOW,
    Approval,
    Intent,
    Payment,
    QuorumNotReached,
    SignedOrder,
    outpoint_conflict_key,
    require_pages_apart,
    require_quorum,
    verify_approval,
)
from holdfast.chains.bitcoin import Coin, Output, SpendPlan, address_to_script, plan_spend
from holdfast.custody import models
from holdfast.custody.books import CAPITAL
from holdfast.custody.coins import spendable_coins
from holdfast.custody.control_plane import ControlPlane
from holdfast.custody.drafts import change_position, insert_draft
from holdfast.custody.errors import (
    CoinReserved,
    ConflictKeyUnavailable,
    PayoutEmpty,
    PayoutNotAwaited,
    PayoutTooLarge,
    PayoutUnknown,
)
from holdfast.custody.facts import facts_of_withdrawal
from holdfast.custody.types import PayoutState, PayoutView, WithdrawalState
from holdfast.custody.vaults import change_address, vault_certificate
from holdfast.custody.withdrawals import least_left_s, order_outlasts
from holdfast.ledger import hold
from holdfast.policy import Movement, PolicyDenied, Verdict, evaluate, require_floors
from holdfast.risk import decide
from holdfast.store import transaction, units

FEE_TARGET_BLOCKS = 6

MAX_EVIDENCE_BYTES = 700_000
"""The most that the inputs' transactions may come to: a signing request has to hold them all."""

MAX_BATCH = 200
"""The most withdrawals that one payout settles."""


SET_ASIDE = b""
"""What stands in the place of an approval that is no longer counted: its person is not asked about it again."""


def plan_payout(plane: ControlPlane, vault: str, references: Sequence[str] | None = None) -> Intent:
    """Fix an intent that pays waiting withdrawals of a vault, at most 200: those named, or as many as policy allows.

    :raises PayoutEmpty: nothing is waiting.
    :raises PolicyDenied: no rule allows what those named come to together, or the oldest that waits alone.
    :raises CoinReserved: another control plane took one of the coins meanwhile: plan again.
    """
    fee_rate, tip = plane.chain.fee_rate_sat_per_kvb(FEE_TARGET_BLOCKS), plane.chain.tip()
    try:
        with transaction(plane.engine) as connection:
            waiting = _waiting(plane, connection, vault, references)
            rows = _fit_together(plane, connection, waiting)
            if references is None:
                rows = _within_policy(plane, vault, rows)
            address = change_address(connection, vault)
            plan, conflict_key = _plan(plane, connection, vault, rows, address, fee_rate, tip.height)
            intent = _intent(plane, connection, vault, rows, conflict_key)
            movement_verdict(plane, intent)
            _insert(plane, connection, intent, plan, address)
            _tie(connection, rows, intent)
    except IntegrityError:
        raise CoinReserved("another payout took one of the coins meanwhile; plan again") from None
    return intent


def _waiting(
    plane: ControlPlane, connection: Connection, vault: str, references: Sequence[str] | None
) -> Sequence[Row[Any]]:
    """The oldest withdrawals that wait and whose orders leave people the time to approve a payout of them."""
    table = models.withdrawals
    asset = vault_certificate(connection, vault).order.asset
    query = select(table).where(table.c.state == WithdrawalState.SCREENED.value, table.c.asset == asset)
    if references is not None:
        query = query.where(table.c.reference.in_(references))
    lasting_s = plane.clock.now_s() + least_left_s(plane)
    ordered = connection.execute(query.order_by(table.c.requested_at_s, table.c.reference))
    rows = list(itertools.islice((row for row in ordered if order_outlasts(row, lasting_s)), MAX_BATCH))
    if not rows or (references is not None and len(rows) != len(set(references))):
        raise PayoutEmpty("no such withdrawal is waiting to be paid")
    return rows


def _fit_together(plane: ControlPlane, connection: Connection, rows: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    """The withdrawals that may share a payout: one that the risk engine does not allow goes alone, and fails alone."""
    if len(rows) == 1:
        return rows
    allowed = [
        row for row in rows if decide(facts_of_withdrawal(connection, row, plane.clock.now_s())).decision == ALLOW
    ]
    return allowed or rows[:1]


def _within_policy(plane: ControlPlane, vault: str, rows: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    """The oldest of the withdrawals that policy allows together; what would carry them past it waits for the next."""
    chosen, total = [], plane.maximum_fee
    for row in rows:
        with contextlib.suppress(PolicyDenied):
            evaluate(plane.policy, Movement(vault, row.asset, total + _amount(row), customer_signed=True))
            total += _amount(row)
            chosen.append(row)
    return chosen or rows[:1]


def _amount(row: Row[Any]) -> Amount:
    return Amount(row.asset, units(row.amount_hi, row.amount_lo))


def _plan(  # noqa: PLR0917 - one private step of planning, cut out to be read
    plane: ControlPlane,
    connection: Connection,
    vault: str,
    rows: Sequence[Row[Any]],
    returns_to: str,
    fee_rate: int,
    height: int,
) -> tuple[SpendPlan, str]:
    network = plane.genesis.network
    coins = spendable_coins(connection, vault, height - plane.confirmations + 1)
    outputs = [Output(address_to_script(row.destination, network), _amount(row).units) for row in rows]
    # A signer never lets go of a conflict key, so a coin that an abandoned intent used as one cannot serve again:
    # such a coin is spent only beside another.
    fresh = _without_conflict(connection, coins)
    if not fresh:
        raise ConflictKeyUnavailable("every spendable coin is bound to an earlier intent")
    for required in (None, fresh[0].outpoint):
        plan = plan_spend(
            coins,
            outputs,
            address_to_script(returns_to, network),
            fee_rate_sat_per_kvb=fee_rate,
            maximum_fee_sat=plane.maximum_fee.units,
            required=required,
        )
        key = next((_conflict_key(coin) for coin in plan.inputs if coin in fresh), None)
        if key is not None:
            _require_showable(plan)
            return plan, key
    raise ConflictKeyUnavailable("every coin that this payout would spend is bound to an earlier intent")


def _require_showable(plan: SpendPlan) -> None:
    size = sum(len(raw) for raw in plan.raw_previous)
    if size > MAX_EVIDENCE_BYTES:
        raise PayoutTooLarge(f"the coins come from {size} bytes of transactions; signers take {MAX_EVIDENCE_BYTES}")


def _conflict_key(coin: Coin) -> str:
    return outpoint_conflict_key(coin.outpoint.txid, coin.outpoint.vout)


def _without_conflict(connection: Connection, coins: Sequence[Coin]) -> list[Coin]:
    """The coins that were no intent's conflict key yet, in their order."""
    table = models.payouts
    dead = (PayoutState.REFUSED.value, PayoutState.EXPIRED.value)
    # A payout that ended before any signer was asked left no conflict key bound.
    query = select(table.c.conflict_key).where(
        table.c.conflict_key.in_([_conflict_key(coin) for coin in coins]),
        (table.c.asked == 1) | table.c.state.not_in(dead),
    )
    used = set(connection.execute(query).scalars())
    return [coin for coin in coins if _conflict_key(coin) not in used]


def _intent(
    plane: ControlPlane, connection: Connection, vault: str, rows: Sequence[Row[Any]], conflict_key: str
) -> Intent:
    return Intent(
        vault=vault,
        payments=tuple(Payment(_amount(row), row.destination, bytes(row.order_digest)) for row in rows),
        conflict_key=conflict_key,
        maximum_fee=plane.maximum_fee,
        expires_at_s=min(plane.clock.now_s() + plane.policy.intent_lifetime_s, *map(_order_expiry, rows)),
        committee_epoch=vault_certificate(connection, vault).order.committee_epoch,
        policy_version=plane.policy.version,
        roster_version=plane.roster.version,
        created_by=plane.name,
    )


def _order_expiry(row: Row[Any]) -> int:
    return SignedOrder.decoded(bytes(row.signed_order)).order.expires_at_s


def movement_verdict(plane: ControlPlane, intent: Intent) -> Verdict:
    """What the policy asks of an intent: the first rule that matches, or :class:`PolicyDenied`."""
    customer_signed = all(payment.order is not None for payment in intent.payments)
    return evaluate(plane.policy, Movement(intent.vault, intent.asset, intent.at_most(), customer_signed))


def _insert(plane: ControlPlane, connection: Connection, intent: Intent, plan: SpendPlan, returns_to: str) -> None:
    digest, now_s = intent.digest(), plane.clock.now_s()
    fee_hold = hold(
        connection,
        CAPITAL,
        intent.maximum_fee,
        idempotency_key=f"fee:{digest.hex()}",
        reference=digest.hex(),
        clock=plane.clock,
    )
    # The log's lock is held until the transaction ends, so that its sequence is known to the payout's own row.
    sequence = append(connection, IntentFixed(digest, intent.encoded()), now_s)
    connection.execute(
        insert(models.payouts).values(
            intent=digest,
            body=intent.encoded(),
            vault=intent.vault,
            conflict_key=intent.conflict_key,
            log_sequence=sequence,
            state=PayoutState.AWAITING.value,
            fence=0,
            fee_hold=fee_hold,
            asked=0,
            created_at_s=now_s,
        )
    )
    insert_draft(connection, digest, plan, change_position(connection, plan, returns_to))
    for coin in plan.inputs:
        connection.execute(
            insert(models.reservations).values(txid=coin.outpoint.txid, vout=coin.outpoint.vout, intent=digest)
        )


def _tie(connection: Connection, rows: Sequence[Row[Any]], intent: Intent) -> None:
    table = models.withdrawals
    tied = connection.execute(
        update(table)
        .where(table.c.reference.in_([row.reference for row in rows]), table.c.state == WithdrawalState.SCREENED.value)
        .values(state=WithdrawalState.BATCHED.value, intent=intent.digest())
    ).rowcount
    if tied != len(rows):
        raise CoinReserved("another control plane took up one of the withdrawals meanwhile; plan again")


def approve_payout(plane: ControlPlane, intent_digest: bytes, approval: Approval) -> PayoutState:
    """Take a person's approval; the payout is approved once as many distinct persons agree as policy and floors ask.

    A person approving again changes nothing, nor does one whose approval was set aside.

    :raises AuthorityError: the approval is not this person's, for this intent, on a signer's page, user verified.
    :raises PageShared: somebody else approved on this page: another signer's is due.
    :raises PayoutNotAwaited: the payout no longer waits for approvals.
    """
    now_s = plane.clock.now_s()
    with transaction(plane.engine) as connection:
        row = find_payout(connection, intent_digest, lock=True)
        intent = Intent.decoded(bytes(row.body))
        intent.require_unexpired(now_s)
        role = movement_verdict(plane, intent).role
        facts = verify_approval(approval, plane.roster, intent_digest, role)
        table, given = models.approvals, stored_approvals(connection, intent_digest)
        persons = select(table.c.person).where(table.c.intent == intent_digest)
        if approval.person in connection.execute(persons).scalars():
            return PayoutState(row.state)
        if row.state != PayoutState.AWAITING.value:
            raise PayoutNotAwaited(f"the payout is {row.state}; it no longer waits for approvals")
        page_of = {each.person: verify_approval(each, plane.roster, intent_digest, role).origin for each in given}
        page_of[facts.person] = facts.origin
        require_pages_apart(page_of, plane.roster, len(page_of))
        connection.execute(
            insert(table).values(intent=intent_digest, person=approval.person, approval=approval.encoded(), at_s=now_s)
        )
        reached = _quorum_reached(plane, intent, stored_approvals(connection, intent_digest))
        state = PayoutState.APPROVED if reached else PayoutState.AWAITING
        connection.execute(
            update(models.payouts)
            .where(models.payouts.c.intent == intent_digest, models.payouts.c.state == PayoutState.AWAITING.value)
            .values(state=state.value)
        )
        append(connection, IntentApproved(intent_digest, approval.person), now_s)
    return state


def require_approved_by(plane: ControlPlane, intent: Intent, approvals: tuple[Approval, ...]) -> None:
    """Require as many distinct persons' approvals as policy and floors ask for.

    :raises AuthorityError: too few, or one of them does not hold.
    """
    verdict = movement_verdict(plane, intent)
    persons = require_floors(plane.genesis.floors, intent.at_most(), verdict.approvals)
    require_quorum(approvals, plane.roster, intent.digest(), verdict.role, persons)


def _quorum_reached(plane: ControlPlane, intent: Intent, approvals: tuple[Approval, ...]) -> bool:
    try:
        require_approved_by(plane, intent, approvals)
    except QuorumNotReached:
        return False
    return True


def stored_approvals(connection: Connection, intent_digest: bytes) -> tuple[Approval, ...]:
    """The approvals given so far and counted, in the order of time."""
    table = models.approvals
    rows = connection.execute(
        select(table.c.approval)
        .where(table.c.intent == intent_digest, table.c.approval != SET_ASIDE)
        .order_by(table.c.at_s, table.c.person)
    )
    return tuple(Approval.decoded(bytes(row.approval)) for row in rows)


def set_aside_persons(connection: Connection, intent_digest: bytes) -> tuple[str, ...]:
    """Whose approvals of a payout are no longer counted."""
    table = models.approvals
    theirs = (table.c.intent == intent_digest) & (table.c.approval == SET_ASIDE)
    return tuple(connection.execute(select(table.c.person).where(theirs).order_by(table.c.person)).scalars())


def find_payout(connection: Connection, intent_digest: bytes, *, lock: bool = False) -> Row[Any]:
    """The payout's row (``lock``: kept from other writers until the transaction ends), or :class:`PayoutUnknown`."""
    query = select(models.payouts).where(models.payouts.c.intent == intent_digest)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise PayoutUnknown(f"no payout {intent_digest.hex()[:16]}")
    return row


def payout_view(connection: Connection, intent_digest: bytes) -> PayoutView:
    """The payout as shown to people."""
    return _view(connection, find_payout(connection, intent_digest))


def payout_views(connection: Connection, limit: int = 200, *, after: bytes | None = None) -> Iterator[PayoutView]:
    """The newest payouts, at most ``limit``; with ``after``, an intent's digest, those that follow it in the list.

    :raises PayoutUnknown: no payout ``after``.
    """
    table = models.payouts
    query = select(table).order_by(table.c.created_at_s.desc(), table.c.intent.desc()).limit(limit)
    if after is not None:
        last = find_payout(connection, after)
        # Written so that an index over both columns is entered at the right place.
        at_s = table.c.created_at_s
        query = query.where(at_s <= last.created_at_s, (at_s < last.created_at_s) | (table.c.intent < after))
    return (_view(connection, row) for row in connection.execute(query).all())


def _view(connection: Connection, row: Row[Any]) -> PayoutView:
    intent, digest = Intent.decoded(bytes(row.body)), bytes(row.intent)
    drafts = models.drafts
    txid = connection.execute(
        select(drafts.c.txid)
        .where(drafts.c.intent == digest, drafts.c.signed.is_not(None))
        .order_by(drafts.c.height.is_(None), drafts.c.fee_sat.desc())
        .limit(1)
    ).scalar()
    return PayoutView(
        intent=digest,
        vault=intent.vault,
        state=PayoutState(row.state),
        total=intent.total(),
        at_most=intent.at_most(),
        payments=len(intent.payments),
        customer_signed=all(payment.order is not None for payment in intent.payments),
        created_at_s=row.created_at_s,
        expires_at_s=intent.expires_at_s,
        approved_by=tuple(approval.person for approval in stored_approvals(connection, digest)),
        txid=txid,
        code=row.code,
        reason=row.reason,
    )
