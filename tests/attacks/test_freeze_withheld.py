"""A freeze reaches one signer, and the relay keeps it from the others.

Whoever holds every wire can drop what officers send. A signer that knows of a freeze takes part in nothing, so one
informed signer stops every quorum it is in, n - t + 1 of them stop everything, and officers can reach each page.
"""

import itertools

from holdfast.demo.deployment import PERSONS, SIGNERS
from holdfast.signer.adoption import MAX_FREEZES_EACH
from signer_rig import SIGNED, Takeover


def test_one_informed_signer_stops_every_quorum_that_it_is_in(takeover: Takeover) -> None:
    movement = takeover.movement(takeover.world.approved("honest", 20_000_000))
    assert takeover.ask("bern", takeover.freeze()) == SIGNED
    for number, others in enumerate(itertools.combinations([name for name in SIGNERS if name != "bern"], 2)):
        quorum = tuple(sorted(("bern", *others)))
        assert takeover.begin(movement, quorum, attempt=bytes([number])).refusals == {"bern": "freeze.in_force"}


def test_freeze_known_to_three_of_five_stops_everything(takeover: Takeover) -> None:
    movement = takeover.movement(takeover.world.approved("honest", 20_000_000))
    for signer in SIGNERS[:3]:
        assert takeover.ask(signer, takeover.freeze()) == SIGNED
    for number, quorum in enumerate(itertools.combinations(sorted(SIGNERS), 3)):
        assert takeover.sign(movement, quorum, attempt=bytes([number])) == {"freeze.in_force"}


def test_lift_replayed_over_a_newer_freeze(takeover: Takeover) -> None:
    movement = takeover.movement(takeover.world.approved("honest", 20_000_000))
    drill = takeover.freeze(1)
    lift = takeover.lift(drill)
    for request in (drill, lift, takeover.freeze(2)):
        assert takeover.everywhere(request) == {SIGNED}
    assert takeover.everywhere(lift) == {SIGNED}
    assert takeover.verdicts(movement) == {"freeze.in_force"}


def test_a_drill_s_lift_kept_from_some_signers_does_not_lift_their_first_freeze(takeover: Takeover) -> None:
    """A drill at one signer, lifted there; then officers freeze the others in earnest, for the first time."""
    movement = takeover.movement(takeover.world.approved("honest", 20_000_000))
    drill = takeover.freeze(1)
    lift = takeover.lift(drill)
    for request in (drill, lift):
        assert takeover.ask("bern", request) == SIGNED
    for number, (signer, officer) in enumerate(zip(SIGNERS[1:], PERSONS[1:], strict=True), start=2):
        assert takeover.ask(signer, takeover.freeze(number, officer=officer, signer=signer)) == SIGNED
    for signer in SIGNERS[1:]:
        # The relay hands on what it has: the drill, its lift, in either order.
        for request in (lift, drill, lift):
            takeover.ask(signer, request)
    assert takeover.verdicts(movement) == {"freeze.in_force", SIGNED}
    assert {name for name in SIGNERS if takeover.plane.signer(name).status().frozen} == set(SIGNERS[1:])


def test_old_freezes_do_not_crowd_out_a_new_one(takeover: Takeover) -> None:
    """The relay shows a signer what was lifted elsewhere, so that the lifts, handed over later, leave nothing."""
    drills = [takeover.freeze(number) for number in range(MAX_FREEZES_EACH - 1)]
    for drill in drills:
        assert takeover.ask("bern", drill) == SIGNED
    earnest = takeover.freeze(100)
    assert takeover.ask("bern", earnest) == SIGNED
    for drill in drills:
        assert takeover.ask("bern", takeover.lift(drill)) == SIGNED
    assert takeover.plane.signer("bern").status().freezes == (earnest.order.digest(),)
