"""From a person's approval on a signer's page to the books, and what is not let through on the way."""

import dataclasses

import pytest
from sqlalchemy import delete, update

from holdfast.authority import (
    AssertionCredentialUnknown,
    AssertionUserNotVerified,
    AssertionWrongOrigin,
    Intent,
    IntentExpired,
    PageShared,
)
from holdfast.custody import PayoutState, approve_payout, collect_approvals, payout_view
from holdfast.custody.models import draft_inputs, drafts
from holdfast.demo.authenticator import SoftwareAuthenticator
from holdfast.demo.deployment import PERSONS, SIGNERS, page_of
from holdfast.errors import HoldfastError
from holdfast.screening import DestinationSanctioned
from holdfast.signer import ApprovalsRequest, ListRequest, ProposalUnknown, SubjectApprovals
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
            assert node.proposals.listed(connection) == [], "nobody is asked any more"
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


def test_a_false_approval_shown_by_the_relay_is_not_kept(world: World) -> None:
    first, second = shown(world), world.planned("w2")
    collect_approvals(world.plane)
    replayed = world.deployment.approve("ada", first.digest())
    world.plane.signer("bern").call(ApprovalsRequest((SubjectApprovals(second.digest(), (replayed,)),)))
    with transaction(world.signers["bern"].home.engine) as connection:
        assert world.signers["bern"].proposals.approvals(connection, second.digest()) == []


def test_too_many_subjects_are_refused(world: World) -> None:
    many = tuple(SubjectApprovals(bytes([n % 256, n // 256]) * 16, ()) for n in range(201))
    with pytest.raises(HoldfastError):
        world.plane.signer("bern").call(ApprovalsRequest(many))
