"""Between the signers' pages and the books: what waits is shown to every signer, what people approved there comes back.

The control plane believes none of it: each approval is verified here, and by every signer again.
"""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import structlog
from sqlalchemy import select

from holdfast.audit import checkpoint
from holdfast.authority import (
    MAX_APPROVALS,
    Approval,
    AssertionMalformed,
    FreezeLift,
    Intent,
    RosterChange,
)
from holdfast.custody import models
from holdfast.custody.asking import ask_approvals
from holdfast.custody.control_plane import ControlPlane
from holdfast.custody.errors import PayoutNotAwaited, SubjectEnded
from holdfast.custody.payouts import approve_payout, set_aside_persons, stored_approvals
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
    KnownApprovals,
    LiftProposal,
    RosterProposal,
    SignerRefused,
    SignerUnavailable,
)
from holdfast.store import transaction

log = structlog.get_logger()

MAX_SUBJECTS = 200
"""How many subjects a signer is asked about in a round: officers' first, then the oldest payouts."""

MAX_OFFICERS_SUBJECTS = 100
"""How many of them are officers' at most, so that payouts are never left out."""

MAX_SUBJECTS_ASKED = 25
"""How many subjects one request is about at most."""

MAX_ASKED_BYTES = 400_000
"""The most that approvals in one request come to."""

BUDGET_S = 10.0
"""How long one signer can keep a round: whatever it answers, the others have their turn."""


@dataclass(frozen=True)
class Collected:
    """What came of asking: approvals taken in, and which signer would not show what, with its code."""

    approvals: int
    refused: dict[tuple[str, bytes], str] = field(default_factory=dict)


def collect_approvals(plane: ControlPlane) -> Collected:
    """Show every signer what waits, and take in the approvals given on their pages."""
    waiting = _waiting(plane)
    taken, refused = 0, {}
    for name in plane.transports:
        until_s = time.monotonic() + BUDGET_S
        try:
            for asked in _requests(waiting):
                held = ask_approvals(plane, name, asked)
                for subject in dict.fromkeys(held.unknown):
                    _require_time(name, until_s)
                    code = _propose(plane, name, subject, waiting[subject].body)
                    if code is not None:
                        refused[name, subject] = code
                for subject, approval in _given_on_page(plane, name, held):
                    _require_time(name, until_s)
                    taken += _take_in(plane, subject, waiting, approval)
        except (SignerUnavailable, SignerRefused) as fault:
            log.info("custody.page_unreachable", signer=name, code=fault.code)
    _tell_enough(plane, {subject: each for subject, each in waiting.items() if each.is_enough})
    return Collected(taken, refused)


def _require_time(name: str, until_s: float) -> None:
    if time.monotonic() > until_s:
        raise SignerUnavailable(f"{name} took longer than {BUDGET_S} s of a round")


def _given_on_page(plane: ControlPlane, name: str, held: ApprovalsHeld) -> Iterator[tuple[bytes, Approval]]:
    """What a signer shows of its own page, each person once a subject.

    Every signer speaks for its own page alone: one in the wrong hands that showed an approval for another's page would
    keep out whoever uses that page in truth.
    """
    own, seen = plane.roster.signer(name).origin, set()
    for found in held.held:
        for approval in found.approvals[:MAX_APPROVALS]:
            place = (found.subject, approval.person)
            if place not in seen and _claims(approval, own):
                seen.add(place)
                yield found.subject, approval


def _claims(approval: Approval, origin: str) -> bool:
    try:
        return approval.assertion.claimed_origin() == origin
    except AssertionMalformed:
        return False


def _tell_enough(plane: ControlPlane, done: dict[bytes, "_Waiting"]) -> None:
    """Show every signer that these have enough approvals, so that no page asks anybody any more."""
    for name in plane.transports:
        with contextlib.suppress(SignerUnavailable, SignerRefused):
            for asked in _requests(done):
                ask_approvals(plane, name, asked)


@dataclass
class _Waiting:
    body: Intent | RosterChange | FreezeLift
    approvals: tuple[Approval, ...]
    set_aside: tuple[str, ...] = ()
    is_enough: bool = False


def _waiting(plane: ControlPlane) -> dict[bytes, _Waiting]:
    table, now_s, found = models.payouts, plane.clock.now_s(), {}
    awaited = select(table.c.intent, table.c.body).where(table.c.state == PayoutState.AWAITING.value)
    with transaction(plane.engine) as connection:
        # Payouts come in any number; whoever floods them must not keep a removal or a lift from the pages.
        for row in open_subjects(connection, now_s)[:MAX_OFFICERS_SUBJECTS]:
            digest = bytes(row.digest)
            found[digest] = _Waiting(subject_body(row), subject_approvals(connection, digest))
        payouts = awaited.order_by(table.c.created_at_s).limit(MAX_SUBJECTS - len(found))
        for intent, body in connection.execute(payouts).all():
            digest = bytes(intent)
            given, set_aside = stored_approvals(connection, digest), set_aside_persons(connection, digest)
            found[digest] = _Waiting(Intent.decoded(bytes(body)), given, set_aside)
    return found


def _requests(waiting: dict[bytes, _Waiting]) -> Iterator[ApprovalsRequest]:
    """Requests about all that waits, each of a size that a signer takes and can answer."""
    known: list[KnownApprovals] = []
    size = 0
    for subject, each in waiting.items():
        needed = sum(len(approval.encoded()) for approval in each.approvals)
        if known and (len(known) == MAX_SUBJECTS_ASKED or size + needed > MAX_ASKED_BYTES):
            yield ApprovalsRequest(tuple(known))
            known, size = [], 0
        known.append(KnownApprovals(subject, each.approvals, each.set_aside))
        size += needed
    if known:
        yield ApprovalsRequest(tuple(known))


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
    with transaction(plane.engine) as connection:
        stored = (stored_approvals if isinstance(each.body, Intent) else subject_approvals)(connection, subject)
    # Of whose approval was set aside, none is stored again: signers told of one would ask nobody else.
    if approval not in stored:
        return False
    each.approvals = stored
    each.is_enough = state in (PayoutState.APPROVED, SubjectState.APPROVED)
    return True


def _propose(plane: ControlPlane, name: str, subject: bytes, body: Intent | RosterChange | FreezeLift) -> str | None:
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


def _proposal(plane: ControlPlane, name: str, subject: bytes, body: Intent | RosterChange | FreezeLift) -> Canonical:
    if isinstance(body, FreezeLift):
        with transaction(plane.engine) as connection:
            return LiftProposal(body, find_subject(connection, subject).expires_at_s)
    known = plane.signer(name).status().log_size
    with transaction(plane.engine) as connection:
        note = checkpoint(connection, plane.log_signer)
        if isinstance(body, RosterChange):
            sequence = find_subject(connection, subject).log_sequence
            return RosterProposal(body, log_evidence(plane, connection, note, sequence, known))
    movement = movement_of(plane, subject)
    return IntentProposal.of(request_for(plane, movement, (), b"", note=note, cosigned_size=known))
