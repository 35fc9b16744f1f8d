"""What waits for people at one signer: judged before it is shown, and approved on this signer's own page."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, select

from holdfast.authority import (
    OFFICER,
    Approval,
    Assertion,
    AssertionCredentialUnknown,
    AssertionWrongOrigin,
    FreezeOrderInvalid,
    Genesis,
    Person,
    require_roster_possible,
    roster_difference,
    verify_approval,
)
from holdfast.clock import Clock
from holdfast.encoding import decode_one_of
from holdfast.policy import Movement, Policy, Verdict, evaluate, require_floors
from holdfast.signer import models
from holdfast.signer.bindings import require_bindable
from holdfast.signer.checks import SHOWN, STILL_SHOWN, Findings
from holdfast.signer.errors import ProposalEnded, ProposalUnknown
from holdfast.signer.home import SignerHome
from holdfast.signer.listing import Lists, list_all
from holdfast.signer.page_approvals import MAX_HELD, PageApprovals
from holdfast.signer.proposal_messages import (
    ApprovalsHeld,
    ApprovalsRequest,
    IntentProposal,
    KnownApprovals,
    LiftProposal,
    Proposal,
    RosterProposal,
    SubjectApprovals,
)
from holdfast.signer.records import is_lifted
from holdfast.signer.rosters import Rosters
from holdfast.signer.signing import Signings
from holdfast.signer.waiting import (
    ANY_VERSION,
    LIFT,
    PAYOUT,
    ROSTER,
    forget_old,
    insert_proposal,
    is_waiting,
    lengthen,
)
from holdfast.store import transaction

MAX_LIFE_S = 8 * 86_400
"""How long a proposal to officers can wait at most; an intent's own life is bounded by the policy."""

MAX_ASKED = 200
"""How many subjects one request can be about."""

