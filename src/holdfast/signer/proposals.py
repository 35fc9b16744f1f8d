"""What waits for people at one signer: judged before it is shown, and approved on this signer's own page."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from holdfast.authority import (
    OFFICER,
    Approval,
    Assertion,
    AssertionCredentialUnknown,
    AssertionWrongOrigin,
    AuthorityError,
    FreezeOrderInvalid,
    Genesis,
    PageShared,
    Person,
    require_pages_apart,
    require_roster_possible,
    verify_approval,
)
from holdfast.clock import Clock
from holdfast.encoding import decode_one_of
from holdfast.policy import Movement, Policy, Verdict, evaluate, require_floors
from holdfast.signer import models
from holdfast.signer.checks import SHOWN, STILL_SHOWN, Findings
from holdfast.signer.errors import ProposalEnded, ProposalsFull, ProposalUnknown
from holdfast.signer.home import SignerHome
from holdfast.signer.proposal_messages import (
    ApprovalsHeld,
    ApprovalsRequest,
    IntentProposal,
    LiftProposal,
    Proposal,
    RosterProposal,
    SubjectApprovals,
)
from holdfast.signer.records import freeze_in_force
from holdfast.signer.rosters import Rosters
from holdfast.signer.signing import Signings
from holdfast.store import transaction

MAX_OPEN = 1_000
"""How many proposals wait at one signer at most."""

MAX_LIFE_S = 31 * 86_400
"""How long a proposal can wait at most; an intent's own life is bounded by the policy."""

KEPT_S = 86_400
"""How long what has ended can still be looked at."""

MAX_ASKED = 200
"""How many subjects one request can be about."""

MAX_HELD = 64
"""How many approvals of one subject are kept."""

_KINDS = (IntentProposal, RosterProposal, LiftProposal)


