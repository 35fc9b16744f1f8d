"""A house with all its pages, served: a deployment in one process on real parts, and where the browser finds what.

Pages keep the addresses that the deployment pins (``localhost`` and a port each); behind them are free ports of this
machine, so that nothing else that runs here is in the way.
"""

import contextlib
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from browser.serving import served
from holdfast.custody import (
    PayoutState,
    broadcast_payout,
    claim_payout,
    collect_approvals,
    payout_view,
    sign_payout,
)
from holdfast.demo.authenticator import SoftwareAuthenticator
from holdfast.demo.deployment import ASSET, CUSTOMER_ORIGIN, VAULT, page_of
from holdfast.demo.exchange import Place, Simulation, create_exchange
from holdfast.pages import Perimeter
from holdfast.reserves import EpochView, publish_epoch, reserves_directory
from holdfast.signer.pages import create_page
from holdfast.store import transaction
from holdfast.web import create_app
from world import CAPITAL_SAT, NOW_S, World

CONSOLE = "http://localhost:8410"
CUSTOMERS = CUSTOMER_ORIGIN


def port_of(origin: str) -> int:
    """The port that a page's address names."""
    return urlsplit(origin).port or 80


@dataclass(frozen=True)
class House:
    """The deployment, and the port behind each page's own."""

    world: World
    ports: dict[int, int]

    def passkey(self, person: str) -> SoftwareAuthenticator:
        """A person's passkey, or a customer's, to put into a browser."""
        deployment = self.world.deployment
        return deployment.persons[person] if person in deployment.persons else deployment.customer(person)

    def planned(self, reference: str, value_sat: int, destination: str) -> bytes:
        """A withdrawal of Alice's, planned and shown on every signer's page; the payout's digest."""
        # An intent binds its coins for good: each payout finds one of its own.
        self.world.fund(None, CAPITAL_SAT)
        intent = self.world.planned(reference, value_sat, destination)
        self.pass_on()
        return intent.digest()

    def pass_on(self) -> None:
        """What the control plane does every second: shows signers what waits, and takes their approvals along."""
        # Once to take them in, once to hand them on.
        collect_approvals(self.world.plane)
        collect_approvals(self.world.plane)

    def settle(self, digest: bytes) -> None:
        """What the scheduler does with an approved payout, and the network after it."""
        plane = self.world.plane
        fence = claim_payout(plane, digest)
        sign_payout(plane, digest, fence)
        broadcast_payout(plane, digest, fence)
        self.world.mine(plane.confirmations)

    def publish(self) -> EpochView:
        """Publish an epoch of the reserves."""
        self.world.clock.advance(60)
        return publish_epoch(self.world.plane, reserves_directory(self.world.deployment.control))

    def state(self, digest: bytes) -> PayoutState:
        """How a payout stands."""
        with transaction(self.world.plane.engine) as connection:
            return payout_view(connection, digest).state


@contextlib.contextmanager
def served_house(directory: Path) -> Generator[House]:
    """Serve every page of the house in a folder, at the tests' own present."""
    world = World.open(directory, NOW_S)
    with contextlib.ExitStack() as stack:
        stack.callback(world.close)
        reserves = reserves_directory(world.deployment.control)
        apps = {
            CONSOLE: create_app(world.plane, origin=CONSOLE, reserves=reserves),
            CUSTOMERS: _exchange(world, reserves),
            **{page_of(name): create_page(node) for name, node in world.signers.items()},
        }
        house = House(world, {port_of(origin): stack.enter_context(served(app)) for origin, app in apps.items()})
        house.pass_on()
        yield house


def _exchange(world: World, reserves: Path) -> Perimeter:
    place = Place(VAULT, ASSET)
    simulation = Simulation(world.plane, place, world.deployment, world.node, reserves)
    return create_exchange(world.plane, place, reserves, simulation=simulation)
