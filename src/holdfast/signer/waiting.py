"""The table of what waits at one signer: bounded for each kind, with all that a line of the page's lists says."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Connection, ScalarSelect, case, delete, func, insert, or_, select, update

from holdfast.signer import models
from holdfast.signer.proposal_messages import IntentProposal, LiftProposal, Proposal, RosterProposal

PAYOUT, ROSTER, LIFT = "payout", "roster", "lift"

MAX_OF_A_KIND = 400
"""How many proposals of one kind wait at a signer at most: twice what an honest control plane asks about at a time."""

ANY_VERSION = 0
"""The version of what is of no version: a lift."""

KEPT_S = 86_400
"""How long what has ended can still be looked at."""


def kind_of(proposal: Proposal) -> str:
    """Which kind a proposal is of."""
    if isinstance(proposal, IntentProposal):
        return PAYOUT
    return ROSTER if isinstance(proposal, RosterProposal) else LIFT


def insert_proposal(
    connection: Connection, proposal: Proposal, *, persons: int, delay_s: int, in_force: dict[str, int], at_s: int
) -> None:
    """Keep a proposal that is not kept yet, in the place of a lesser one where too many of its kind are.

    What can no longer be carried out goes first, then the oldest that nobody has approved, then the oldest: a control
    plane in the wrong hands fills the table in vain, for the next honest proposal always finds room.

    :param persons: how many persons it takes; 0: the change quorum of the roster in force.
    :param delay_s: how long it waits even once it is approved.
    :param in_force: the version that a proposal of each kind must be of to be carried out.
    """
    kind, table = kind_of(proposal), models.proposals
    _make_room(connection, kind, in_force[kind], at_s)
    headline, detail = _words(proposal)
    connection.execute(
        insert(table).values(
            subject=proposal.subject(),
            kind=kind,
            version=_version(proposal),
            persons=persons,
            entry=None if isinstance(proposal, LiftProposal) else proposal.log.entry.index,
            delay_s=delay_s,
            headline=headline,
            detail=detail,
            request=proposal.encoded(),
            at_s=at_s,
            expires_at_s=proposal.until_s(),
        )
    )


def is_waiting(connection: Connection, subject: bytes, now_s: int) -> bool:
    """Whether a proposal with this digest is here and its time has not come."""
    table = models.proposals
    query = select(table.c.subject).where(table.c.subject == subject, table.c.expires_at_s > now_s)
    return connection.execute(query).one_or_none() is not None


def lengthen(connection: Connection, proposal: Proposal) -> None:
    """Let a proposal wait longer, where it came again with more time than before."""
    table = models.proposals
    later = (table.c.subject == proposal.subject()) & (table.c.expires_at_s < proposal.until_s())
    values = {"request": proposal.encoded(), "expires_at_s": proposal.until_s()}
    connection.execute(update(table).where(later).values(values))


def forget_old(connection: Connection, now_s: int) -> None:
    """Remove what ended long ago."""
    table = models.proposals
    _remove(
        connection,
        list(connection.execute(select(table.c.subject).where(table.c.expires_at_s < now_s - KEPT_S)).scalars()),
    )


def forget_lifts(connection: Connection, is_lifted: Callable[[bytes], bool]) -> None:
    """Remove the lifts that have nothing left to lift."""
    table = models.proposals
    rows = connection.execute(select(table.c.subject, table.c.request).where(table.c.kind == LIFT)).all()
    done = [row.subject for row in rows if all(map(is_lifted, LiftProposal.decoded(row.request).lift.lifted()))]
    _remove(connection, done)


def _make_room(connection: Connection, kind: str, version: int, now_s: int) -> None:
    table = models.proposals
    count = connection.execute(select(func.count()).where(table.c.kind == kind)).scalar_one()
    if count < MAX_OF_A_KIND:
        return
    ended: ColumnElement[Any] = or_(table.c.expires_at_s <= now_s, table.c.version != version)
    rank = case((ended, 0), (approvals_known() == 0, 1), else_=2)
    query = select(table.c.subject).where(table.c.kind == kind).order_by(rank, table.c.at_s, table.c.subject)
    _remove(connection, list(connection.execute(query.limit(count - MAX_OF_A_KIND + 1)).scalars()))


def _remove(connection: Connection, subjects: list[bytes]) -> None:
    for table in (models.page_approvals, models.set_aside, models.proposals):
        connection.execute(delete(table).where(table.c.subject.in_(subjects)))


def approvals_known() -> ScalarSelect[Any]:
    """How many approvals of a proposal this signer holds, as a column beside its row."""
    table = models.page_approvals
    return select(func.count()).where(table.c.subject == models.proposals.c.subject).scalar_subquery()


def _version(proposal: Proposal) -> int:
    if isinstance(proposal, IntentProposal):
        return proposal.intent.roster_version
    return proposal.change.roster.version if isinstance(proposal, RosterProposal) else ANY_VERSION


def _words(proposal: Proposal) -> tuple[str, str]:
    """What the list says of a proposal: in large, and beside it."""
    if isinstance(proposal, LiftProposal):
        count = len(proposal.lift.freezes)
        return "Lift the freeze" if count == 1 else f"Lift {count} freezes", proposal.lift.reason
    if isinstance(proposal, RosterProposal):
        return f"Roster {proposal.change.roster.version}", proposal.change.reason
    intent = proposal.intent
    paid = intent.payments[0].destination if len(intent.payments) == 1 else f"{len(intent.payments)} payments"
    return intent.total().on_page(), f"{paid}, out of {intent.vault}"
