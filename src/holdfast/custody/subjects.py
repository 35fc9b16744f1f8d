"""What officers are asked besides payouts: to change the roster, to lift a freeze. Proposed, approved, carried out."""

import contextlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from holdfast.audit import RosterChangeProposed, SubjectApproved, append
from holdfast.authority import (
    MAX_LIFTED,
    OFFICER,
    Approval,
    AuthorityError,
    FreezeLift,
    FreezeOrder,
    QuorumNotReached,
    Roster,
    RosterChange,
    require_pages_apart,
    require_quorum,
    require_roster_possible,
    verify_approval,
)
from holdfast.custody import models
from holdfast.custody.control_plane import ControlPlane
from holdfast.custody.errors import FreezeNotShown, SubjectEnded, SubjectUnknown
from holdfast.custody.freezes import standing_freezes
from holdfast.store import transaction

LIFE_S = 7 * 86_400
"""How long officers have to approve."""

ROSTER, LIFT = "roster", "lift"


class SubjectState(StrEnum):
    """Where a proposal to officers stands."""

    OPEN = "open"
    APPROVED = "approved"
    """Enough officers agree; signers are being told, or a delay runs."""
    DONE = "done"
    ENDED = "ended"


@dataclass(frozen=True)
class SubjectView:
    """A proposal to officers, as shown to people: ``body`` is what is proposed."""

    digest: bytes
    kind: str
    body: RosterChange | FreezeLift
    state: SubjectState
    created_by: str
    created_at_s: int
    expires_at_s: int
    approved_by: tuple[str, ...]
    persons: int
    code: str | None
    reason: str | None


def propose_roster(plane: ControlPlane, roster: Roster, reason: str, created_by: str) -> RosterChange:
    """Ask the officers for the next roster; the log has it from now on, and its delay begins.

    :raises AuthorityError: it does not follow the roster in force, or says nothing.
    """
    now_s = plane.clock.now_s()
    change = RosterChange(plane.genesis.digest(), roster, reason, now_s + LIFE_S)
    require_roster_possible(change, plane.roster, plane.genesis.digest())
    with transaction(plane.engine) as connection:
        known = select(models.subjects.c.digest).where(models.subjects.c.digest == change.digest())
        if connection.execute(known).one_or_none() is not None:
            return change
        sequence = append(connection, RosterChangeProposed(change.digest(), change.encoded()), now_s)
        _insert(connection, ROSTER, change, created_by, now_s, sequence)
    return change


def propose_lift(plane: ControlPlane, reason: str, created_by: str) -> FreezeLift:
    """Ask the officers to lift the freezes that stand: those of the log first, :data:`MAX_LIFTED` at most.

    :raises FreezeNotShown: the log has none, and no signer that answers shows one.
    """
    freezes = standing_freezes(plane)[:MAX_LIFTED]
    if not freezes:
        raise FreezeNotShown("no signer that answers shows a freeze that could be lifted")
    lift = FreezeLift(plane.genesis.digest(), tuple(sorted(freezes, key=FreezeOrder.digest)), reason)
    table, now_s = models.subjects, plane.clock.now_s()
    with transaction(plane.engine) as connection:
        known = connection.execute(select(table.c.digest).where(table.c.digest == lift.digest())).one_or_none()
        if known is None:
            _insert(connection, LIFT, lift, created_by, now_s, None)
        else:
            # The same words again: not approved in time, or by somebody whose word no longer counts. They wait anew,
            # with the approvals that still hold.
            over = (SubjectState.ENDED.value, SubjectState.DONE.value)
            ended = update(table).where(table.c.digest == lift.digest(), table.c.state.in_(over))
            state = _state_with(plane, standing_approvals(plane, connection, lift.digest()), lift.digest())
            opened = {"state": state.value, "expires_at_s": now_s + LIFE_S, "code": None, "reason": None}
            connection.execute(ended.values(opened))
    return lift


def _insert(  # noqa: PLR0917 - one row
    connection: Connection,
    kind: str,
    body: RosterChange | FreezeLift,
    created_by: str,
    now_s: int,
    sequence: int | None,
) -> None:
    connection.execute(
        insert(models.subjects).values(
            digest=body.digest(),
            kind=kind,
            body=body.encoded(),
            log_sequence=sequence,
            state=SubjectState.OPEN.value,
            created_by=created_by,
            created_at_s=now_s,
            expires_at_s=now_s + LIFE_S,
        )
    )


