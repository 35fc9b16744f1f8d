"""What a signer's page lists: what needs approvals, and what is approved and can still be objected to."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, select

from holdfast.signer import models
from holdfast.signer.waiting import LIFT, PAYOUT, ROSTER, approvals_known


@dataclass(frozen=True)
class Summary:
    """One line of a list. ``is_open``: nothing known without decoding it keeps it from approval.

    ``effective_at_s``: when its delay will have run out at the earliest, by this signer's clock; None without a delay.
    """

    subject: bytes
    kind: str
    headline: str
    detail: str
    approvals: int
    persons: int
    until_s: int
    is_open: bool
    effective_at_s: int | None


@dataclass(frozen=True)
class Lists:
    """All lists of a page, each whole and the oldest first: the table is bounded, and what is cut off nobody sees.

    What officers decide has lists of its own, and of those what changes who counts comes first.

    :param approved: roster changes and lifts that are not in force yet; ``delayed``: payouts whose delay runs.
    :param unsigned: payouts that could be signed at any time, and that this signer has had no part in.
    """

    officers: tuple[Summary, ...]
    payouts: tuple[Summary, ...]
    approved: tuple[Summary, ...]
    delayed: tuple[Summary, ...]
    unsigned: tuple[Summary, ...]


class _Rows:
    """What the lists are selected by; computed by the database, without decoding any proposal."""

    def __init__(self, connection: Connection, quorum: int, in_force: dict[str, int], now_s: int) -> None:
        self._connection = connection
        self._in_force = in_force
        self._now_s = now_s
        table, cosigned, approvals = models.proposals, models.cosigned, approvals_known()
        needed = case((table.c.persons == 0, quorum), else_=table.c.persons)
        logged = select(func.min(cosigned.c.at_s)).where(cosigned.c.size > table.c.entry).scalar_subquery()
        # A delay runs from when it is in the log and on this page.
        begins = func.max(func.coalesce(logged, now_s), table.c.at_s)
        effective = case((table.c.delay_s > 0, begins + table.c.delay_s))
        self._columns = (table, approvals.label("approvals"), needed.label("needed"), effective.label("effective_at_s"))
        # Where a share left; what was only begun hides nothing.
        let_through = select(models.destinations.c.intent).where(models.destinations.c.intent == table.c.subject)
        is_current = case(*((table.c.kind == kind, table.c.version == in_force[kind]) for kind in in_force))
        self.of_officers = table.c.kind.in_((ROSTER, LIFT))
        self.of_payouts = table.c.kind == PAYOUT
        self.is_lacking = approvals < needed
        self.is_approved = (approvals >= needed) & is_current & ~let_through.exists()
        self.is_delayed = func.coalesce(effective > now_s, False)

    def lines(self, *conditions: ColumnElement[Any]) -> tuple[Summary, ...]:
        """The list of what all conditions hold for."""
        table = models.proposals
        query = select(*self._columns).where(table.c.expires_at_s > self._now_s, *conditions)
        rows = self._connection.execute(query.order_by(table.c.kind != ROSTER, table.c.at_s, table.c.subject)).all()
        return tuple(map(self._summary, rows))

    def _summary(self, row: Any) -> Summary:
        return Summary(
            subject=bytes(row.subject),
            kind=row.kind,
            headline=row.headline,
            detail=row.detail,
            approvals=row.approvals,
            persons=row.needed,
            until_s=row.expires_at_s,
            is_open=row.version == self._in_force[row.kind],
            effective_at_s=row.effective_at_s,
        )


def list_all(connection: Connection, quorum: int, in_force: dict[str, int], now_s: int) -> Lists:
    """Every list.

    :param quorum: how many officers it takes where it takes the roster's change quorum.
    :param in_force: the version that a proposal of each kind must be of to be carried out.
    """
    rows = _Rows(connection, quorum, in_force, now_s)
    return Lists(
        officers=rows.lines(rows.of_officers, rows.is_lacking),
        payouts=rows.lines(rows.of_payouts, rows.is_lacking),
        approved=rows.lines(rows.of_officers, rows.is_approved),
        delayed=rows.lines(rows.of_payouts, rows.is_approved, rows.is_delayed),
        unsigned=rows.lines(rows.of_payouts, rows.is_approved, ~rows.is_delayed),
    )
