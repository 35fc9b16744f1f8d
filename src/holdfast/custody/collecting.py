"""Between the signers' pages and the books: what waits is shown to every signer, what people approved there comes back.

The control plane believes none of it: each approval is verified here, and by every signer again.
"""

import contextlib
from dataclasses import dataclass, field

import structlog
from sqlalchemy import select

from holdfast.audit import checkpoint
from holdfast.authority import EVERYONE, Approval, FreezeOrder, Header, Intent, RosterChange, open_envelope
from holdfast.custody import models
from holdfast.custody.control_plane import ControlPlane
from holdfast.custody.errors import PayoutNotAwaited, SubjectEnded
from holdfast.custody.payouts import approve_payout, stored_approvals
from holdfast.custody.quorum import log_evidence, request_for
from holdfast.custody.settlement import movement_of
from holdfast.custody.subjects import (
    SubjectState,
    approve_subject,
    find_subject,
    open_subjects,
    subject_approvals,
    subject_body,
)
from holdfast.custody.types import PayoutState
from holdfast.encoding import Canonical
from holdfast.errors import HoldfastError
from holdfast.signer import (
    ApprovalsHeld,
    ApprovalsRequest,
    IntentProposal,
    LiftProposal,
    RosterProposal,
    SignerRefused,
    SignerUnavailable,
    SubjectApprovals,
)
from holdfast.store import transaction

log = structlog.get_logger()

MAX_SUBJECTS = 200
"""How many subjects a signer is asked about at a time: the oldest first."""


@dataclass(frozen=True)
class Collected:
    """What came of asking: approvals taken in, and which signer would not show what, with its code."""

    approvals: int
    refused: dict[tuple[str, bytes], str] = field(default_factory=dict)


def collect_approvals(plane: ControlPlane) -> Collected:
    """Show every signer what waits, and take in the approvals given on their pages."""
    waiting = _waiting(plane)
    if not waiting:
        return Collected(0)
    taken, refused = 0, {}
    for name in plane.transports:
        try:
            held = _ask(plane, name, waiting)
            for subject in held.unknown:
                code = _propose(plane, name, subject, waiting[subject].body)
                if code is not None:
                    refused[name, subject] = code
        except (SignerUnavailable, SignerRefused) as fault:
            log.info("custody.page_unreachable", signer=name, code=fault.code)
            continue
        for found in held.held:
            taken += sum(_take_in(plane, found.subject, waiting, each) for each in found.approvals)
    _tell_enough(plane, {subject: each for subject, each in waiting.items() if each.is_enough})
    return Collected(taken, refused)


def _tell_enough(plane: ControlPlane, done: dict[bytes, "_Waiting"]) -> None:
    """Show every signer that these have enough approvals, so that no page asks anybody any more."""
    if not done:
        return
    for name in plane.transports:
        with contextlib.suppress(SignerUnavailable, SignerRefused):
            _ask(plane, name, done)


@dataclass
class _Waiting:
    body: Intent | RosterChange | FreezeOrder
    approvals: tuple[Approval, ...]
    is_enough: bool = False


def _waiting(plane: ControlPlane) -> dict[bytes, _Waiting]:
    table, now_s = models.payouts, plane.clock.now_s()
    awaited = select(table.c.intent, table.c.body).where(table.c.state == PayoutState.AWAITING.value)
    with transaction(plane.engine) as connection:
        payouts = connection.execute(awaited.order_by(table.c.created_at_s).limit(MAX_SUBJECTS)).all()
        found = {
            bytes(row.intent): _Waiting(
                Intent.decoded(bytes(row.body)), stored_approvals(connection, bytes(row.intent))
            )
            for row in payouts
        }
        for row in open_subjects(connection, now_s)[: MAX_SUBJECTS - len(found)]:
            digest = bytes(row.digest)
            found[digest] = _Waiting(subject_body(row), subject_approvals(connection, digest))
    return found


def _ask(plane: ControlPlane, name: str, waiting: dict[bytes, _Waiting]) -> ApprovalsHeld:
    asked = ApprovalsRequest(tuple(SubjectApprovals(subject, each.approvals) for subject, each in waiting.items()))
    try:
        (letter,) = plane.signer(name).call(asked)
        place = Header(name, EVERYONE, asked.digest(), 0, 0)
        held = ApprovalsHeld.decoded(open_envelope(letter, plane.roster, place))
    except SignerRefused:
        raise
    except (HoldfastError, ValueError):
        raise SignerUnavailable(f"{name} gave no valid answer") from None
    named = [found.subject for found in held.held] + list(held.unknown)
    if not set(named) <= set(waiting):
        raise SignerUnavailable(f"{name} answered what was not asked")
    return held


def _take_in(plane: ControlPlane, subject: bytes, waiting: dict[bytes, _Waiting], approval: Approval) -> bool:
    each = waiting[subject]
    if any(known.person == approval.person for known in each.approvals):
        return False
    try:
        state = (approve_payout if isinstance(each.body, Intent) else approve_subject)(plane, subject, approval)
    except (PayoutNotAwaited, SubjectEnded):
        return False
    except HoldfastError as refusal:
        log.warning("custody.approval_refused", subject=subject.hex()[:16], person=approval.person, code=refusal.code)
        return False
    each.approvals = (*each.approvals, approval)
    each.is_enough = state in (PayoutState.APPROVED, SubjectState.APPROVED)
    return True


def _propose(plane: ControlPlane, name: str, subject: bytes, body: Intent | RosterChange | FreezeOrder) -> str | None:
    """Propose to a signer what it does not know; the code of its refusal, or of what is wrong with it here."""
    try:
        plane.signer(name).call(_proposal(plane, name, subject, body))
    except SignerUnavailable:
        raise
    except HoldfastError as fault:
        code = fault.refusal.code if isinstance(fault, SignerRefused) else fault.code
        log.info("custody.not_shown", signer=name, subject=subject.hex()[:16], code=code)
        return code
    return None


def _proposal(plane: ControlPlane, name: str, subject: bytes, body: Intent | RosterChange | FreezeOrder) -> Canonical:
    if isinstance(body, FreezeOrder):
        with transaction(plane.engine) as connection:
            return LiftProposal(body, find_subject(connection, subject).expires_at_s)
    known = plane.signer(name).status().log_size
    with transaction(plane.engine) as connection:
        note = checkpoint(connection, plane.log_signer)
        if isinstance(body, RosterChange):
            sequence = find_subject(connection, subject).log_sequence
            return RosterProposal(body, log_evidence(plane, connection, note, sequence, known))
    asked = request_for(plane, movement_of(plane, subject), (), b"", note=note, cosigned_size=known)
    return IntentProposal(
        intent=asked.intent,
        transaction=asked.transaction,
        previous_transactions=asked.previous_transactions,
        input_paths=asked.input_paths,
        change_path=asked.change_path,
        orders=asked.orders,
        log=asked.log,
    )
