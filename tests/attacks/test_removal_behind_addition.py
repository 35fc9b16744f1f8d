"""A stolen device is taken out while an addition waits for its delay: does the removal wait with it, or get lost?

Signers are ready for one roster a version, so only one change may be offered at a time; which one, has to be right.
"""

import dataclasses
import itertools
import random

import pytest

from holdfast.authority import APPROVER, RosterChange
from holdfast.custody import (
    SubjectState,
    enact_subjects,
    propose_roster,
    subject_views,
    with_device,
    without_person,
)
from holdfast.demo.authenticator import SoftwareAuthenticator
from holdfast.demo.deployment import CHANGE_DELAY_S, SIGNERS
from holdfast.signer import SignerTransport, SignerUnavailable
from holdfast.store import transaction
from signer_rig import Takeover
from world import World


@pytest.fixture
def world(takeover: Takeover) -> World:
    return takeover.world


def addition(takeover: Takeover, name: str = "fay") -> RosterChange:
    plane, device = takeover.world.plane, SoftwareAuthenticator("localhost", name).credential
    change = propose_roster(plane, with_device(plane.roster, name, device, (APPROVER,)), f"{name} joins", "ada")
    takeover.officers_approve(change.digest())
    return change


def removal(takeover: Takeover, name: str = "emi") -> RosterChange:
    plane = takeover.world.plane
    change = propose_roster(plane, without_person(plane.roster, name), f"{name}'s device was stolen", "ben")
    takeover.officers_approve(change.digest())
    return change


def rosters(world: World) -> set[bytes]:
    return {node.roster.digest() for node in world.signers.values()}


def states(world: World) -> dict[bytes, SubjectState]:
    with transaction(world.plane.engine) as connection:
        return {view.digest: view.state for view in subject_views(world.plane, connection)}


class Losing:
    """A wire that loses requests, or their answers."""

    def __init__(self, inner: SignerTransport, chance: random.Random) -> None:
        self._inner, self._chance = inner, chance

    def call(self, request: bytes) -> bytes:
        if self._chance.random() < 0.3:
            raise SignerUnavailable("lost on its way")
        answer = self._inner.call(request)
        if self._chance.random() < 0.3:
            raise SignerUnavailable("lost on its way back")
        return answer


@pytest.mark.parametrize("asked_before", [0, 3])
def test_a_removal_does_not_wait_behind_an_addition(takeover: Takeover, asked_before: int) -> None:
    world = takeover.world
    added = addition(takeover)
    for _ in range(asked_before):
        assert enact_subjects(world.plane) == 0
    removed = removal(takeover)
    assert enact_subjects(world.plane) == 1
    assert rosters(world) == {removed.roster.digest()}
    assert states(world)[added.digest()] is SubjectState.ENDED


def test_nor_while_a_signer_is_away_and_a_freeze_is_in_force(takeover: Takeover) -> None:
    world, whole = takeover.world, takeover.world.plane
    addition(takeover)
    world.clock.advance(CHANGE_DELAY_S)
    takeover.everywhere(takeover.freeze())
    reached = {name: whole.transports[name] for name in SIGNERS[:4]}
    for _ in range(2):
        assert enact_subjects(dataclasses.replace(whole, transports=reached)) == 0
    removed = removal(takeover)
    assert enact_subjects(dataclasses.replace(whole, transports=reached)) == 1
    enact_subjects(whole)
    assert rosters(world) == {removed.roster.digest()}


@pytest.mark.parametrize("reached", list(itertools.combinations(SIGNERS, 2))[::3])
def test_what_some_are_ready_for_comes_first(takeover: Takeover, reached: tuple[str, ...]) -> None:
    """Two are ready for the addition, and not reached when the removal comes: the others must not be divided."""
    world, whole = takeover.world, takeover.world.plane
    added = addition(takeover)
    world.clock.advance(CHANGE_DELAY_S)
    enact_subjects(dataclasses.replace(whole, transports={name: whole.transports[name] for name in reached}))
    removed = removal(takeover)
    others = {name: wire for name, wire in whole.transports.items() if name not in reached}
    assert enact_subjects(dataclasses.replace(whole, transports=others)) == 0
    enact_subjects(whole)
    assert rosters(world) == {added.roster.digest()}
    assert states(world)[removed.digest()] is SubjectState.ENDED


@pytest.mark.parametrize("seed", range(12))
def test_no_loss_of_messages_has_signers_ready_for_two(takeover: Takeover, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - what is lost, from one seed
    world, whole = takeover.world, takeover.world.plane
    lossy = dataclasses.replace(
        whole, transports={name: Losing(wire, chance) for name, wire in whole.transports.items()}
    )
    addition(takeover)
    if chance.random() < 0.5:
        world.clock.advance(CHANGE_DELAY_S - 10)
    for _ in range(chance.randrange(3)):
        enact_subjects(lossy)
    if lossy.roster.version == 1:
        removal(takeover)
    for _ in range(3):
        enact_subjects(lossy)
        world.clock.advance(chance.choice([1, 60, CHANGE_DELAY_S // 2]))
    for _ in range(3):
        enact_subjects(whole)
        world.clock.advance(CHANGE_DELAY_S)
    assert len(rosters(world)) == 1, f"seed {seed}"
    assert rosters(world) != {whole.genesis.roster.digest()}, f"seed {seed}"
