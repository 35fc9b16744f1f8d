"""A freeze reaches one signer, and the relay keeps it from the others.

Whoever holds every wire can drop what officers send. A signer that knows of a freeze takes part in nothing, so one
informed signer stops every quorum it is in, n - t + 1 of them stop everything, and officers can reach each page.
"""

import itertools

from holdfast.demo.deployment import SIGNERS
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
    lift = takeover.freeze(2, frozen=False, officers=3)
    for request in (takeover.freeze(1), lift, takeover.freeze(3)):
        assert takeover.everywhere(request) == {SIGNED}
    assert takeover.everywhere(lift) == {"freeze.order_invalid"}
    assert takeover.verdicts(movement) == {"freeze.in_force"}


def test_officers_cannot_be_made_to_freeze_for_ever(takeover: Takeover) -> None:
    # A version so high that no lift could follow it.
    assert takeover.everywhere(takeover.freeze(2**62)) == {"freeze.order_invalid"}
    assert takeover.everywhere(takeover.freeze(1_000)) == {SIGNED}
    assert takeover.everywhere(takeover.freeze(1_001, frozen=False, officers=3)) == {SIGNED}
