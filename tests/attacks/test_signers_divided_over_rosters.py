"""Two approved roster changes, or one handed to a few signers only: can signers be divided for ever?

Officers may well approve two changes of one version, and whoever holds the wires chooses who hears of which. A signer
is ready for one change a version; a change comes into force with the letters of so many signers that no other
can (four of five), which then bring everybody else to it, however late.
"""

import dataclasses

import pytest

from holdfast.authority import APPROVER, EVERYONE, Envelope, Header, Roster, RosterChange, seal_envelope
from holdfast.custody import (
    collect_approvals,
    cosign_log,
    enact_subjects,
    propose_roster,
    with_device,
    without_person,
)
from holdfast.custody.models import subjects
from holdfast.demo.authenticator import SoftwareAuthenticator
from holdfast.demo.deployment import CHANGE_DELAY_S, PERSONS, SIGNERS, page_of
from holdfast.signer import RosterAdoption, RosterReady, SignerRefused, SignerTransport, SignerUnavailable
from holdfast.signer.messages import Reply
from holdfast.store import transaction
from signer_rig import SIGNED, Takeover
from world import World


@pytest.fixture
def world(takeover: Takeover) -> World:
    """A deployment whose wires are in the attacker's hands."""
    return takeover.world


def approved(world: World, roster: Roster, reason: str) -> RosterChange:
    """A change that three officers have approved."""
    change = propose_roster(world.plane, roster, reason, "ada")
    cosign_log(world.plane)
    collect_approvals(world.plane)
    for person, signer in zip(PERSONS[:3], SIGNERS, strict=False):
        assertion = world.deployment.persons[person].assertion(change.digest(), page_of(signer))
        world.signers[signer].proposals.approve(change.digest(), assertion)
    collect_approvals(world.plane)
    return change


def joined(world: World, name: str) -> Roster:
    device = SoftwareAuthenticator("localhost", name)
    return with_device(world.plane.roster, name, device.credential, (APPROVER,))


def reaching(world: World, *signers: str) -> None:
    """Let the control plane reach only these signers."""
    transports = {name: world.plane.transports[name] for name in signers}
    world.plane = dataclasses.replace(world.plane, transports=transports)


def rosters(world: World) -> set[bytes]:
    return {node.roster.digest() for node in world.signers.values()}


class Dropping:
    """A wire that loses one request of a kind."""

    def __init__(self, inner: SignerTransport, lost: bytes) -> None:
        self._inner, self._lost, self._done = inner, lost, False

    def call(self, request: bytes) -> bytes:
        if not self._done and self._lost in request:
            self._done = True
            raise SignerUnavailable("dropped")
        return self._inner.call(request)


@pytest.mark.parametrize("lost", [b"holdfast/request/roster", b"holdfast/request/adopt-roster"])
def test_lost_messages_divide_nobody(world: World, lost: bytes) -> None:
    first, second = approved(world, joined(world, "fay"), "fay"), approved(world, joined(world, "gil"), "gil")
    whole = world.plane
    world.clock.advance(CHANGE_DELAY_S)
    flaky = {
        name: Dropping(wire, lost) if place > 1 else wire for place, (name, wire) in enumerate(whole.transports.items())
    }
    enact_subjects(dataclasses.replace(whole, transports=flaky))
    for _ in range(2):
        enact_subjects(whole)
    (adopted,) = rosters(world)
    assert adopted in (first.roster.digest(), second.roster.digest())


def test_a_signer_is_ready_for_one_change_a_version(world: World) -> None:
    whole = world.plane
    approved(world, without_person(whole.roster, "emi"), "one")
    reaching(world, *SIGNERS[:2])
    enact_subjects(world.plane)
    world.plane = whole
    with transaction(whole.engine) as connection:
        connection.execute(subjects.update().values(state="ended"))
    other = approved(world, without_person(whole.roster, "dov"), "other")
    enact_subjects(whole)
    # Three signers are ready for the other: not enough while two have vouched for the first.
    assert rosters(world) == {whole.genesis.roster.digest()}
    assert other.roster.version == 2


@pytest.mark.parametrize("in_time", [SIGNERS[:3], SIGNERS[2:]])
def test_a_change_that_a_majority_was_ready_for_in_time_still_comes_into_force(
    world: World, in_time: tuple[str, ...]
) -> None:
    whole = world.plane
    change = approved(world, without_person(whole.roster, "emi"), "leaves")
    reaching(world, *in_time)
    enact_subjects(world.plane)
    world.plane = whole
    world.clock.advance(8 * 86_400)
    enact_subjects(whole)
    assert rosters(world) == {change.roster.digest()}


@pytest.mark.parametrize("ended", [True, False])
def test_a_change_that_a_few_were_ready_for_in_time_is_approved_anew(world: World, ended: bool) -> None:
    """Those few are ready for its roster for ever: the same roster, in another change, has them with it."""
    whole = world.plane
    roster = without_person(whole.roster, "emi")
    approved(world, roster, "leaves")
    reaching(world, *SIGNERS[:2])
    enact_subjects(world.plane)
    world.plane = whole
    world.clock.advance(8 * 86_400)
    # With two of those who have not heard of it away, it is not sure that it has come to nothing.
    reaching(world, *(SIGNERS if ended else SIGNERS[:4]))
    assert enact_subjects(world.plane) == ended
    assert rosters(world) == {whole.genesis.roster.digest()}
    world.plane = whole
    approved(world, roster, "leaves, as agreed last week")
    reaching(world, *SIGNERS[:4])
    enact_subjects(world.plane)
    world.plane = dataclasses.replace(world.plane, transports=whole.transports)
    enact_subjects(world.plane)
    assert rosters(world) == {roster.digest()}


