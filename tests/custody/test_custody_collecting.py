"""From a person's approval on a signer's page to the books, and what is not let through on the way."""

import contextlib
import dataclasses
import json
import time

import pytest
from sqlalchemy import delete, update

from holdfast.authority import (
    EVERYONE,
    Approval,
    Assertion,
    AssertionCredentialUnknown,
    AssertionMalformed,
    AssertionUserNotVerified,
    AssertionWrongOrigin,
    Header,
    Intent,
    IntentExpired,
    PageShared,
    seal_envelope,
)
from holdfast.custody import (
    ControlPlane,
    PayoutState,
    approve_payout,
    collect_approvals,
    collecting,
    payout_view,
    propose_roster,
    without_person,
)
from holdfast.custody.cloning import set_approvals_aside, uncounted_persons
from holdfast.custody.models import draft_inputs, drafts, payouts
from holdfast.demo.authenticator import SoftwareAuthenticator
from holdfast.demo.deployment import PERSONS, SIGNERS, page_of
from holdfast.encoding import EncodingError
from holdfast.errors import HoldfastError
from holdfast.screening import DestinationSanctioned
from holdfast.signer import (
    ApprovalsHeld,
    ApprovalsRequest,
    KnownApprovals,
    ListRequest,
    ProposalUnknown,
    SignerNode,
    SubjectApprovals,
)
from holdfast.signer.messages import Reply
from holdfast.store import transaction
from signer_rig import Takeover
from world import World


def on_page(world: World, person: str, signer: str, subject: bytes, *, user_verified: bool = True) -> None:
    """A person approves what waits on a signer's page."""
    assertion = world.deployment.persons[person].assertion(subject, page_of(signer), user_verified=user_verified)
    world.signers[signer].proposals.approve(subject, assertion)


def shown(world: World, reference: str = "w1") -> Intent:
    """An intent that every signer shows on its page."""
    intent = world.planned(reference)
    assert collect_approvals(world.plane).refused == {}
    return intent


def state_of(world: World, intent: Intent) -> PayoutState:
    with transaction(world.plane.engine) as connection:
        return payout_view(connection, intent.digest()).state


def test_three_persons_on_three_pages_have_it_paid(world: World) -> None:
    intent = shown(world)
    for person, signer in zip(PERSONS, SIGNERS[:2], strict=False):
        on_page(world, person, signer, intent.digest())
    assert collect_approvals(world.plane).approvals == 2
    assert state_of(world, intent) is PayoutState.AWAITING
    on_page(world, PERSONS[2], SIGNERS[2], intent.digest())
    assert collect_approvals(world.plane).approvals == 1
    assert state_of(world, intent) is PayoutState.APPROVED
    assert collect_approvals(world.plane).approvals == 0
    for node in world.signers.values():
        with transaction(node.home.engine) as connection:
            lists = node.proposals.listed(connection)
        assert not lists.payouts.shown, "nobody is asked any more"
        assert len(lists.unsigned.shown) == 1, "nor hidden while it is not signed"
    assert world.settle(intent) is PayoutState.BROADCAST


def test_one_page_serves_one_person_of_an_intent(world: World) -> None:
    intent = shown(world)
    on_page(world, "ada", "bern", intent.digest())
    on_page(world, "ada", "bern", intent.digest())
    with pytest.raises(PageShared):
        on_page(world, "ben", "bern", intent.digest())
    collect_approvals(world.plane)
    with pytest.raises(PageShared):
        approve_payout(world.plane, intent.digest(), world.deployment.approve("ben", intent.digest(), page_of("bern")))
    on_page(world, "ben", "geneva", intent.digest())
    assert collect_approvals(world.plane).approvals == 1


def test_a_page_knows_who_approved_on_others(world: World) -> None:
    intent = shown(world)
    on_page(world, "ada", "bern", intent.digest())
    collect_approvals(world.plane)
    collect_approvals(world.plane)
    proposals = world.signers["geneva"].proposals
    with transaction(world.signers["geneva"].home.engine) as connection:
        ((person, origin, _),) = proposals.approvals(connection, intent.digest())
    assert (person, origin) == ("ada", page_of("bern"))


def test_a_page_takes_only_what_was_made_on_it(world: World) -> None:
    intent = shown(world)
    assertion = world.deployment.persons["ada"].assertion(intent.digest(), page_of("geneva"))
    with pytest.raises(AssertionWrongOrigin):
        world.signers["bern"].proposals.approve(intent.digest(), assertion)
    with pytest.raises(AssertionUserNotVerified):
        on_page(world, "ada", "bern", intent.digest(), user_verified=False)
    stranger = SoftwareAuthenticator("localhost", "mallory").assertion(intent.digest(), page_of("bern"))
    with pytest.raises(AssertionCredentialUnknown):
        world.signers["bern"].proposals.approve(intent.digest(), stranger)
    with pytest.raises(ProposalUnknown):
        on_page(world, "ada", "bern", bytes(32))
    assert collect_approvals(world.plane).approvals == 0


