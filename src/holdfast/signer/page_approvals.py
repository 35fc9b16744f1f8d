"""The approvals that one signer holds: given on its own page, or on another's and shown by the control plane."""

from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update

from holdfast.authority import (
    OFFICER,
    Approval,
    ApprovalFacts,
    AuthorityError,
    PageShared,
    require_pages_apart,
    verify_approval,
)
from holdfast.clock import Clock
from holdfast.signer import models
from holdfast.signer.errors import AuthenticatorCloned
from holdfast.signer.records import record_counters
from holdfast.signer.rosters import Rosters
from holdfast.signer.waiting import LIFT
from holdfast.store import transaction

MAX_HELD = 64
"""How many approvals of one subject are kept."""


class PageApprovals:
    """One approval a person and subject, each verified before it is kept."""

    def __init__(self, rosters: Rosters, clock: Clock) -> None:
        self._rosters = rosters
        self._clock = clock
        self._reviewed: int | None = None

    def rows(self, connection: Connection, subject: bytes) -> list[Any]:
        """The approvals of a subject, in the order in which this signer came to know of them."""
        table = models.page_approvals
        query = select(table).where(table.c.subject == subject).order_by(table.c.at_s, table.c.person)
        return list(connection.execute(query.limit(MAX_HELD)).all())

    def take(self, connection: Connection, subject: bytes, approval: Approval, facts: ApprovalFacts) -> None:
        """Keep what a person approved on this page; by the same person again, it changes nothing.

        :raises PageShared: somebody else approved this here: another signer's page is due.
        :raises AuthenticatorCloned: the authenticator answered something else with the same counter.
        """
        roster = self._rosters.current
        page_of = {row.person: row.origin for row in self.rows(connection, subject)}
        if approval.person in page_of:
            return
        first = next((person for person, origin in page_of.items() if origin == facts.origin), None)
        page_of[approval.person] = facts.origin
        if first is not None and len(page_of) <= len(roster.signers):
            raise PageShared(f"{first} has approved this on this page already: use another signer's page")
        require_pages_apart(page_of, roster, len(page_of))
        record_counters(connection, [facts], subject)
        self._insert(connection, subject, approval, facts)

    def learn(self, connection: Connection, subject: bytes, approval: Approval, role: str) -> None:
        """Keep an approval that the control plane counts; one that does not hold is left where it came from.

        What it counts goes before what was given here: a person who approved on every page at once is left on one, and
        the others are free again; whoever has to share a page is asked for another one.
        """
        try:
            facts = verify_approval(approval, self._rosters.current, subject, role)
            rows = self.rows(connection, subject)
            known = next((row for row in rows if row.person == approval.person), None)
            if known is not None and known.origin == facts.origin:
                return
            record_counters(connection, [facts], subject)
        except (AuthorityError, AuthenticatorCloned):
            return
        table = models.page_approvals
        others = [row.person for row in rows if row.origin == facts.origin and row.person != approval.person]
        if others and len(rows) < len(self._rosters.current.signers):
            connection.execute(delete(table).where(table.c.subject == subject, table.c.person.in_(others)))
        if known is None:
            self._insert(connection, subject, approval, facts)
            return
        connection.execute(
            update(table)
            .where(table.c.subject == subject, table.c.person == approval.person)
            .values(approval=approval.encoded(), origin=facts.origin)
        )

    def _insert(self, connection: Connection, subject: bytes, approval: Approval, facts: ApprovalFacts) -> None:
        connection.execute(
            insert(models.page_approvals).values(
                subject=subject,
                person=approval.person,
                approval=approval.encoded(),
                origin=facts.origin,
                at_s=self._clock.now_s(),
            )
        )

    def review(self, engine: Engine) -> None:
        """After a roster change, drop the approvals of lifts that no longer count; all else ends with its roster."""
        roster = self._rosters.current
        if self._reviewed == roster.version:
            return
        table, proposals = models.page_approvals, models.proposals
        lifts = select(proposals.c.subject).where(proposals.c.kind == LIFT)
        with transaction(engine) as connection:
            for row in connection.execute(select(table).where(table.c.subject.in_(lifts))).all():
                try:
                    verify_approval(Approval.decoded(row.approval), roster, row.subject, OFFICER)
                except AuthorityError:
                    gone = (table.c.subject == row.subject) & (table.c.person == row.person)
                    connection.execute(delete(table).where(gone))
        self._reviewed = roster.version
