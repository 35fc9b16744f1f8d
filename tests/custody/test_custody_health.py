"""How the signers are: whoever answers is believed, and whoever does not is waited for so long and no longer."""

import time
from dataclasses import replace

from holdfast.custody import FreezeStanding, able_members, freeze_standing, signer_health
from world import World

EVERYBODY = ("bern", "geneva", "lugano", "basel", "zurich")


class Slow:
    """A way to a signer that takes its time."""

    def call(self, request: bytes) -> bytes:
        """Nothing, late."""
        time.sleep(1)
        return b""


class Talkative:
    """A way to somebody who is no signer."""

    def call(self, request: bytes) -> bytes:
        """Nonsense."""
        return b"hello"


def test_all_answer_in_the_rosters_order(world: World) -> None:
    health = signer_health(world.plane)
    assert [(each.name, each.code) for each in health] == [(name, None) for name in EVERYBODY]
    assert able_members(health, "hot", 1) == 5
    assert able_members(health, "hot", 2) == able_members(health, "cold", 1) == 0


def test_a_slow_one_is_not_waited_for(world: World) -> None:
    transports = dict(world.plane.transports) | {"basel": Slow(), "zurich": Talkative()}
    del transports["bern"]
    began = time.monotonic()
    health = {each.name: each.code for each in signer_health(replace(world.plane, transports=transports), wait_s=0.4)}
    assert time.monotonic() - began < 0.9
    assert health == {
        "bern": "signer.unavailable",
        "geneva": None,
        "lugano": None,
        "basel": "signer.unavailable",
        "zurich": "signer.unavailable",
    }


def test_signers_of_another_house_are_not_counted(world: World) -> None:
    other = replace(world.plane, genesis=replace(world.plane.genesis, venue="Another House"))
    health = signer_health(other)
    assert {each.code for each in health} == {"signer.genesis_mismatch"}
    assert able_members(health, "hot", 1) == 0


def test_freeze_standing_needs_answers(world: World) -> None:
    health = signer_health(world.plane)
    assert freeze_standing(health, EVERYBODY, 3) is FreezeStanding.NOT_SET
    assert freeze_standing(health[:3], EVERYBODY, 3) is FreezeStanding.NOT_SET
    assert freeze_standing(health[:2], EVERYBODY, 3) is FreezeStanding.UNDETERMINED
    assert freeze_standing((), EVERYBODY, 3) is FreezeStanding.UNDETERMINED
