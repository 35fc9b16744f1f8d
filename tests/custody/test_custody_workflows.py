"""Durable settlement, with DBOS really running."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from holdfast.custody import (
    PayoutState,
    Settled,
    durable_database_url,
    launch,
    resume_stalled,
    settle_payout,
    stop,
)
from holdfast.signer import InProcessTransport
from world import World, copy_world


@pytest.fixture
def settling(sqlite_world: Path, tmp_path: Path) -> Iterator[World]:
    """A deployment whose control plane settles durably."""
    world = copy_world(sqlite_world, tmp_path / "world")
    launch(world.plane, durable_database_url(world.deployment.control))
    yield world
    stop()
    world.close()


def test_what_could_not_be_settled_yet_can_be_settled_later(settling: World) -> None:
    intent = settling.planned("w1")
    early = settle_payout(intent.digest())
    assert (early.state, early.code) == (PayoutState.AWAITING, "payout.not_awaited")
    settling.approve(intent)
    assert settle_payout(intent.digest()) == Settled(PayoutState.BROADCAST)
    assert settle_payout(intent.digest()).code == "payout.not_awaited", "done is done"


def test_a_failed_run_is_not_taken_for_the_next_one_s(settling: World) -> None:
    intent = settling.approved("w1")
    transports = dict(settling.plane.transports)
    settling.plane.transports.clear()  # type: ignore[attr-defined]
    for _ in range(2):
        assert settle_payout(intent.digest()).code == "signing.quorum_unavailable"
    settling.plane.transports.update(transports)  # type: ignore[attr-defined]
    assert settle_payout(intent.digest()).state is PayoutState.BROADCAST


def test_what_stalled_is_resumed_and_one_fault_keeps_nobody_waiting(settling: World) -> None:
    first, second = settling.approved("w1"), settling.approved("w2")
    assert resume_stalled() != [], "never claimed counts as stalled"
    assert resume_stalled() == []
    settling.mine(3)
    for intent in (first, second):
        assert settle_payout(intent.digest()).code == "payout.not_awaited"


def test_a_claim_is_left_alone_until_it_has_stalled(settling: World) -> None:
    intent = settling.approved("w1")
    kept = settling.plane.transports.pop("bern"), settling.plane.transports.pop("basel")  # type: ignore[attr-defined]
    settling.plane.transports.pop("zurich")  # type: ignore[attr-defined]
    assert settle_payout(intent.digest()).code == "signing.quorum_unavailable"
    assert all(isinstance(transport, InProcessTransport) for transport in kept)
    settling.plane.transports["bern"] = kept[0]  # type: ignore[index]
    assert resume_stalled(60) == []
    settling.clock.advance(60)
    assert [settled.state for settled in resume_stalled(60)] == [PayoutState.BROADCAST]