def test_a_signer_away_for_months_is_brought_to_the_newest(world: World) -> None:
    whole = world.plane
    reaching(world, *SIGNERS[:4])
    for person in ("emi", "dov"):
        approved(world, without_person(world.plane.roster, person), "leaves")
        enact_subjects(world.plane)
    assert world.signers[SIGNERS[4]].roster.version == 1
    world.clock.advance(90 * 86_400)
    world.plane = dataclasses.replace(world.plane, transports=whole.transports)
    enact_subjects(world.plane)
    assert {node.roster.version for node in world.signers.values()} == {3}


def test_too_few_or_borrowed_letters_adopt_nothing(world: World) -> None:
    takeover = Takeover(world)
    change = approved(world, without_person(world.plane.roster, "emi"), "leaves")
    other = dataclasses.replace(change, roster=without_person(world.plane.roster, "dov"))
    reaching(world, *SIGNERS[:3])
    enact_subjects(world.plane)
    assert takeover.ask("bern", RosterAdoption(change, ())) == "roster.not_ready"
    enough = _letters(world, change)
    assert takeover.ask("bern", RosterAdoption(change, enough[:3] + enough[:1])) == "roster.not_ready"
    assert takeover.ask("bern", RosterAdoption(other, enough)) == "envelope.misdirected"
    assert rosters(world) == {world.plane.genesis.roster.digest()}
    assert takeover.ask("bern", RosterAdoption(change, enough)) == SIGNED


def _letters(world: World, change: RosterChange) -> tuple[Envelope, ...]:
    """Letters of four signers, sealed with their own keys."""
    place = change.roster.digest()
    ready = RosterReady(place, change.roster.version).encoded()
    return tuple(
        seal_envelope(Header(name, EVERYONE, place, 0, 0), ready, world.signers[name].home.keys.signing)
        for name in SIGNERS[:4]
    )


def test_a_false_acknowledgement_moves_nobody(world: World) -> None:
    """Wires that answer "done" to everything, unsigned."""

    class Yes:
        def __init__(self, inner: SignerTransport) -> None:
            self._inner = inner

        def call(self, request: bytes) -> bytes:
            return Reply((), None).encoded() if b"roster" in request[:60] else self._inner.call(request)

    approved(world, without_person(world.plane.roster, "emi"), "leaves")
    lying = {name: Yes(wire) for name, wire in world.plane.transports.items()}
    assert enact_subjects(dataclasses.replace(world.plane, transports=lying)) == 0
    assert world.plane.roster.version == 1


def test_nobody_joins_while_a_freeze_is_in_force(world: World) -> None:
    takeover = Takeover(world)
    change, freeze = approved(world, joined(world, "mallory"), "a stranger"), takeover.freeze()
    takeover.everywhere(freeze)
    world.clock.advance(CHANGE_DELAY_S)
    assert enact_subjects(world.plane) == 0
    assert takeover.ask("bern", RosterAdoption(change, _letters(world, change))) == "freeze.in_force"
    takeover.everywhere(takeover.lift(freeze))
    assert enact_subjects(world.plane) == 1
    assert rosters(world) == {change.roster.digest()}


def test_somebody_leaves_even_while_a_freeze_is_in_force(world: World) -> None:
    takeover = Takeover(world)
    takeover.everywhere(takeover.freeze())
    approved(world, without_person(world.plane.roster, "emi"), "leaves")
    assert enact_subjects(world.plane) == 1


def test_a_session_begun_before_a_removal_is_not_finished_after_it(world: World) -> None:
    takeover = Takeover(world)
    opened = takeover.begin(takeover.movement(world.approved("w1")))
    assert opened.refusals == {}
    approved(world, without_person(world.plane.roster, "ada"), "her device was stolen")
    enact_subjects(world.plane)
    assert takeover.finish(opened) == {"roster.version_unknown"}


def test_a_change_waits_on_the_page_too(world: World) -> None:
    """Logged long ago, shown only now: people have not had the time to object."""
    change = propose_roster(world.plane, joined(world, "fay"), "quietly", "ada")
    cosign_log(world.plane)
    world.clock.advance(CHANGE_DELAY_S)
    collect_approvals(world.plane)
    for person, signer in zip(PERSONS[:3], SIGNERS, strict=False):
        assertion = world.deployment.persons[person].assertion(change.digest(), page_of(signer))
        world.signers[signer].proposals.approve(change.digest(), assertion)
    collect_approvals(world.plane)
    assert enact_subjects(world.plane) == 0
    world.clock.advance(CHANGE_DELAY_S)
    assert enact_subjects(world.plane) == 1


def test_a_refused_letter_says_so(world: World) -> None:
    with pytest.raises(SignerRefused):
        world.plane.signer("bern").call(RosterAdoption(approved(world, joined(world, "fay"), "x"), ()))
