"""Carrying out what officers approved: signers come first, and the control plane follows them.

A roster change is offered to signers until so many are ready for it that no other can be; their letters are kept with
the roster, and bring every other signer to it, whenever it answers. While signers may be ready for one roster, no other
is offered. What a minority of signers says neither carries out nor ends what officers approved.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import structlog
from sqlalchemy import select, update

from holdfast.audit import RosterActivated, append, checkpoint
from holdfast.authority import (
    EVERYONE,
    Approval,
    Envelope,
    FreezeLift,
    Header,
    QuorumNotReached,
    RosterChange,
    RosterChangeExpired,
    open_envelope,
    roster_difference,
)
from holdfast.custody import models
from holdfast.custody.control_plane import ControlPlane
from holdfast.custody.errors import SubjectEnded
from holdfast.custody.freezes import record_lift, spread_freezes
from holdfast.custody.health import signer_health
from holdfast.custody.quorum import log_evidence
from holdfast.custody.rosters import adoptions_after, newest_roster, record_roster
from holdfast.custody.subjects import (
    LIFT,
    ROSTER,
    SubjectState,
    end_subject,
    find_subject,
    note_offered,
    standing_approvals,
    subject_approvals,
    subject_body,
)
from holdfast.errors import HoldfastError
from holdfast.signer import (
    DelayNotElapsed,
    Frozen,
    LiftRequest,
    RosterAdoption,
    RosterProposal,
    RosterReady,
    RosterRequest,
    SignerInternalFault,
    SignerRefused,
    SignerUnavailable,
    majority,
    ready_quorum,
)
from holdfast.store import transaction

log = structlog.get_logger()

_PASSING = frozenset(
    {
        DelayNotElapsed.code,
        Frozen.code,
        SignerInternalFault.code,
        SignerUnavailable.code,
        # Of a signer that has cosigned more, or less, of the log than was shown; and of one whose time is a bit off.
        "log.not_consistent",
        "log.rolled_back",
        # Of a signer that is behind, and is brought up below.
        "roster.succession_invalid",
    }
)
"""What a signer says that it will not say for ever."""

Said = TypeVar("Said")


def enact_subjects(plane: ControlPlane) -> int:
    """Carry out what is approved, as far as signers do by now; returns how many proposals that ended.

    A change that waits for its delay is offered again and again; one that signers will never be ready for ends with the
    code that they give. Signers that were away are handed what they missed.
    """
    refresh_roster(plane)
    ended = _end_expired(plane)
    _bring_up(plane)
    for digest in _approved(plane, LIFT):
        ended += _enact_lift(plane, digest)
    return ended + _enact_rosters(plane)


def refresh_roster(plane: ControlPlane) -> None:
    """Go by the roster that another control plane of this database may have put in force."""
    with transaction(plane.engine) as connection:
        newest = newest_roster(connection)
    if plane.in_force is not None and newest is not None and newest.version > plane.roster.version:
        plane.in_force.roster = newest


def _end_expired(plane: ControlPlane) -> int:
    table, now_s = models.subjects, plane.clock.now_s()
    expired = update(table).where(table.c.state == SubjectState.OPEN.value, table.c.expires_at_s <= now_s)
    ended = {"state": SubjectState.ENDED.value, "code": SubjectEnded.code, "reason": "not approved in time"}
    with transaction(plane.engine) as connection:
        return connection.execute(expired.values(ended)).rowcount


def _approved(plane: ControlPlane, kind: str) -> list[bytes]:
    table = models.subjects
    query = select(table.c.digest).where(table.c.state == SubjectState.APPROVED.value, table.c.kind == kind)
    with transaction(plane.engine) as connection:
        rows = connection.execute(query.order_by(table.c.created_at_s, table.c.digest)).scalars()
        return [bytes(digest) for digest in rows]


def _answer(name: str, ask: Callable[[], Said]) -> Said | str:
    """What a signer says, or the code of why it does not; whatever is wrong with one, the others are asked too."""
    try:
        return ask()
    except SignerRefused as refused:
        return refused.refusal.code
    except HoldfastError:
        return SignerUnavailable.code
    # Its answer may be anything at all; a fault of ours shows in every other use of the database.
    except Exception as fault:  # noqa: BLE001
        log.warning("custody.signer_answer_odd", signer=name, fault=type(fault).__name__)
        return SignerUnavailable.code


def _enact_lift(plane: ControlPlane, digest: bytes) -> bool:
    with transaction(plane.engine) as connection:
        body, approvals = subject_body(find_subject(connection, digest)), standing_approvals(plane, connection, digest)
    if not isinstance(body, FreezeLift):
        return False
    try:
        record_lift(plane, LiftRequest(body, approvals))
    except QuorumNotReached:
        # Somebody whose word it was has left since: others may add theirs.
        return not _end(plane, digest, SubjectState.OPEN)
    spread_freezes(plane)
    return _end(plane, digest, SubjectState.DONE)


def _enact_rosters(plane: ControlPlane) -> int:
    """Offer changes in turn, until signers may be ready for a roster; from then on only that one, in whichever change.

    A signer is ready for one roster a version, for ever: two that some are ready for would both come to nothing.
    """
    needed, held, ended = ready_quorum(len(plane.roster.signers)), None, 0
    for digest, change in _roster_changes(plane):
        if held is not None and change.roster != held:
            continue
        ready, codes = _offer(plane, digest, change)
        if len(ready) >= needed:
            _activate(plane, RosterAdoption(change, ready))
            _bring_up(plane)
            return ended + 1
        ended += _end_if_refused(plane, digest, codes)
        # Whoever gave no letter, and no refusal either, may be ready all the same: its answer was lost.
        if len(codes) - codes.count(SignerUnavailable.code) < needed:
            held = change.roster
        else:
            with transaction(plane.engine) as connection:
                note_offered(connection, digest, None)
    return ended


def _roster_changes(plane: ControlPlane) -> list[tuple[bytes, RosterChange]]:
    """What is approved, as it is offered: first what signers may be ready for, then what only takes away."""
    found: list[tuple[bool, bool, bytes, RosterChange]] = []
    for digest in _approved(plane, ROSTER):
        with transaction(plane.engine) as connection:
            row = find_subject(connection, digest)
        change = subject_body(row)
        if isinstance(change, RosterChange):
            weakens = roster_difference(plane.roster, change.roster).weakens()
            found.append((row.offered_at_s is None, weakens, digest, change))
    # Stable: of two that are alike, the one that was proposed first.
    return [(digest, change) for _, _, digest, change in sorted(found, key=lambda each: each[:2])]


def _offer(plane: ControlPlane, digest: bytes, change: RosterChange) -> tuple[tuple[Envelope, ...], list[str]]:
    """Ask every signer for its letter: the letters, and the codes of those who gave none."""
    with transaction(plane.engine) as connection:
        note_offered(connection, digest, plane.clock.now_s())
        sequence, approvals = find_subject(connection, digest).log_sequence, subject_approvals(connection, digest)
    answers: dict[str, Envelope | str] = {}

    def ask(name: str) -> None:
        ready = tuple(answer for answer in answers.values() if isinstance(answer, Envelope))
        answers[name] = _answer(name, partial(_ready, plane, name, change, sequence, approvals, ready))

    for name in plane.transports:
        ask(name)
    # Asked before the others had shown that they were ready in time.
    for name in [name for name, answer in answers.items() if answer == RosterChangeExpired.code]:
        ask(name)
    ready = tuple(answer for answer in answers.values() if isinstance(answer, Envelope))
    return ready, [answer for answer in answers.values() if isinstance(answer, str)]


def _ready(  # noqa: PLR0917 - what one letter takes
    plane: ControlPlane,
    name: str,
    change: RosterChange,
    sequence: int,
    approvals: tuple[Approval, ...],
    ready: Sequence[Envelope],
) -> Envelope:
    """One signer's letter that it is ready for the change, opened once to see that it is.

    :raises SignerRefused: why it is not; a signer that has to show the change first has been handed it.
    """
    client, known = plane.signer(name), plane.signer(name).status().log_size
    with transaction(plane.engine) as connection:
        note = checkpoint(connection, plane.log_signer)
        proposal = RosterProposal(change, log_evidence(plane, connection, note, sequence, known))
    try:
        (letter,) = client.call(RosterRequest(proposal, approvals, tuple(ready)))
    except SignerRefused as refused:
        if refused.refusal.code == DelayNotElapsed.code:
            # Its delay runs from when it is shown there.
            client.call(proposal)
        raise
    roster = change.roster.digest()
    body = RosterReady.decoded(open_envelope(letter, plane.roster, Header(name, EVERYONE, roster, 0, 0)))
    if body != RosterReady(roster, change.roster.version):
        raise SignerUnavailable(f"{name} is ready for something else")
    return letter


def _end_if_refused(plane: ControlPlane, digest: bytes, codes: Sequence[str]) -> bool:
    """End what a majority of signers will never do: fewer may all be in the wrong hands."""
    final = Counter(code for code in sorted(codes) if code not in _PASSING)
    if final.total() < majority(len(plane.roster.signers)):
        return False
    ((code, _),) = final.most_common(1)
    return _end(plane, digest, SubjectState.ENDED, code, "the signers refuse it")


def _activate(plane: ControlPlane, adoption: RosterAdoption) -> None:
    now_s, change, table = plane.clock.now_s(), adoption.change, models.subjects
    with transaction(plane.engine) as connection:
        if record_roster(connection, adoption, now_s):
            append(connection, RosterActivated(change.roster.version, change.digest()), now_s)
        end_subject(connection, change.digest(), SubjectState.DONE, None, None)
        # Whatever else follows the roster that is no more can never be adopted.
        states = (SubjectState.OPEN.value, SubjectState.APPROVED.value)
        others = update(table).where(table.c.kind == ROSTER, table.c.state.in_(states))
        connection.execute(
            others.values(
                state=SubjectState.ENDED.value,
                code="roster.succession_invalid",
                reason=f"roster {change.roster.version} came into force by another change",
            )
        )
    if plane.in_force is not None:
        plane.in_force.roster = change.roster


def _end(
    plane: ControlPlane, digest: bytes, state: SubjectState, code: str | None = None, reason: str | None = None
) -> bool:
    with transaction(plane.engine) as connection:
        end_subject(connection, digest, state, code, reason)
    return True


def _bring_up(plane: ControlPlane) -> None:
    """Hand signers the rosters that they missed, in turn, each with the letters that put it in force."""
    if plane.roster.version == plane.genesis.roster.version:
        return
    for health in signer_health(plane):
        if health.status is None or health.status.roster_version >= plane.roster.version:
            continue
        with transaction(plane.engine) as connection:
            missed = adoptions_after(connection, health.status.roster_version)
        code = _answer(health.name, partial(_hand_over, plane, health.name, missed))
        if code is not None:
            log.warning("custody.roster_behind", signer=health.name, code=code)


def _hand_over(plane: ControlPlane, name: str, missed: Sequence[RosterAdoption]) -> None:
    for adoption in missed:
        plane.signer(name).call(adoption)
