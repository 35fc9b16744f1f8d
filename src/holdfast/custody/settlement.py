"""Settling an approved payout: attest, check, sign, commit the signed bytes, and only then broadcast.

Each step reads the state, does its work and moves the state on, fenced, in one transaction. So a step that is run
again, after a crash or by another control plane, finds its work done or does it; it never does it twice:

- what is signed was fixed when the payout was planned; its txid does not depend on who signs;
- signed bytes are committed before anyone sees them, and recovery sends those very bytes again;
- a control plane whose payout another has taken over cannot move the state any more.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import structlog
from sqlalchemy import Connection, Row, delete, select, update

from holdfast.audit import TransactionBroadcast, TransactionSigned, WithdrawalRefused, append
from holdfast.authority import Intent, IntentExpired, SignedOrder
from holdfast.chains.bitcoin import decode_spend
from holdfast.custody import models
from holdfast.custody.cloning import set_approvals_aside, uncounted_persons
from holdfast.custody.control_plane import ControlPlane
from holdfast.custody.customers import find_customer
from holdfast.custody.drafts import newest_draft, signed_drafts, stored_plan
from holdfast.custody.errors import FenceLost, PayoutNotAwaited, SignersRefused
from holdfast.custody.facts import facts_of_intent
from holdfast.custody.payouts import find_payout, stored_approvals
from holdfast.custody.preflight import PREFLIGHT, Candidate, PreflightCheck
from holdfast.custody.quorum import Movement, sign_movement
from holdfast.custody.rosters import newest_roster
from holdfast.custody.types import PayoutState, WithdrawalState
from holdfast.custody.vaults import vault_certificate
from holdfast.errors import HoldfastError
from holdfast.keys import GroupKey
from holdfast.ledger import void_hold
from holdfast.signer import CHANGE_CHAIN, AuthenticatorCloned, RosterVersionUnknown
from holdfast.store import transaction

log = structlog.get_logger()

PASSING_CODES = frozenset(
    {
        "freeze.in_force",
        "signer.session_unknown",
        "signer.internal_fault",
        "attestation.stale",
        "screening.snapshot_stale",
        "screening.list_missing",
        "cap.exceeded",
        "cap.unsigned_exceeded",
        "policy.delay_not_elapsed",
        # A page that too much else came onto: it is proposed again.
        "proposal.unknown",
        # Of an intent made a moment ago, where the signer's clock is a little behind.
        "intent.lifetime_exceeded",
        # About other signers' letters: whoever spoils a round must not be able to end a payout with it.
        "envelope.forged",
        "envelope.misdirected",
        "keys.cheater_found",
        "keys.message_malformed",
        "signer.quorum_invalid",
    }
)
"""Refusals that pass by themselves or by a person's act: the payout stays approved and is tried again."""


def claim_payout(plane: ControlPlane, intent_digest: bytes) -> int:
    """Take a payout over: returns the fence that only this control plane's next steps carry.

    :raises PayoutNotAwaited: there is nothing to settle in its state.
    """
    with transaction(plane.engine) as connection:
        row = find_payout(connection, intent_digest, lock=True)
        if row.state not in (PayoutState.APPROVED.value, PayoutState.SIGNED.value):
            raise PayoutNotAwaited(f"the payout is {row.state}")
        fence = int(row.fence) + 1
        connection.execute(
            update(models.payouts)
            .where(models.payouts.c.intent == intent_digest)
            .values(fence=fence, claimed_by=plane.name, claimed_at_s=plane.clock.now_s())
        )
    return fence


def _advance(
    connection: Connection, intent_digest: bytes, fence: int, step: tuple[PayoutState, PayoutState], **values: object
) -> None:
    """Move the state from the first to the second of ``step``, if the fence still holds."""
    before, after = step
    table = models.payouts
    changed = connection.execute(
        update(table)
        .where(table.c.intent == intent_digest, table.c.state == before.value, table.c.fence == fence)
        .values(state=after.value, **values)
    ).rowcount
    if changed != 1:
        raise FenceLost("another control plane has taken this payout over")


def sign_payout(
    plane: ControlPlane, intent_digest: bytes, fence: int, checks: Sequence[PreflightCheck] = PREFLIGHT
) -> PayoutState:
    """Have an approved payout signed and commit the signed bytes; done before, it changes nothing.

    :raises FenceLost: another control plane took over meanwhile; what was signed here is dropped.
    :raises HoldfastError: refused, and then recorded; or undetermined, and the payout stays approved.
    """
    with transaction(plane.engine) as connection:
        row = find_payout(connection, intent_digest)
    if row.state != PayoutState.APPROVED.value:
        return PayoutState(row.state)
    candidate = candidate_for(plane, intent_digest)
    try:
        for check in checks:
            check(plane, candidate)
        _mark_asked(plane, intent_digest, fence)
        group_key = GroupKey.decoded(candidate.certificate.statement.group_key)
        signed = sign_movement(plane, candidate.movement, candidate.certificate.order, group_key)
    except HoldfastError as refusal:
        if isinstance(refusal, SignersRefused) and _is_of_an_approval(refusal):
            _ask_another(plane, intent_digest, fence, refusal)
        elif is_final(refusal):
            _refuse(plane, intent_digest, fence, refusal)
        raise
    _commit_signed(plane, candidate, fence, signed)
    return PayoutState.SIGNED


