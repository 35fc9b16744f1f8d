"""What ``holdfast demo`` serves after its story: the pages of customers, console and signers, and the work behind."""

import contextlib
import socket
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from holdfast.chains.bitcoin import BitcoinRpc, UnixEndpoint
from holdfast.cli.console import console_origin, listening, serve_console
from holdfast.cli.errors import UsageInvalid
from holdfast.cli.homes import durable_url, opened_plane
from holdfast.cli.logs import configure_logs
from holdfast.cli.output import print_notes
from holdfast.cli.process import ended_by_sigterm, sole_process
from holdfast.cli.upkeep import Job, Upkeep, control_plane_jobs
from holdfast.custody import ControlPlane, launch, stop
from holdfast.demo.bitcoin_node.control import NodeControl
from holdfast.demo.deployment import ASSET, NETWORK, SIGNERS, VAULT, Deployment, PageOrigins, origin_at
from holdfast.demo.exchange import Place, Simulation, create_exchange, plan_waiting
from holdfast.pages import served_beside
from holdfast.reserves import reserves_directory

if TYPE_CHECKING:
    from holdfast.demo import DemoResult

LOOPBACK = "127.0.0.1"

CUSTOMERS_BELOW = 10
"""How far below the console's port the customers' page is; the signers' pages follow above it, one a port."""

PLANS_EVERY_S = 3.0
SEATS_EVERY_S = 2.0
MINES_EVERY_S = 10.0


@dataclass(frozen=True)
class DemoPages:
    """The sockets of the pages that this process serves, and the ports kept for the signers'."""

    console: socket.socket
    customers: socket.socket
    signer_ports: tuple[int, ...]

    def origins(self) -> PageOrigins:
        """The addresses that the deployment's genesis pins."""
        return PageOrigins(origin_at(_port(self.customers)), tuple(map(origin_at, self.signer_ports)))


def _port(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


@contextlib.contextmanager
def reserved_pages(console_port: int) -> Generator[DemoPages]:
    """Every page's port, taken before the story begins: it pins the pages' addresses, and takes a minute to tell.

    :param console_port: the console's; the others are around it. 0: free ones.
    :raises UsageInvalid: there is no room around it.
    :raises AddressUnavailable: a port is taken.
    """
    around = range(console_port - CUSTOMERS_BELOW, console_port + len(SIGNERS) + 1)
    if console_port and (around[0] < 1 or around[-1] > 65_535):
        raise UsageInvalid(f"around port {console_port} there is no room for the other pages")
    with contextlib.ExitStack() as sockets:
        console = sockets.enter_context(listening(LOOPBACK, console_port))
        customers = sockets.enter_context(listening(LOOPBACK, console_port and around[0]))
        with contextlib.ExitStack() as probes:
            # The signers' own processes listen there: these are only tried, and let go of again.
            tried = [
                probes.enter_context(listening(LOOPBACK, console_port and console_port + place))
                for place in range(1, len(SIGNERS) + 1)
            ]
            signer_ports = tuple(map(_port, tried))
        yield DemoPages(console, customers, signer_ports)


def serve_demo(result: "DemoResult", pages: DemoPages) -> None:
    """Serve the deployment of a story until a signal ends the process, and do what a house does by itself."""
    result.keep_running(with_pages=True)
    folder = result.control
    with opened_plane(result.directory) as plane, sole_process(folder), ended_by_sigterm():
        launch(plane, durable_url(folder))
        try:
            # Durable work brings handlers of its own for its log.
            configure_logs(json_lines=False)
            _serve(plane, result.deployment, pages)
        finally:
            stop()


def _serve(plane: ControlPlane, deployment: Deployment, pages: DemoPages) -> None:
    network = NodeControl(BitcoinRpc(UnixEndpoint(deployment.node_socket), NETWORK))
    reserves = reserves_directory(deployment.control)
    place = Place(VAULT, ASSET)
    simulation = Simulation(plane, place, deployment, network, reserves)
    console = console_origin(pages.console, LOOPBACK)
    exchange = create_exchange(plane, place, reserves, simulation=simulation, console=console)
    jobs = (
        *control_plane_jobs(plane),
        Job("plan-payouts", lambda: plan_waiting(plane, VAULT), PLANS_EVERY_S),
        Job("seat-guests", simulation.guests.seat, SEATS_EVERY_S),
        Job("mine", simulation.mine, MINES_EVERY_S),
    )
    with Upkeep(*jobs), served_beside(exchange, pages.customers):
        serve_console(
            plane,
            pages.console,
            console,
            lambda _address: print_notes(*_addresses(deployment, pages)),
            host=LOOPBACK,
            reserves=reserves,
        )


def _addresses(deployment: Deployment, pages: DemoPages) -> Iterator[str]:
    """The table of pages, for stderr: with ``--json``, stdout is the story's one document."""
    rows = [
        (
            "customers",
            pages.origins().customers,
            "an example exchange: open an account, deposit, withdraw, check reserves",
        ),
        ("console", console_origin(pages.console, LOOPBACK), "what a treasury team sees"),
        *(
            (signer.name, signer.origin, "a signer's own page, where people approve")
            for signer in deployment.genesis.roster.signers
        ),
    ]
    yield from ("", "The house is open, until Ctrl-C:")
    for name, origin, words in rows:
        yield f"  {name:<10} {origin + '/':<23} {words}"
