"""The approvals that one signer holds: given on its own page, or on another's and shown by the control plane."""

from collections.abc import Iterable
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
        :raises AuthenticatorCloned: the authenticator answered something else with the same counter, now or before.
        """
        roster = self._rosters.current
        if approval.person in self._set_aside(connection, subject):
            raise AuthenticatorCloned(f"{approval.person}'s approval of this does not count: somebody else is asked")
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
        the others are free again; whoever has to share a page is asked for another one. Of whose approval does not
        count here, none is kept: it would take a page from those who are asked instead.
        """
        if approval.person in self._set_aside(connection, subject):
            return
        try:
            facts = verify_approval(approval, self._rosters.current, subject, role)
            record_counters(connection, [facts], subject)
        except AuthenticatorCloned:
            # Only what this person's own authenticator signed gets here: nobody takes an approval from somebody else.
            self.set_aside(connection, subject, (approval.person,))
            return
        except AuthorityError:
            return
        table, rows = models.page_approvals, self.rows(connection, subject)
        known = next((row for row in rows if row.person == approval.person), None)
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

    def set_aside(self, connection: Connection, subject: bytes, persons: Iterable[str]) -> None:
        """Forget these persons' approvals of a subject, and keep no other one of theirs."""
        approvals, table = models.page_approvals, models.set_aside
        for person in set(persons) - self._set_aside(connection, subject):
            theirs = (approvals.c.subject == subject) & (approvals.c.person == person)
            connection.execute(delete(approvals).where(theirs))
            connection.execute(insert(table).values(subject=subject, person=person))

    @staticmethod
    def _set_aside(connection: Connection, subject: bytes) -> set[str]:
        table = models.set_aside
        return set(connection.execute(select(table.c.person).where(table.c.subject == subject)).scalars())

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
