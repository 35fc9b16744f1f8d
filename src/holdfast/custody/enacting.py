"""Carrying out what officers approved: signers adopt it first, and the control plane follows them."""

import structlog
from sqlalchemy import select, update

from holdfast.audit import RosterActivated, append, checkpoint
from holdfast.authority import Approval, FreezeOrder, RosterChange
from holdfast.custody import models
from holdfast.custody.control_plane import ControlPlane
from holdfast.custody.errors import SubjectEnded
from holdfast.custody.freezes import spread_freezes
from holdfast.custody.health import signer_health
from holdfast.custody.quorum import log_evidence
from holdfast.custody.rosters import newest_roster, record_roster
from holdfast.custody.subjects import (
    ROSTER,
    SubjectState,
    end_subject,
    find_subject,
    subject_approvals,
    subject_body,
)
from holdfast.encoding import Canonical
from holdfast.errors import HoldfastError
from holdfast.signer import (
    DelayNotElapsed,
    FreezeRequest,
    RosterProposal,
    RosterRequest,
    SignerRefused,
    SignerUnavailable,
)
from holdfast.store import transaction

log = structlog.get_logger()

ADOPTED = "adopted"

_PASSING = frozenset({DelayNotElapsed.code, SignerUnavailable.code, "log.not_consistent", "log.rolled_back"})
"""What a signer says that it will not say for ever."""


def enact_subjects(plane: ControlPlane) -> int:
    """Carry out what is approved, as far as signers do by now; returns how many proposals that ended.

    A change that waits for its delay is offered again and again; one that signers will never adopt ends with the code
    that they give. Signers that were away are handed what they missed.
    """
    refresh_roster(plane)
    table, now_s = models.subjects, plane.clock.now_s()
    with transaction(plane.engine) as connection:
        expired = update(table).where(table.c.state == SubjectState.OPEN.value, table.c.expires_at_s <= now_s)
        ended = connection.execute(
            expired.values(state=SubjectState.ENDED.value, code=SubjectEnded.code, reason="not approved in time")
        ).rowcount
        query = select(table.c.digest).where(table.c.state == SubjectState.APPROVED.value)
        approved = [bytes(digest) for digest in connection.execute(query.order_by(table.c.created_at_s)).scalars()]
    ended += sum(_enact(plane, digest) for digest in approved)
    _bring_up(plane)
    return ended


def refresh_roster(plane: ControlPlane) -> None:
    """Go by the roster that another control plane of this database may have put in force."""
    with transaction(plane.engine) as connection:
        newest = newest_roster(connection)
    if plane.in_force is not None and newest is not None and newest.version > plane.roster.version:
        plane.in_force.roster = newest


def _enact(plane: ControlPlane, digest: bytes) -> bool:
    with transaction(plane.engine) as connection:
        body, approvals = subject_body(find_subject(connection, digest)), subject_approvals(connection, digest)
    answers = {name: _hand_over(plane, name, body, approvals) for name in plane.transports}
    adopted = sum(answer == ADOPTED for answer in answers.values())
    if isinstance(body, FreezeOrder) and adopted:
        spread_freezes(plane)
        return _end(plane, digest, SubjectState.DONE)
    if isinstance(body, RosterChange) and 2 * adopted > len(plane.roster.signers):
        _activate(plane, body, digest)
        return True
    final = {answer for answer in answers.values() if answer not in _PASSING}
    if not adopted and final and not set(answers.values()) & _PASSING:
        return _end(plane, digest, SubjectState.ENDED, min(final), "the signers refuse it")
    return False


def _hand_over(
    plane: ControlPlane, name: str, body: RosterChange | FreezeOrder, approvals: tuple[Approval, ...]
) -> str:
    """Have one signer adopt it: :data:`ADOPTED`, or the code of why not."""
    try:
        plane.signer(name).call(_request(plane, name, body, approvals))
    except SignerRefused as refused:
        return refused.refusal.code
    except HoldfastError:
        return SignerUnavailable.code
    return ADOPTED


def _request(
    plane: ControlPlane, name: str, body: RosterChange | FreezeOrder, approvals: tuple[Approval, ...]
) -> Canonical:
    if isinstance(body, FreezeOrder):
        return FreezeRequest(body, approvals)
    known = plane.signer(name).status().log_size
    with transaction(plane.engine) as connection:
        note = checkpoint(connection, plane.log_signer)
        sequence = find_subject(connection, body.digest()).log_sequence
        return RosterRequest(RosterProposal(body, log_evidence(plane, connection, note, sequence, known)), approvals)


def _activate(plane: ControlPlane, change: RosterChange, digest: bytes) -> None:
    now_s = plane.clock.now_s()
    with transaction(plane.engine) as connection:
        if record_roster(connection, change.roster, now_s):
            append(connection, RosterActivated(change.roster.version, digest), now_s)
        end_subject(connection, digest, SubjectState.DONE, None, None)
        # Whatever else follows the roster that is no more can never be adopted.
        table = models.subjects
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
    """Hand signers that were away the roster changes that they missed, in turn."""
    if plane.roster == plane.genesis.roster:
        return
    behind = {
        health.name: health.status.roster_version
        for health in signer_health(plane)
        if health.status is not None and health.status.roster_version < plane.roster.version
    }
    if not behind:
        return
    table = models.subjects
    done = select(table.c.digest, table.c.body).where(table.c.kind == ROSTER, table.c.state == SubjectState.DONE.value)
    with transaction(plane.engine) as connection:
        changes = {
            change.roster.version: (change, subject_approvals(connection, change.digest()))
            for change in (RosterChange.decoded(bytes(row.body)) for row in connection.execute(done).all())
        }
    for name, version in behind.items():
        while (version := version + 1) in changes:
            answer = _hand_over(plane, name, *changes[version])
            if answer != ADOPTED:
                log.warning("custody.roster_behind", signer=name, version=version - 1, code=answer)
                break
