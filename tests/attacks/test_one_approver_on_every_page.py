"""One approver keeps everybody else from approving: on every signer's page at once, or with one counter for two things.

Promise: whoever is asked to approve can approve or not; nobody alone decides that a payout, or their own removal, never
comes about.
"""

import pytest

from holdfast.authority import Approval, Intent
from holdfast.custody import (
    PayoutState,
    SignersRefused,
    approve_payout,
    collect_approvals,
    cosign_log,
    payout_view,
    propose_roster,
    without_person,
)
from holdfast.demo.deployment import PERSONS, SIGNERS, page_of
from holdfast.signer import ApprovalsRequest, AuthenticatorCloned, KnownApprovals
from holdfast.store import transaction
from page_rig import Page
from signer_rig import Takeover
from world import World


@pytest.fixture
def world(takeover: Takeover) -> World:
    """A deployment in honest hands, but for one approver's."""
    return takeover.world


def on_page(world: World, person: str, signer: str, subject: bytes, counter: int | None = None) -> None:
    """A person approves on a signer's page; ``counter``: what their authenticator is made to say."""
    device = world.deployment.persons[person]
    if counter is not None:
        device._sign_count = counter - 1
    world.signers[signer].proposals.approve(subject, device.assertion(subject, page_of(signer)))


def approved_by(world: World, subject: bytes) -> tuple[str, ...]:
    with transaction(world.plane.engine) as connection:
        return payout_view(connection, subject).approved_by


def test_whoever_approves_on_all_pages_is_left_on_one(world: World) -> None:
    subject = world.planned("w1").digest()
    collect_approvals(world.plane)
    for signer in SIGNERS:
        on_page(world, "emi", signer, subject)
    collect_approvals(world.plane)
    for person, signer in zip(("ada", "ben"), SIGNERS[1:], strict=False):
        on_page(world, person, signer, subject)
    collect_approvals(world.plane)
    assert set(approved_by(world, subject)) == {"emi", "ada", "ben"}


def test_nobody_blocks_their_own_removal(world: World) -> None:
    change = propose_roster(world.plane, without_person(world.plane.roster, "emi"), "a thief", "ada")
    cosign_log(world.plane)
    collect_approvals(world.plane)
    for signer in SIGNERS:
        on_page(world, "emi", signer, change.digest())
    collect_approvals(world.plane)
    for person, signer in zip(("ada", "ben", "chiara"), SIGNERS[1:], strict=False):
        on_page(world, person, signer, change.digest())
    assert collect_approvals(world.plane).approvals >= 2


def test_whoever_shares_a_page_is_asked_for_another(world: World) -> None:
    """The control plane counts another's approval on this page: the page says so, and the person goes elsewhere."""
    subject = world.planned("w1").digest()
    collect_approvals(world.plane)
    on_page(world, "ada", "bern", subject)
    approve_payout(world.plane, subject, world.deployment.approve("emi", subject, page_of("bern")))
    collect_approvals(world.plane)
    on_page(world, "ada", "geneva", subject)
    collect_approvals(world.plane)
    assert set(approved_by(world, subject)) == {"emi", "ada"}


def test_a_counter_is_good_for_one_thing_on_a_page(world: World) -> None:
    one, two = world.planned("w1").digest(), world.planned("w2").digest()
    collect_approvals(world.plane)
    on_page(world, "ada", "bern", one, counter=7)
    with pytest.raises(AuthenticatorCloned):
        on_page(world, "ada", "bern", two, counter=7)


def set_aside(world: World) -> Intent:
    """A payout whose third approval, ada's, was set aside: it waits for another person."""
    one, two = world.planned("w1", 11_000_000), world.planned("w2", 11_000_000)
    collect_approvals(world.plane)
    for signer in SIGNERS[:3]:
        on_page(world, "ada", signer, one.digest(), counter=7)
    on_page(world, "ada", "zurich", two.digest(), counter=7)
    on_page(world, "ben", "geneva", two.digest())
    on_page(world, "chiara", "lugano", two.digest())
    collect_approvals(world.plane)
    with pytest.raises(SignersRefused):
        world.settle(two)
    return two


def test_a_repeated_counter_is_not_counted_and_not_final(world: World) -> None:
    two = set_aside(world)
    with transaction(world.plane.engine) as connection:
        view = payout_view(connection, two.digest())
    assert (view.state, view.code) == (PayoutState.AWAITING, "approval.authenticator_cloned")
    assert set(view.approved_by) == {"ben", "chiara"}
    collect_approvals(world.plane)
    assert set(approved_by(world, two.digest())) == {"ben", "chiara"}
    on_page(world, "dov", "basel", two.digest())
    collect_approvals(world.plane)
    assert world.settle(two) is PayoutState.BROADCAST