def approve_subject(plane: ControlPlane, digest: bytes, approval: Approval) -> SubjectState:
    """Take an officer's approval in; by the same officer again, it changes nothing.

    :raises AuthorityError: not this officer's, for this, on a signer's page of their own, user verified.
    :raises SubjectEnded: it no longer waits.
    """
    now_s, table = plane.clock.now_s(), models.subject_approvals
    with transaction(plane.engine) as connection:
        row = find_subject(connection, digest, lock=True)
        facts = verify_approval(approval, plane.roster, digest, OFFICER)
        given = standing_approvals(plane, connection, digest)
        if any(known.person == approval.person for known in given):
            return SubjectState(row.state)
        if row.state != SubjectState.OPEN.value or now_s >= row.expires_at_s:
            raise SubjectEnded(f"the proposal is {row.state}; it no longer waits for approvals")
        page_of = {known.person: verify_approval(known, plane.roster, digest, OFFICER).origin for known in given}
        page_of[facts.person] = facts.origin
        require_pages_apart(page_of, plane.roster, len(page_of))
        # One of the same person that no longer holds gives way.
        connection.execute(delete(table).where(table.c.subject == digest, table.c.person == approval.person))
        connection.execute(
            insert(table).values(subject=digest, person=approval.person, approval=approval.encoded(), at_s=now_s)
        )
        append(connection, SubjectApproved(digest, approval.person), now_s)
        state = _state_with(plane, (*given, approval), digest)
        connection.execute(update(models.subjects).where(models.subjects.c.digest == digest).values(state=state.value))
    return state


def _state_with(plane: ControlPlane, approvals: tuple[Approval, ...], digest: bytes) -> SubjectState:
    """Where a proposal stands with these approvals, each of which holds."""
    try:
        require_quorum(approvals, plane.roster, digest, OFFICER, plane.roster.change_quorum)
    except QuorumNotReached:
        return SubjectState.OPEN
    return SubjectState.APPROVED


def standing_approvals(plane: ControlPlane, connection: Connection, digest: bytes) -> tuple[Approval, ...]:
    """The approvals given so far that still hold: somebody, or a device, may have left the roster since."""
    standing = []
    for approval in subject_approvals(connection, digest):
        with contextlib.suppress(AuthorityError):
            verify_approval(approval, plane.roster, digest, OFFICER)
            standing.append(approval)
    return tuple(standing)


def find_subject(connection: Connection, digest: bytes, *, lock: bool = False) -> Row[Any]:
    """The proposal's row, or :class:`SubjectUnknown`."""
    query = select(models.subjects).where(models.subjects.c.digest == digest)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise SubjectUnknown(f"nothing with the digest {digest.hex()[:16]} is proposed")
    return row


def subject_approvals(connection: Connection, digest: bytes) -> tuple[Approval, ...]:
    """The approvals given so far, in the order of time."""
    table = models.subject_approvals
    query = select(table.c.approval).where(table.c.subject == digest).order_by(table.c.at_s, table.c.person)
    return tuple(Approval.decoded(bytes(encoded)) for encoded in connection.execute(query).scalars())


def subject_body(row: Row[Any]) -> RosterChange | FreezeLift:
    """What a proposal's row proposes."""
    return (RosterChange if row.kind == ROSTER else FreezeLift).decoded(bytes(row.body))


def subject_views(plane: ControlPlane, connection: Connection, limit: int = 50) -> list[SubjectView]:
    """The newest proposals to officers."""
    table = models.subjects
    rows = connection.execute(select(table).order_by(table.c.created_at_s.desc(), table.c.digest).limit(limit)).all()
    return [
        SubjectView(
            digest=bytes(row.digest),
            kind=row.kind,
            body=subject_body(row),
            state=SubjectState(row.state),
            created_by=row.created_by,
            created_at_s=row.created_at_s,
            expires_at_s=row.expires_at_s,
            approved_by=tuple(approval.person for approval in subject_approvals(connection, bytes(row.digest))),
            persons=plane.roster.change_quorum,
            code=row.code,
            reason=row.reason,
        )
        for row in rows
    ]


def open_subjects(connection: Connection, now_s: int) -> list[Row[Any]]:
    """The rows of what officers can still approve."""
    table = models.subjects
    query = select(table).where(table.c.state == SubjectState.OPEN.value, table.c.expires_at_s > now_s)
    return list(connection.execute(query.order_by(table.c.created_at_s)).all())


def note_offered(connection: Connection, digest: bytes, at_s: int | None) -> None:
    """Keep since when signers may be ready for a roster change; None once it is known that too few are."""
    table = models.subjects
    offered = at_s if at_s is None else func.coalesce(table.c.offered_at_s, at_s)
    connection.execute(update(table).where(table.c.digest == digest).values(offered_at_s=offered))


def end_subject(
    connection: Connection, digest: bytes, state: SubjectState, code: str | None, reason: str | None
) -> None:
    """End a proposal, carried out or not."""
    table = models.subjects
    connection.execute(
        update(table).where(table.c.digest == digest).values(state=state.value, code=code, reason=reason)
    )
