"""An older sanctions list is offered again, so that somebody who has been listed since can be paid.

The replay and freeze attacks on package managers (Cappos et al., "A Look in the Mirror", 2008), on a list instead.
"""

from holdfast.demo.deployment import SIGNERS
from holdfast.signer import ListRequest
from signer_rig import SIGNED, Takeover
from world import DAY_S, bitcoin_address

LISTED = bitcoin_address(77)


def test_older_list_is_refused_even_after_a_restart(takeover: Takeover) -> None:
    movement = takeover.movement(takeover.world.approved("listed", 20_000_000, LISTED))
    assert takeover.everywhere(ListRequest(takeover.snapshot(LISTED))) == {SIGNED}
    older = ListRequest(takeover.world.deployment.sanctions())
    assert takeover.everywhere(older) == {"screening.snapshot_rolled_back"}
    for signer in SIGNERS:
        takeover.restart(signer)
    assert takeover.everywhere(older) == {"screening.snapshot_rolled_back"}
    assert takeover.verdicts(movement) == {"screening.destination_sanctioned"}


def test_list_kept_back_ends_signing_when_it_is_too_old(takeover: Takeover) -> None:
    clock, screen = takeover.world.clock, takeover.plane.screen
    clock.advance(screen.snapshot.as_of_s + 600 * DAY_S - clock.now_s())
    movement = takeover.movement(takeover.world.approved("kept back", 20_000_000))
    assert takeover.verdicts(movement) == {SIGNED}
    clock.advance(1)
    assert takeover.verdicts(movement, attempt=b"later") == {"screening.snapshot_stale"}
    fresh = takeover.snapshot(as_of_s=clock.now_s())
    assert takeover.everywhere(ListRequest(fresh)) == {SIGNED}
    assert takeover.verdicts(movement, attempt=b"later") == {SIGNED}


def test_list_of_the_future_does_not_stay_fresh_for_ever(takeover: Takeover) -> None:
    movement = takeover.movement(takeover.world.approved("future", 20_000_000))
    ahead = takeover.snapshot(as_of_s=takeover.world.clock.now_s() + 2 * DAY_S)
    assert takeover.everywhere(ListRequest(ahead)) == {SIGNED}
    assert takeover.verdicts(movement) == {"screening.snapshot_stale"}
