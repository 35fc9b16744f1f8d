"""Messages between relay and signers that are lost, doubled, late or mixed up, from one seed: safe always, and live
once it stops.

``HOLDFAST_SEED=17`` replays one seed alone.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import pytest

from faults.auditor import Auditor
from faults.children import WatchedSigner, signed_order
from holdfast.custody import (
    CeremonyFailed,
    ControlPlane,
    PayoutState,
    broadcast_payout,
    claim_payout,
    generate_key,
    payout_view,
    plan_payout,
    request_withdrawal,
    sign_payout,
)
from holdfast.demo.deployment import PERSONS, VAULT
from holdfast.errors import HoldfastError
from holdfast.signer import InProcessTransport, SignerTransport, SignerUnavailable
from holdfast.store import transaction
from world import NOW_S, World, build_template, copy_world

PAYMENTS, CEREMONIES = 40, 15
"""How many seeds there are of each."""

TRIES = 4
"""How often one payout or ceremony is tried before the network heals."""

AMOUNT_SAT = 1_000_000
APART_S = 7_200


@dataclass
class Network:
    """What becomes of messages, from one seed."""

    random: Random
    ill: bool = True
    late: list[tuple[SignerTransport, bytes]] = field(default_factory=list)

    def befalls(self, probability: float) -> bool:
        """Whether this message meets a fate of that probability."""
        return self.ill and self.random.random() < probability

    def deliver_late(self) -> None:
        """Let some of the requests that were given up arrive after all, in any order; nobody hears the answers."""
        self.random.shuffle(self.late)
        while self.late and self.random.random() < 0.5:
            signer, request = self.late.pop()
            signer.call(request)


@dataclass
class LossyTransport:
    """A way to one signer over that network."""

    network: Network
    signer: SignerTransport
    replies: list[bytes] = field(default_factory=list)

    def call(self, request: bytes) -> bytes:
        """Carry a request, or not, or twice, or later; and an answer, or none, or an earlier one."""
        self.network.deliver_late()
        if self.network.befalls(0.06):
            raise SignerUnavailable("the request was lost")
        if self.network.befalls(0.06):
            self.network.late.append((self.signer, request))
            raise SignerUnavailable("the request is late")
        replies = [self.signer.call(request) for _ in range(2 if self.network.befalls(0.15) else 1)]
        self.replies += replies
        if self.network.befalls(0.06):
            raise SignerUnavailable("the answer was lost")
        if self.network.befalls(0.04):
            return self.network.random.choice(self.replies)
        return self.network.random.choice(replies)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A founded deployment to copy."""
    return build_template(tmp_path_factory.mktemp("founded") / "lossy")


@pytest.fixture
def world(template: Path, tmp_path: Path) -> Iterator[World]:
    """A deployment in this process, whose signers' released shares are noted."""
    opened = copy_world(template, tmp_path / "world")
    opened.signers = {name: WatchedSigner(node.home, opened.clock) for name, node in opened.signers.items()}
    yield opened
    opened.close()


def lossy(world: World, seed: int) -> tuple[ControlPlane, Network]:
    """The control plane with nothing but a lossy network to its signers."""
    network = Network(Random(seed))  # noqa: S311 - to be replayed, not to be secret
    transports = {name: LossyTransport(network, InProcessTransport(node)) for name, node in world.signers.items()}
    return replace(world.plane, transports=transports), network


def seeds(count: int) -> range:
    """The seed to be replayed, or as many as there are."""
    replayed = os.environ.get("HOLDFAST_SEED")
    return range(count) if replayed is None else range(int(replayed), int(replayed) + 1)


def state_of(plane: ControlPlane, intent: bytes) -> PayoutState:
    """Where a payout stands."""
    with transaction(plane.engine) as connection:
        return payout_view(connection, intent).state


def settle(plane: ControlPlane, intent: bytes) -> None:
    """The steps of settlement, as far as the network lets them."""
    fence = claim_payout(plane, intent)
    sign_payout(plane, intent, fence)
    broadcast_payout(plane, intent, fence)


def test_a_lossy_network_neither_doubles_nor_ends_a_payment(world: World) -> None:
    auditor, failures = Auditor(world.plane, world.deployment), 0
    for seed in seeds(PAYMENTS):
        world.clock.seconds = NOW_S + seed * APART_S
        plane, network = lossy(world, seed)
        reference = f"w{seed}"
        request_withdrawal(plane, VAULT, signed_order(world.deployment, plane, reference, AMOUNT_SAT))
        intent = plan_payout(plane, VAULT, [reference])
        world.approve(intent, persons=1)
        for _ in range(TRIES):
            if state_of(plane, intent.digest()) is PayoutState.BROADCAST:
                break
            try:
                settle(plane, intent.digest())
            except HoldfastError:
                failures += 1
        network.ill = False
        state = state_of(plane, intent.digest())
        assert state in (PayoutState.APPROVED, PayoutState.SIGNED, PayoutState.BROADCAST), f"seed {seed}: {state}"
        if state is not PayoutState.BROADCAST:
            settle(plane, intent.digest())
        world.mine(plane.confirmations)
        auditor.require_settled([(reference, AMOUNT_SAT)])
    auditor.require_sound()
    assert failures or "HOLDFAST_SEED" in os.environ, "the network was not ill enough to matter"


def test_a_lossy_network_leaves_a_key_ceremony_with_one_key(world: World) -> None:
    auditor, failures = Auditor(world.plane, world.deployment), 0
    for seed in seeds(CEREMONIES):
        plane, network = lossy(world, seed)
        order = replace(world.deployment.key_order(), vault=f"cold-{seed}")
        approvals = tuple(world.deployment.approve(person, order.digest()) for person in PERSONS[:3])
        for _ in range(TRIES):
            try:
                generate_key(plane, order, approvals)
                break
            except CeremonyFailed:
                failures += 1
        network.ill = False
        generate_key(plane, order, approvals)
        auditor.require_one_key(order.vault)
    auditor.require_sound()
    assert failures or "HOLDFAST_SEED" in os.environ, "the network was not ill enough to matter"