def test_an_intent_expires_on_the_page_too(world: World) -> None:
    intent = shown(world)
    world.clock.advance(world.plane.policy.intent_lifetime_s)
    with pytest.raises(IntentExpired):
        on_page(world, "ada", "bern", intent.digest())


def test_a_damaged_payout_keeps_no_other_from_being_shown(world: World) -> None:
    damaged, sound = world.planned("w1"), world.planned("w2")
    with transaction(world.plane.engine) as connection:
        connection.execute(update(drafts).where(drafts.c.intent == damaged.digest()).values(fee_sat=1))
        connection.execute(delete(draft_inputs).where(draft_inputs.c.intent == damaged.digest()))
    refused = collect_approvals(world.plane).refused
    assert set(refused) == {(signer, damaged.digest()) for signer in SIGNERS}
    on_page(world, "ada", "bern", sound.digest())
    assert collect_approvals(world.plane).approvals == 1


def test_a_destination_that_came_onto_the_list_is_no_longer_approvable(world: World) -> None:
    intent = shown(world)
    world.plane.signer("bern").call(ListRequest(Takeover(world).snapshot(intent.payments[0].destination)))
    with pytest.raises(DestinationSanctioned):
        on_page(world, "ada", "bern", intent.digest())
    on_page(world, "ada", "geneva", intent.digest())


def test_signers_that_are_away_keep_nobody_waiting(world: World) -> None:
    intent = world.planned("w1")
    transports = {name: world.plane.transports[name] for name in SIGNERS[:3]}
    world.plane = dataclasses.replace(world.plane, transports=transports)
    collect_approvals(world.plane)
    for person, signer in zip(PERSONS, SIGNERS[:3], strict=False):
        on_page(world, person, signer, intent.digest())
    assert collect_approvals(world.plane).approvals == 3


def test_signers_that_were_away_have_it_on_their_page_before_they_sign(world: World) -> None:
    intent, everybody = world.planned("w1"), world.plane.transports
    world.plane = dataclasses.replace(world.plane, transports={name: everybody[name] for name in SIGNERS[:3]})
    collect_approvals(world.plane)
    world.approve(intent)
    world.plane = dataclasses.replace(world.plane, transports={name: everybody[name] for name in SIGNERS[2:]})
    assert world.settle(intent) is PayoutState.BROADCAST
    for signer in SIGNERS[3:]:
        with transaction(world.signers[signer].home.engine) as connection:
            assert world.signers[signer].proposals.find(connection, intent.digest()).subject() == intent.digest()
            assert world.signers[signer].proposals.listed(connection).payouts.shown == (), "nobody is asked any more"


def test_a_false_approval_shown_by_the_relay_is_not_kept(world: World) -> None:
    first, second = shown(world), world.planned("w2")
    collect_approvals(world.plane)
    replayed = world.deployment.approve("ada", first.digest())
    world.plane.signer("bern").call(ApprovalsRequest((KnownApprovals(second.digest(), (replayed,), ()),)))
    with transaction(world.signers["bern"].home.engine) as connection:
        assert world.signers["bern"].proposals.approvals(connection, second.digest()) == []