def _mark_asked(plane: ControlPlane, intent_digest: bytes, fence: int) -> None:
    """Write down that signers may have bound this intent's conflict key, before the first of them is asked."""
    with transaction(plane.engine) as connection:
        _advance(connection, intent_digest, fence, (PayoutState.APPROVED, PayoutState.APPROVED), asked=1)


def is_final(refusal: HoldfastError) -> bool:
    """Whether trying again cannot help: not for faults, absences, and refusals that pass."""
    if isinstance(refusal, SignersRefused):
        return sum(code not in PASSING_CODES for code in refusal.codes.values()) >= refusal.needed
    return refusal.exit_status != 3 and refusal.code not in PASSING_CODES


def _is_of_an_approval(refused: SignersRefused) -> bool:
    """Whether signers refuse because of how one person approved: whoever does that must not end others' payouts."""
    codes = Counter(code for code in refused.codes.values() if code not in PASSING_CODES)
    return codes.pop(AuthenticatorCloned.code, 0) > 0 and codes.total() < refused.needed


def _ask_another(plane: ControlPlane, intent_digest: bytes, fence: int, refused: SignersRefused) -> None:
    """Have a payout wait for somebody else than those whose approvals signers do not count, if that can be told.

    A fee bump is not approved anew: it is tried again as it is.
    """
    persons = uncounted_persons(plane, intent_digest, refused.needed)
    with transaction(plane.engine) as connection:
        if persons and not signed_drafts(connection, intent_digest):
            step = (PayoutState.APPROVED, PayoutState.AWAITING)
            _advance(connection, intent_digest, fence, step, code=AuthenticatorCloned.code, reason=str(refused)[:500])
            set_approvals_aside(connection, intent_digest, persons)


def movement_of(plane: ControlPlane, intent_digest: bytes) -> Movement:
    """A payout's movement as the database has it; nobody has attested it."""
    with transaction(plane.engine) as connection:
        payout = find_payout(connection, intent_digest)
        intent = Intent.decoded(bytes(payout.body))
        draft = newest_draft(connection, intent_digest)
        orders, enrolments = _orders(connection, intent_digest)
        return Movement(
            intent=intent,
            plan=stored_plan(connection, intent, plane.genesis.network, draft),
            change_path=None if draft.change_position is None else (CHANGE_CHAIN, draft.change_position),
            approvals=stored_approvals(connection, intent_digest),
            orders=orders,
            enrolments=enrolments,
            log_sequence=payout.log_sequence,
            attestation=None,
        )


def candidate_for(plane: ControlPlane, intent_digest: bytes) -> Candidate:
    """Everything that the signers will be shown, read from the database; the attestation is fresh."""
    movement = movement_of(plane, intent_digest)
    with transaction(plane.engine) as connection:
        certificate = vault_certificate(connection, movement.intent.vault)
        facts = facts_of_intent(connection, intent_digest, plane.clock.now_s())
    attestation = plane.risk.attest(intent_digest, facts)
    with transaction(plane.engine) as connection:
        connection.execute(
            update(models.payouts)
            .where(models.payouts.c.intent == intent_digest)
            .values(attestation=attestation.encoded())
        )
    return Candidate(replace(movement, attestation=attestation), certificate)


def _orders(connection: Connection, intent_digest: bytes) -> tuple[tuple[SignedOrder, ...], tuple[int, ...]]:
    table = models.withdrawals
    rows = connection.execute(
        select(table.c.signed_order, table.c.customer)
        .where(table.c.intent == intent_digest)
        .order_by(table.c.requested_at_s, table.c.reference)
    ).all()
    signed = tuple(SignedOrder.decoded(bytes(row.signed_order)) for row in rows)
    return signed, tuple(int(find_customer(connection, row.customer).enrolment_sequence) for row in rows)


def _commit_signed(plane: ControlPlane, candidate: Candidate, fence: int, signed: bytes) -> None:
    now_s, intent_digest, plan = plane.clock.now_s(), candidate.intent.digest(), candidate.movement.plan
    txid = decode_spend(plan.raw, plan.raw_previous).txid
    with transaction(plane.engine) as connection:
        _advance(connection, intent_digest, fence, (PayoutState.APPROVED, PayoutState.SIGNED), code=None, reason=None)
        connection.execute(
            update(models.drafts)
            .where(models.drafts.c.intent == intent_digest, models.drafts.c.txid == txid)
            .values(signed=signed, signed_at_s=now_s)
        )
        append(connection, TransactionSigned(intent_digest, txid, signed), now_s)