MAX_ANSWER_BYTES = 800_000
"""The most that approvals in one answer come to."""

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
        self._held = PageApprovals(rosters, clock)
        self._judges: dict[type, Callable[[Connection, Any], object]] = {
            IntentProposal: self._judge_intent,
            RosterProposal: self._judge_roster,
            LiftProposal: self._judge_lift,
        }

    # The control plane's side

    def propose(self, proposal: Proposal) -> None:
        """Judge a proposal and keep it to be shown; the same again changes nothing.

        A lift may come again with more time: how long it can be approved is not a part of what is approved.

        :raises HoldfastError: why it would not be carried out, with the code that signing would have.
        """
        now_s = self._clock.now_s()
        with transaction(self._home.engine) as connection:
            forget_old(connection, now_s)
            # An intent says itself how long it lives, and the policy how long it may.
            if not isinstance(proposal, IntentProposal):
                self._require_lifetime(proposal, now_s)
            self._judges[type(proposal)](connection, proposal)
            if self._stored(connection, proposal.subject()) is None:
                insert_proposal(
                    connection,
                    proposal,
                    persons=self.persons(proposal) if isinstance(proposal, IntentProposal) else 0,
                    delay_s=self.delay_s(proposal),
                    in_force=self._in_force(),
                    at_s=now_s,
                )
            else:
                lengthen(connection, proposal)

    @staticmethod
    def _require_lifetime(proposal: Proposal, now_s: int) -> None:
        if not now_s < proposal.until_s() <= now_s + MAX_LIFE_S:
            raise ProposalEnded(f"a proposal waits for some time, and {MAX_LIFE_S} s at most")

    def exchange(self, request: ApprovalsRequest) -> ApprovalsHeld:
        """Keep the approvals shown that hold, and show all that are held here, as many as fit an answer.

        :raises ProposalUnknown: more subjects than one request can be about.
        """
        if len(request.known) > MAX_ASKED:
            raise ProposalUnknown(f"one request is about {MAX_ASKED} subjects at most")
        held, unknown, size = [], [], 0
        self._held.review(self._home.engine)
        with transaction(self._home.engine) as connection:
            for known in request.known:
                # What has run out here may come again with more time.
                if not is_waiting(connection, known.subject, self._clock.now_s()):
                    unknown.append(known.subject)
                    continue
                self._learn(connection, known)
                approvals = [bytes(row.approval) for row in self._held.rows(connection, known.subject)]
                size += sum(map(len, approvals))
                if size <= MAX_ANSWER_BYTES:
                    held.append(SubjectApprovals(known.subject, tuple(map(Approval.decoded, approvals))))
        return ApprovalsHeld(tuple(held), tuple(unknown))

    def _learn(self, connection: Connection, known: KnownApprovals) -> None:
        held = {bytes(row.approval) for row in self._held.rows(connection, known.subject)}
        new = [approval for approval in known.approvals[:MAX_HELD] if approval.encoded() not in held]
        if not new and not known.set_aside:
            return
        proposal, persons = self.find(connection, known.subject), {each.name for each in self._rosters.current.persons}
        # Officers' proposals outlast a control plane in the wrong hands, and its word against one of them would too.
        if isinstance(proposal, IntentProposal):
            self._held.set_aside(connection, known.subject, persons.intersection(known.set_aside))
        role = self.role(proposal)
        for approval in new:
            self._held.learn(connection, known.subject, approval, role)

    # The page's side

    def listed(self, connection: Connection) -> Lists:
        """What still needs approvals, and what is approved and not in force yet, in a line each."""
        quorum = self._rosters.current.change_quorum
        return list_all(connection, quorum, self._in_force(), self._clock.now_s())

    def _in_force(self) -> dict[str, int]:
        """The version of a roster that each kind must be of to be carried out now."""
        roster = self._rosters.current.version
        return {PAYOUT: roster, ROSTER: roster + 1, LIFT: ANY_VERSION}

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
        :raises AuthenticatorCloned: the authenticator answered something else with the same counter.
        :raises AuthorityError: not a person of the roster in the right role, not verified, not on this page.
        """
        self._held.review(self._home.engine)
        with transaction(self._home.engine) as connection:
            proposal = self.find(connection, subject)
            self.require_open(connection, proposal)
            approval = Approval(self.whose(assertion.credential_id).name, assertion)
            facts = verify_approval(approval, self._rosters.current, subject, self.role(proposal))
            if facts.origin != self._home.identity.origin:
                raise AssertionWrongOrigin("made on another signer's page than the one it was sent to")
            self._held.take(connection, subject, approval, facts)
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
            require_roster_possible(proposal.change, self._rosters.current, self._genesis.digest())
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

    def delay_s(self, proposal: Proposal) -> int:
        """How long it waits even once it is approved, so that people can object."""
        if isinstance(proposal, IntentProposal):
            return self.verdict(proposal).delay_s
        if isinstance(proposal, LiftProposal):
            return 0
        weakens = roster_difference(self._rosters.current, proposal.change.roster).weakens()
        return self._genesis.change_delay_s if weakens else 0

    def verdict(self, proposal: IntentProposal) -> Verdict:
        """What the policy asks of an intent, or :class:`PolicyDenied`."""
        intent = proposal.intent
        customer_signed = all(payment.order is not None for payment in intent.payments)
        return evaluate(self._policy, Movement(intent.vault, intent.asset, intent.at_most(), customer_signed))

    def approvals(self, connection: Connection, subject: bytes) -> list[tuple[str, str, int]]:
        """Who has approved, on which page's origin, and when this signer came to know, in that order."""
        return [(row.person, row.origin, row.at_s) for row in self._held.rows(connection, subject)]

    # Judging

    def _judge_intent(self, connection: Connection, proposal: IntentProposal, *, again: bool = False) -> None:
        pins = self._signings.pins(connection, proposal.intent, self._clock.now_s())
        request, findings = proposal.signing_request(), Findings()
        for check in STILL_SHOWN if again else SHOWN:
            check(request, pins, findings)
        require_bindable(connection, proposal.intent, findings.credentials)
        self.verdict(proposal)

    def _judge_roster(self, connection: Connection, proposal: RosterProposal) -> None:
        require_roster_possible(proposal.change, self._rosters.current, self._genesis.digest())
        self._rosters.require_logged(connection, proposal)

    def _judge_lift(self, connection: Connection, proposal: LiftProposal) -> None:
        # One that is not known here may be in force elsewhere, given by somebody who has left since.
        lift = proposal.lift
        if lift.genesis != self._genesis.digest() or all(is_lifted(connection, each) for each in lift.lifted()):
            raise FreezeOrderInvalid("these freezes are of another genesis, or lifted")

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
