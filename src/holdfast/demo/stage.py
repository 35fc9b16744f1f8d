"""The stage: the deployment with its processes, and the verbs that the chapters are written in."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from holdfast.amounts import Amount
from holdfast.audit import Event, entries, log_size
from holdfast.authority import Intent, SignedOrder, WithdrawalOrder
from holdfast.chains.bitcoin import BitcoinRpc, UnixEndpoint, address_to_script, scan_block, script_to_address
from holdfast.clock import SystemClock
from holdfast.custody import (
    ControlPlane,
    PayoutView,
    Settled,
    WithdrawalView,
    approve_payout,
    deposit_address,
    durable_database_url,
    enrol_customer,
    follow_chain,
    launch,
    open_control_plane,
    payout_view,
    plan_payout,
    request_withdrawal,
    settle_payout,
    stop,
)
from holdfast.demo.bitcoin_node.control import NodeControl
from holdfast.demo.deployment import (
    ASSET,
    NETWORK,
    PERSONS,
    SIGNERS,
    VAULT,
    VENUE,
    Deployment,
    PageOrigins,
    found,
)
from holdfast.demo.processes import Processes
from holdfast.demo.steps import Telling
from holdfast.ledger import Balance, balance
from holdfast.store import snapshot, transaction

NODE = "bitcoin-node"
DAY_S = 86_400
QUIET_DAYS = 40
"""How long before the story its house is said to have opened: the risk engine stops large payments of new accounts."""

_EVENTS_READ = 500


class StoryClock:
    """The machine's clock, set back while the story tells of earlier days."""

    def __init__(self, days_back: int) -> None:
        self._clock = SystemClock()
        self.days_back = days_back

    def now_s(self) -> int:
        """Seconds since 1970, as the story has it."""
        return self._clock.now_s() - self.days_back * DAY_S


def wallet(owner: str) -> str:
    """A regtest address outside the house; nobody holds its key, and the story needs nobody to."""
    return script_to_address(b"\x00\x14" + hashlib.sha256(owner.encode()).digest()[:20], NETWORK)


def bitcoin(text: str) -> Amount:
    """An amount in whole bitcoin."""
    return Amount.from_text(text, ASSET)