def test_too_many_subjects_are_refused(world: World) -> None:
    many = tuple(KnownApprovals(bytes([n % 256, n // 256]) * 16, (), ()) for n in range(201))
    with pytest.raises(HoldfastError):
        world.plane.signer("bern").call(ApprovalsRequest(many))


# What one party can do to the round


class InWrongHands:
    """A signer's host in the wrong hands: its real keys, and any answer to what is asked about approvals."""

    def __init__(self, node: SignerNode, answer: ApprovalsHeld) -> None:
        self.calls = 0
        self._node = node
        self._answer = answer

    def call(self, request: bytes) -> bytes:
        self.calls += 1
        with contextlib.suppress(EncodingError):
            asked = ApprovalsRequest.decoded(request)
            place = Header(self._node.home.identity.name, EVERYONE, asked.digest(), 0, 0)
            letter = seal_envelope(place, self._answer.encoded(), self._node.home.keys.signing)
            return Reply((letter,), None).encoded()
        return self._node.respond(request)


def with_host(world: World, signer: str, answer: ApprovalsHeld) -> InWrongHands:
    host = InWrongHands(world.signers[signer], answer)
    Takeover(world).with_transports(**{signer: host})
    return host


def test_a_subject_named_over_and_over_is_proposed_once(world: World) -> None:
    intent = world.planned("w1")
    host = with_host(world, "bern", ApprovalsHeld((), (intent.digest(),) * 500))
    collect_approvals(world.plane)
    assert host.calls < 10


def test_a_signer_speaks_for_its_own_page_alone(world: World) -> None:
    intent = shown(world)
    theirs = world.deployment.approve("emi", intent.digest(), page_of("geneva"))
    own = world.deployment.approve("dov", intent.digest(), page_of("bern"))
    with_host(world, "bern", ApprovalsHeld((SubjectApprovals(intent.digest(), (theirs, own)),), ()))
    assert collect_approvals(world.plane).approvals == 1
    on_page(world, "ada", "geneva", intent.digest())
    assert collect_approvals(world.plane).approvals == 1
    with transaction(world.plane.engine) as connection:
        assert set(payout_view(connection, intent.digest()).approved_by) == {"dov", "ada"}


def test_a_signer_that_shows_whom_was_set_aside_ends_no_asking(world: World) -> None:
    intent = shown(world)
    on_page(world, "ada", "geneva", intent.digest())
    on_page(world, "ben", "lugano", intent.digest())
    on_page(world, "emi", "zurich", intent.digest())
    collect_approvals(world.plane)
    with transaction(world.plane.engine) as connection:
        set_approvals_aside(connection, intent.digest(), {"emi"})
        awaiting = update(payouts).where(payouts.c.intent == intent.digest())
        connection.execute(awaiting.values(state=PayoutState.AWAITING.value))
    again = world.deployment.approve("emi", intent.digest(), page_of("bern"))
    with_host(world, "bern", ApprovalsHeld((SubjectApprovals(intent.digest(), (again,)),), ()))
    assert collect_approvals(world.plane).approvals == 0
    node = world.signers["basel"]
    with transaction(node.home.engine) as connection:
        assert {person for person, _, _ in node.proposals.approvals(connection, intent.digest())} == {"ada", "ben"}


def test_another_approval_of_the_same_person_is_not_the_counted_one(world: World) -> None:
    intent = shown(world)
    approve_payout(world.plane, intent.digest(), world.deployment.approve("emi", intent.digest(), page_of("zurich")))
    other = world.deployment.approve("emi", intent.digest(), page_of("bern"))
    for signer in SIGNERS[:3]:
        with_host(world, signer, ApprovalsHeld((SubjectApprovals(intent.digest(), (other,)),), ()))
    assert uncounted_persons(world.plane, intent.digest(), needed=3) == {"emi"}
    assert uncounted_persons(world.plane, intent.digest(), needed=4) == set()


def test_a_slow_signer_has_its_time_and_no_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    intent = shown(world)
    on_page(world, "ada", "geneva", intent.digest())
    bogus = tuple(Approval(f"p{n}", Assertion(b"x", b"", _client_data(page_of("bern")), b"")) for n in range(60))
    with_host(world, "bern", ApprovalsHeld((SubjectApprovals(intent.digest(), bogus),), ()))
    asked: list[str] = []

    def slow(plane: ControlPlane, subject: bytes, approval: Approval) -> PayoutState:
        asked.append(approval.person)
        time.sleep(0.02)
        return approve_payout(plane, subject, approval)

    monkeypatch.setattr(collecting, "BUDGET_S", 0.1)
    monkeypatch.setattr("holdfast.custody.collecting.approve_payout", slow)
    assert collect_approvals(world.plane).approvals == 1
    assert len(asked) < 20


def _client_data(origin: str) -> bytes:
    return json.dumps({"type": "webauthn.get", "origin": origin}).encode()


def test_officers_subjects_are_shown_whatever_else_waits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "MAX_SUBJECTS", 2)
    for reference in ("w1", "w2"):
        world.planned(reference)
    change = propose_roster(world.plane, without_person(world.plane.roster, "emi"), "a thief", "ada")
    collect_approvals(world.plane)
    on_page(world, "ada", "bern", change.digest())
    assert collect_approvals(world.plane).approvals == 1


def test_what_waits_is_asked_about_in_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "MAX_ASKED_BYTES", 600)
    intents = [shown(world, f"w{number}") for number in range(3)]
    for intent in intents:
        on_page(world, "ada", "bern", intent.digest())
    assert collect_approvals(world.plane).approvals == 3
    for intent in intents:
        on_page(world, "ben", "geneva", intent.digest())
    assert collect_approvals(world.plane).approvals == 3


def test_padded_client_data_are_refused() -> None:
    assert Assertion(b"x", b"", b" " * 1_024, b"")
    with pytest.raises(AssertionMalformed):
        Assertion(b"x", b"", b" " * 1_025, b"")