def broadcast_payout(plane: ControlPlane, intent_digest: bytes, fence: int) -> PayoutState:
    """Send the committed bytes; done before, it sends the same bytes again, which changes nothing.

    :raises BroadcastRefused: the network refuses every version; the payout stays signed for a person to look at.
    """
    with transaction(plane.engine) as connection:
        row = find_payout(connection, intent_digest)
        versions = signed_drafts(connection, intent_digest)
    if row.state not in (PayoutState.SIGNED.value, PayoutState.BROADCAST.value):
        return PayoutState(row.state)
    txid = plane.chain.broadcast(bytes(versions[0].signed))
    if row.state == PayoutState.BROADCAST.value:
        return PayoutState.BROADCAST
    with transaction(plane.engine) as connection:
        _advance(connection, intent_digest, fence, (PayoutState.SIGNED, PayoutState.BROADCAST))
        append(connection, TransactionBroadcast(intent_digest, txid), plane.clock.now_s())
    return PayoutState.BROADCAST


def _refuse(plane: ControlPlane, intent_digest: bytes, fence: int, refusal: HoldfastError) -> None:
    """End a payout that cannot be: its holds go back, its coins are free; the log says why.

    A fee bump that is refused ends only the bump: an earlier version is on its way already.
    """
    code, reason = _leading_code(refusal), str(refusal)[:500]
    with transaction(plane.engine) as connection:
        if signed_drafts(connection, intent_digest):
            step = (PayoutState.APPROVED, PayoutState.BROADCAST)
            _advance(connection, intent_digest, fence, step, code=code, reason=reason)
            return
        step = (PayoutState.APPROVED, PayoutState.REFUSED)
        _advance(connection, intent_digest, fence, step, code=code, reason=reason)
        release_payout(plane, connection, intent_digest, code, reason)


def _leading_code(refusal: HoldfastError) -> str:
    """A quorum's refusals under one code when they agree, else under the quorum's own."""
    codes = set(refusal.codes.values()) if isinstance(refusal, SignersRefused) else set()
    return codes.pop() if len(codes) == 1 else refusal.code


def expire_payouts(plane: ControlPlane) -> int:
    """End what has passed its time unsigned, or was made under a roster that is no more; returns how many payouts.

    Withdrawals whose payout no signer was asked about yet wait for the next one. The others end as refused: a
    signer may have bound their orders to the ended intent, so their customers sign anew.
    """
    table, now_s, ended = models.payouts, plane.clock.now_s(), 0
    open_states = (PayoutState.AWAITING.value, PayoutState.APPROVED.value)
    with transaction(plane.engine) as connection:
        rows = connection.execute(select(table).where(table.c.state.in_(open_states))).all()
        newest = newest_roster(connection)
    # Another control plane may have put a newer roster in force, and its payouts are of that one.
    version = max(plane.roster.version, newest.version if newest is not None else 0)
    for row in rows:
        intent = Intent.decoded(bytes(row.body))
        outdated = intent.roster_version < version
        if now_s < intent.expires_at_s and not outdated:
            continue
        code, reason = IntentExpired.code, "not signed in time"
        if outdated:
            code, reason = RosterVersionUnknown.code, f"roster {intent.roster_version} is no longer in force"
        try:
            ended += _expire(plane, row, code, reason)
        except FenceLost:
            # Somebody else moved this one on meanwhile; the others are as late as before.
            log.info("custody.expiry_raced", intent=bytes(row.intent).hex()[:16])
    return ended


def _expire(plane: ControlPlane, row: Row[Any], code: str, reason: str) -> bool:
    digest = bytes(row.intent)
    with transaction(plane.engine) as connection:
        if signed_drafts(connection, digest):
            return False
        step = (PayoutState(row.state), PayoutState.EXPIRED)
        _advance(connection, digest, row.fence, step, code=code, reason=reason)
        # Only now is it sure that nobody asks a signer any more.
        if find_payout(connection, digest).asked:
            release_payout(plane, connection, digest, code, reason)
        else:
            untie_payout(plane, connection, digest)
    return True


def untie_payout(plane: ControlPlane, connection: Connection, intent_digest: bytes) -> None:
    """Let a payout's withdrawals wait for another one: their holds stay, its coins and its own hold are free."""
    void_hold(connection, find_payout(connection, intent_digest).fee_hold, "expired", clock=plane.clock)
    connection.execute(
        update(models.withdrawals)
        .where(models.withdrawals.c.intent == intent_digest)
        .values(state=WithdrawalState.SCREENED.value, intent=None)
    )
    connection.execute(delete(models.reservations).where(models.reservations.c.intent == intent_digest))


def release_payout(plane: ControlPlane, connection: Connection, intent_digest: bytes, code: str, reason: str) -> None:
    """Void the holds of an ended payout, free its coins, and end its withdrawals as refused, each in the log."""
    table, payout, now_s = models.withdrawals, find_payout(connection, intent_digest), plane.clock.now_s()
    void_hold(connection, payout.fee_hold, code, clock=plane.clock)
    for row in connection.execute(select(table).where(table.c.intent == intent_digest)).all():
        void_hold(connection, row.hold, code, clock=plane.clock)
        append(connection, WithdrawalRefused(row.reference, code, reason), now_s)
    connection.execute(
        update(table)
        .where(table.c.intent == intent_digest)
        .values(state=WithdrawalState.REFUSED.value, code=code, reason=reason, ended_at_s=now_s)
    )
    connection.execute(delete(models.reservations).where(models.reservations.c.intent == intent_digest))