class Proposals:
    """The proposals of one signer, and their approvals; whoever calls holds the signer's lock."""

    def __init__(  # noqa: PLR0917 - one signer's parts
        self, home: SignerHome, genesis: Genesis, policy: Policy, rosters: Rosters, signings: Signings, clock: Clock
    ) -> None:
        self._home = home
        self._genesis = genesis
        self._policy = policy
        self._rosters = rosters
        self._signings = signings
        self._clock = clock
        self._judges: dict[type, Callable[[Connection, Any], object]] = {
            IntentProposal: self._judge_intent,
            RosterProposal: self._judge_roster,
            LiftProposal: self._judge_lift,
        }

    # The control plane's side

    def propose(self, proposal: Proposal) -> None:
        """Judge a proposal and keep it to be shown; the same again changes nothing.

        :raises HoldfastError: why it would not be carried out, with the code that signing would have.
        :raises ProposalsFull: too many wait here already.
        """
        now_s = self._clock.now_s()
        if proposal.until_s() > now_s + MAX_LIFE_S:
            raise ProposalEnded(f"a proposal can wait {MAX_LIFE_S} s at most")
        with transaction(self._home.engine) as connection:
            self._forget_old(connection, now_s)
            table = models.proposals
            if connection.execute(select(func.count()).select_from(table)).scalar_one() >= MAX_OPEN:
                raise ProposalsFull(f"{MAX_OPEN} proposals wait here already")
            self._judges[type(proposal)](connection, proposal)
            if self._stored(connection, proposal.subject()) is None:
                connection.execute(
                    insert(table).values(
                        subject=proposal.subject(),
                        request=proposal.encoded(),
                        at_s=now_s,
                        expires_at_s=proposal.until_s(),
                    )
                )

    def exchange(self, request: ApprovalsRequest) -> ApprovalsHeld:
        """Keep the approvals shown that hold, and show all that are held here.

        :raises ProposalUnknown: more subjects than one request can be about.
        """
        if len(request.known) > MAX_ASKED:
            raise ProposalUnknown(f"one request is about {MAX_ASKED} subjects at most")
        held, unknown = [], []
        with transaction(self._home.engine) as connection:
            for known in request.known:
                proposal = self._stored(connection, known.subject)
                if proposal is None:
                    unknown.append(known.subject)
                    continue
                for approval in known.approvals[:MAX_HELD]:
                    self._learn(connection, proposal, approval)
                approvals = tuple(row.approval for row in self._rows(connection, known.subject))
                held.append(SubjectApprovals(known.subject, tuple(map(Approval.decoded, approvals))))
        return ApprovalsHeld(tuple(held), tuple(unknown))

    def _learn(self, connection: Connection, proposal: Proposal, approval: Approval) -> None:
        """Keep an approval from another signer's page; one that does not hold is left where it came from."""
        if any(row.person == approval.person for row in self._rows(connection, proposal.subject())):
            return
        try:
            facts = verify_approval(approval, self._rosters.current, proposal.subject(), self.role(proposal))
        except AuthorityError:
            return
        self._keep(connection, proposal.subject(), approval, facts.origin)

    # The page's side

    def listed(self, connection: Connection) -> list[Proposal]:
        """What still needs approvals, newest first."""
        table = models.proposals
        query = select(table.c.request).where(table.c.expires_at_s > self._clock.now_s())
        rows = connection.execute(query.order_by(table.c.at_s.desc(), table.c.subject).limit(MAX_OPEN)).scalars()
        proposals = (self._decoded(row) for row in rows)
        return [each for each in proposals if len(self._rows(connection, each.subject())) < self.persons(each)]

    def find(self, connection: Connection, subject: bytes) -> Proposal:
        """The proposal with this digest, ended or not.

        :raises ProposalUnknown: none was made here, or it ended long ago.
        """
        proposal = self._stored(connection, subject)
        if proposal is None:
            raise ProposalUnknown(f"nothing with the digest {subject.hex()[:16]} waits here")
        return proposal

    def approve(self, subject: bytes, assertion: Assertion) -> Approval:
        """Keep a person's approval that was made on this signer's page; by the same person again, it changes nothing.

        :raises ProposalEnded: it can no longer be approved.
        :raises PageShared: somebody else approved this on this very page: another signer's page is due.
        :raises AuthorityError: not a person of the roster in the right role, not verified, not on this page.
        """
        with transaction(self._home.engine) as connection:
            proposal = self.find(connection, subject)
            self.require_open(connection, proposal)
            approval = Approval(self.whose(assertion.credential_id).name, assertion)
            facts = verify_approval(approval, self._rosters.current, subject, self.role(proposal))
            if facts.origin != self._home.identity.origin:
                raise AssertionWrongOrigin("made on another signer's page than the one it was sent to")
            page_of = {row.person: row.origin for row in self._rows(connection, subject)}
            if approval.person not in page_of:
                first = next((person for person, origin in page_of.items() if origin == facts.origin), None)
                page_of[approval.person] = facts.origin
                if first is not None and len(page_of) <= len(self._rosters.current.signers):
                    raise PageShared(f"{first} has approved this on this page already: use another signer's page")
                require_pages_apart(page_of, self._rosters.current, len(page_of))
                self._keep(connection, subject, approval, facts.origin)
        return approval

    def require_open(self, connection: Connection, proposal: Proposal) -> None:
        """Require that a proposal can still be carried out: what can have turned since it came is judged again.

        :raises HoldfastError: why not.
        """
        if self._clock.now_s() >= proposal.until_s() and not isinstance(proposal, IntentProposal):
            raise ProposalEnded("the time to approve this has passed")
        if isinstance(proposal, IntentProposal):
            self._judge_intent(connection, proposal, again=True)
        elif isinstance(proposal, RosterProposal):
            require_roster_possible(proposal.change, self._rosters.current, self._genesis.digest(), self._clock.now_s())
        else:
            self._judge_lift(connection, proposal)

    def role(self, proposal: Proposal) -> str:
        """In which role persons approve it."""
        return self.verdict(proposal).role if isinstance(proposal, IntentProposal) else OFFICER

    def persons(self, proposal: Proposal) -> int:
        """How many persons it takes."""
        if isinstance(proposal, IntentProposal):
            approvals = self.verdict(proposal).approvals
            return require_floors(self._genesis.floors, proposal.intent.at_most(), approvals)
        return self._rosters.current.change_quorum

    def verdict(self, proposal: IntentProposal) -> Verdict:
        """What the policy asks of an intent, or :class:`PolicyDenied`."""
        intent = proposal.intent
        customer_signed = all(payment.order is not None for payment in intent.payments)
        return evaluate(self._policy, Movement(intent.vault, intent.asset, intent.at_most(), customer_signed))

    def approvals(self, connection: Connection, subject: bytes) -> list[tuple[str, str, int]]:
        """Who has approved, on which page's origin, and when this signer came to know, in that order."""
        return [(row.person, row.origin, row.at_s) for row in self._rows(connection, subject)]

    # Judging

    def _judge_intent(self, connection: Connection, proposal: IntentProposal, *, again: bool = False) -> None:
        pins = self._signings.pins(connection, proposal.intent, self._clock.now_s())
        request, findings = proposal.signing_request(), Findings()
        for check in STILL_SHOWN if again else SHOWN:
            check(request, pins, findings)
        self.verdict(proposal)

    def _judge_roster(self, connection: Connection, proposal: RosterProposal) -> None:
        require_roster_possible(proposal.change, self._rosters.current, self._genesis.digest(), self._clock.now_s())
        self._rosters.require_logged(connection, proposal)

    def _judge_lift(self, connection: Connection, proposal: LiftProposal) -> None:
        version, frozen = freeze_in_force(connection)
        order = proposal.order
        if order.genesis != self._genesis.digest() or order.frozen or not frozen or order.version != version + 1:
            raise FreezeOrderInvalid("the order does not lift the freeze that is in force here")

    # Rows

    def whose(self, credential_id: bytes) -> Person:
        """The person in the roster in force who has a credential.

        :raises AssertionCredentialUnknown: nobody.
        """
        for person in self._rosters.current.persons:
            if any(credential.credential_id == credential_id for credential in person.credentials):
                return person
        raise AssertionCredentialUnknown("this passkey is nobody's in the roster in force")

    @staticmethod
    def _decoded(encoded: bytes) -> Proposal:
        proposal = decode_one_of(encoded, _KINDS)
        if not isinstance(proposal, _KINDS):
            raise ProposalUnknown("no proposal of this version")
        return proposal

    def _stored(self, connection: Connection, subject: bytes) -> Proposal | None:
        row = connection.execute(
            select(models.proposals.c.request).where(models.proposals.c.subject == subject)
        ).scalar()
        return None if row is None else self._decoded(row)

    @staticmethod
    def _rows(connection: Connection, subject: bytes) -> list[Any]:
        table = models.page_approvals
        query = select(table).where(table.c.subject == subject).order_by(table.c.at_s, table.c.person)
        return list(connection.execute(query.limit(MAX_HELD)).all())

    def _keep(self, connection: Connection, subject: bytes, approval: Approval, origin: str) -> None:
        connection.execute(
            insert(models.page_approvals).values(
                subject=subject,
                person=approval.person,
                approval=approval.encoded(),
                origin=origin,
                at_s=self._clock.now_s(),
            )
        )

    @staticmethod
    def _forget_old(connection: Connection, now_s: int) -> None:
        table, approvals = models.proposals, models.page_approvals
        old = select(table.c.subject).where(table.c.expires_at_s < now_s - KEPT_S)
        connection.execute(delete(approvals).where(approvals.c.subject.in_(old)))
        connection.execute(delete(table).where(table.c.expires_at_s < now_s - KEPT_S))