class Stage:
    """What every chapter finds. The first one sets ``deployment`` and ``plane``, which all others need."""

    deployment: Deployment
    plane: ControlPlane
    node: NodeControl

    def __init__(self, directory: Path, processes: Processes, telling: Telling, origins: PageOrigins) -> None:
        self.directory = directory
        self._origins = origins
        self.processes = processes
        self.telling = telling
        self.clock = StoryClock(QUIET_DAYS)
        self._launched = False

    def close(self) -> None:
        """Let go of the databases, so that somebody else can serve the folder; processes go on."""
        if self._launched:
            stop()
            self._launched = False
        if hasattr(self, "plane"):
            self.plane.engine.dispose()

    # Founding

    def start_node(self) -> None:
        """The embedded chain, as a process; returns at once."""
        self.processes.start(
            NODE,
            "holdfast.demo.bitcoin_node",
            *("--directory", self.directory / "node", "--socket", self.directory / "node.sock"),
        )

    def found(self) -> None:
        """Signers, people, genesis, control plane."""
        self.deployment = found(self.directory, self.clock, origins=self._origins)

    def start_signers(self, *names: str, with_pages: bool = False) -> None:
        """Signers, each as a process, with its own page for people or without; returns at once."""
        for name in names:
            home, socket = self.deployment.signer(name), self.deployment.socket(name)
            page = ("--page",) if with_pages else ()
            self.processes.start(name, "holdfast.signer", "--home", home, "--socket", socket, *page)

    def open(self) -> None:
        """The control plane, and its durable settlement, in this process."""
        self.processes.wait_ready(NODE, *SIGNERS)
        self.node = NodeControl(BitcoinRpc(UnixEndpoint(self.deployment.node_socket), NETWORK))
        self.plane = open_control_plane(self.deployment.control, clock=self.clock)
        launch(self.plane, durable_database_url(self.deployment.control))
        self._launched = True

    # Customers and coins

    def enrol(self, customer: str) -> None:
        """A customer with a passkey, enrolled in the log."""
        credential = self.deployment.customer(customer).credential
        with transaction(self.plane.engine) as connection:
            enrol_customer(
                connection, customer, credential, origin=self._origins.customers, asset=ASSET, now_s=self.clock.now_s()
            )

    def deposit(self, customer: str | None, amount: Amount) -> str:
        """Pay to the customer's deposit address (without one: the house's own), in a block; the address."""
        with transaction(self.plane.engine) as connection:
            address = deposit_address(connection, VAULT, customer)
        self.node.fund(address_to_script(address, NETWORK), amount.units)
        return address

    def mine(self, blocks: int) -> None:
        """Mine, and let the control plane follow."""
        self.node.generate(blocks)
        self.follow()

    def follow(self) -> None:
        """Let the control plane follow the chain to its tip."""
        while follow_chain(self.plane):
            pass

    def balance(self, customer: str) -> Balance:
        """What the ledger says the customer is owed."""
        with transaction(self.plane.engine) as connection:
            return balance(connection, f"customer:{customer}", ASSET)

    def times_paid(self, address: str) -> int:
        """How many outputs on the chain pay this address: counted in the blocks, not in our books."""
        script, chain = address_to_script(address, NETWORK), self.plane.chain
        hashes = (chain.block_hash(height) for height in range(chain.tip().height + 1))
        return sum(len(scan_block(chain.block(each), {script}, ()).receipts) for each in hashes if each is not None)

    # Withdrawals

    def order(self, customer: str, reference: str, amount: Amount, destination: str) -> SignedOrder:
        """A customer's order, signed with their passkey."""
        expires_at_s = self.clock.now_s() + DAY_S
        order = WithdrawalOrder(VENUE, customer, reference, amount, destination, expires_at_s)
        return SignedOrder(order, self.deployment.customer(customer).assertion(order.digest(), self._origins.customers))

    def request(self, customer: str, reference: str, amount: Amount, destination: str) -> WithdrawalView:
        """A withdrawal, accepted: screened, within policy, its amount held."""
        return request_withdrawal(self.plane, VAULT, self.order(customer, reference, amount, destination))

    def plan(self, *references: str) -> Intent:
        """One intent and one transaction for the withdrawals of these references."""
        return plan_payout(self.plane, VAULT, references)

    def approve(self, intent: Intent, persons: Iterable[str] = PERSONS[:3]) -> None:
        """Persons approve, each on another signer's page."""
        for person in persons:
            approve_payout(self.plane, intent.digest(), self.deployment.approve(person, intent.digest()))

    def approved(self, customer: str, reference: str, amount: Amount, destination: str) -> Intent:
        """A withdrawal's intent, approved by three persons."""
        self.request(customer, reference, amount, destination)
        intent = self.plan(reference)
        self.approve(intent)
        return intent

    @staticmethod
    def settle(intent: Intent) -> Settled:
        """Have an approved payout signed and broadcast, durably."""
        return settle_payout(intent.digest())

    def payout(self, intent: Intent) -> PayoutView:
        """How the payout stands."""
        with transaction(self.plane.engine) as connection:
            return payout_view(connection, intent.digest())

    def reaching(self, *signers: str) -> ControlPlane:
        """The same control plane with a way to these signers only."""
        return replace(self.plane, transports={name: self.plane.transports[name] for name in signers})

    # The log

    def log_size(self) -> int:
        """How many entries the log has."""
        with snapshot(self.plane.engine) as connection:
            return log_size(connection)

    def events(self, start: int = 0) -> list[Event]:
        """The log's events from an index on, at most 500."""
        with snapshot(self.plane.engine) as connection:
            return [entry.opened() for entry in entries(connection, start, _EVENTS_READ)]