def test_a_cloned_approval_that_the_relay_shows_is_not_kept(world: World) -> None:
    one, two = world.planned("w1").digest(), world.planned("w2").digest()
    collect_approvals(world.plane)
    on_page(world, "ada", "bern", one, counter=9)
    device = world.deployment.persons["ada"]
    device._sign_count = 8
    approve_payout(world.plane, two, Approval("ada", device.assertion(two, page_of("zurich"))))
    collect_approvals(world.plane)
    node = world.signers["bern"]
    with transaction(node.home.engine) as connection:
        assert node.proposals.approvals(connection, two) == []
        assert [person for person, _, _ in node.proposals.approvals(connection, one)] == ["ada"]


def twice_with_one_counter(world: World, subject: bytes, other: bytes, counter: int) -> None:
    """Emi approves both on four pages, then the first on the fifth with the counter that she spent on the other."""
    first, others = SIGNERS[0], SIGNERS[1:]
    for signer in others:
        on_page(world, "emi", signer, other, counter)
    for signer in others:
        on_page(world, "emi", signer, subject, counter + 1)
    on_page(world, "emi", first, subject, counter)
    collect_approvals(world.plane)


def test_a_counted_approval_that_pages_do_not_keep_takes_no_page(world: World) -> None:
    subject, other = world.planned("w1").digest(), world.planned("w2").digest()
    collect_approvals(world.plane)
    twice_with_one_counter(world, subject, other, counter=7)
    for person, signer in zip(PERSONS[:3], SIGNERS[1:], strict=False):
        on_page(world, person, signer, subject)
    collect_approvals(world.plane)
    assert len(approved_by(world, subject)) == 3


def test_whose_counter_repeated_cannot_take_the_page_again(world: World) -> None:
    subject, other = world.planned("w1").digest(), world.planned("w2").digest()
    collect_approvals(world.plane)
    twice_with_one_counter(world, subject, other, counter=7)
    with pytest.raises(AuthenticatorCloned):
        on_page(world, "emi", SIGNERS[1], subject, counter=100)
    on_page(world, "ada", SIGNERS[1], subject)


def test_nobody_blocks_their_own_removal_with_one_counter(world: World) -> None:
    change = propose_roster(world.plane, without_person(world.plane.roster, "emi"), "a thief", "ada")
    other = world.planned("w1").digest()
    cosign_log(world.plane)
    collect_approvals(world.plane)
    twice_with_one_counter(world, change.digest(), other, counter=7)
    for person, signer in zip(PERSONS[:3], SIGNERS[1:], strict=False):
        on_page(world, person, signer, change.digest())
    assert collect_approvals(world.plane).approvals >= 2


def test_one_counter_does_not_keep_an_approved_payout_unsigned(world: World) -> None:
    """One approver is enough for it, and that one's approval is not what most signers hold of them."""
    small, other = world.planned("w1", 1_500_000), world.planned("w2", 1_000_000)
    collect_approvals(world.plane)
    twice_with_one_counter(world, small.digest(), other.digest(), counter=7)
    with pytest.raises(SignersRefused):
        world.settle(small)
    assert approved_by(world, small.digest()) == ()
    collect_approvals(world.plane)
    on_page(world, "ada", SIGNERS[1], small.digest())
    collect_approvals(world.plane)
    assert world.settle(small) is PayoutState.BROADCAST


def test_whoever_was_set_aside_does_not_end_the_asking(world: World) -> None:
    subject = set_aside(world).digest()
    assert collect_approvals(world.plane).approvals == 0
    for signer in SIGNERS:
        with pytest.raises(AuthenticatorCloned):
            on_page(world, "ada", signer, subject, counter=100)
        page = Page(world, signer)
        assert 'id="enough"' not in page.get(f"/intents/{subject.hex()}").text
        assert subject.hex() in page.get("/").text, "it is still listed"
    on_page(world, "dov", "bern", subject)
    collect_approvals(world.plane)
    assert set(approved_by(world, subject)) == {"ben", "chiara", "dov"}


def test_an_officers_proposal_forgets_nobody_at_the_relays_word(world: World) -> None:
    change = propose_roster(world.plane, without_person(world.plane.roster, "emi"), "a thief", "ada")
    cosign_log(world.plane)
    collect_approvals(world.plane)
    on_page(world, "ada", "bern", change.digest())
    world.plane.signer("bern").call(ApprovalsRequest((KnownApprovals(change.digest(), (), ("ada", "ben")),)))
    on_page(world, "ben", "geneva", change.digest())
    assert collect_approvals(world.plane).approvals == 2
