"""A whole deployment for tests, in one process on real parts: five signer nodes with their databases, the embedded
chain, a control plane on SQLite or PostgreSQL. A founded and funded one is made once and copied."""

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from holdfast.amounts import Amount
from holdfast.authority import Intent, SignedOrder, WithdrawalOrder
from holdfast.chains.bitcoin import address_to_script, script_to_address
from holdfast.clock import ManualClock
from holdfast.custody import (
    CONFIGURATION,
    ControlPlane,
    PayoutState,
    WithdrawalView,
    approve_payout,
    broadcast_payout,
    claim_payout,
    deposit_address,
    enrol_customer,
    follow_chain,
    generate_key,
    open_control_plane,
    plan_payout,
    request_withdrawal,
    set_up,
    sign_payout,
)
from holdfast.demo.bitcoin_node import EmbeddedNode
from holdfast.demo.deployment import ASSET, CUSTOMER_ORIGIN, PERSONS, SIGNERS, VAULT, VENUE, Deployment, found, reopen
from holdfast.policy import Policy
from holdfast.signer import InProcessTransport, ListRequest, SignerHome, SignerNode
from holdfast.store import transaction

CUSTOMER = "alice"
DAY_S = 86_400
DEPOSIT_SAT = 300_000_000
CAPITAL_SAT = 50_000_000
NOW_S = 1_790_000_000


def bitcoin_address(tag: int) -> str:
    """Somebody's P2WPKH address on regtest, another for each ``tag``."""
    return script_to_address(b"\x00\x14" + tag.to_bytes(20, "big"), "regtest")


@dataclass
class World:
    """Everything running, with the clock in hand."""

    deployment: Deployment
    clock: ManualClock
    node: EmbeddedNode
    signers: dict[str, SignerNode]
    plane: ControlPlane

    @classmethod
    def open(cls, directory: Path, now_s: int) -> "World":
        """Open a founded deployment in this process."""
        deployment, clock = reopen(directory), ManualClock(now_s)
        node = EmbeddedNode(deployment.node)
        signers = {name: SignerNode(SignerHome.open(deployment.signer(name)), clock) for name in SIGNERS}
        transports = {name: InProcessTransport(signer) for name, signer in signers.items()}
        plane = open_control_plane(deployment.control, clock=clock, chain=node, transports=transports)
        return cls(deployment, clock, node, signers, plane)

    def close(self) -> None:
        """Let go of every file."""
        self.node.close()
        for signer in self.signers.values():
            signer.home.engine.dispose()
        self.plane.engine.dispose()

    def make_key(self) -> None:
        """The sanctions list for every signer, and the vault's key."""
        for name in SIGNERS:
            self.plane.signer(name).call(ListRequest(self.deployment.sanctions()))
        order = self.deployment.key_order()
        generate_key(self.plane, order, tuple(self.deployment.approve(p, order.digest()) for p in PERSONS[:3]))

    def enrol(self, customer: str = CUSTOMER, age_s: int = 0) -> None:
        """A customer with a passkey, enrolled ``age_s`` ago."""
        credential = self.deployment.customer(customer).credential
        with transaction(self.plane.engine) as connection:
            enrol_customer(
                connection, customer, credential, origin=CUSTOMER_ORIGIN, asset=ASSET, now_s=self.clock.now_s() - age_s
            )

    def fund(self, customer: str | None, value_sat: int) -> None:
        """A confirmed and credited deposit; without a customer it is the house's capital."""
        with transaction(self.plane.engine) as connection:
            address = deposit_address(connection, VAULT, customer)
        self.node.fund(address_to_script(address, "regtest"), value_sat)
        self.mine(self.plane.confirmations)

    def mine(self, blocks: int = 1) -> None:
        """Mine, and let the control plane follow."""
        self.node.generate(blocks)
        while follow_chain(self.plane):
            pass

    def order(
        self,
        reference: str,
        value_sat: int = 20_000_000,
        destination: str | None = None,
        customer: str = CUSTOMER,
    ) -> SignedOrder:
        """A customer's order, signed with their passkey."""
        to = destination or bitcoin_address(7)
        expires_at_s = self.clock.now_s() + DAY_S
        order = WithdrawalOrder(VENUE, customer, reference, Amount(ASSET, value_sat), to, expires_at_s)
        return SignedOrder(order, self.deployment.customer(customer).assertion(order.digest(), CUSTOMER_ORIGIN))

    def request(self, reference: str, value_sat: int = 20_000_000, destination: str | None = None) -> WithdrawalView:
        """A withdrawal, accepted."""
        return request_withdrawal(self.plane, VAULT, self.order(reference, value_sat, destination))

    def planned(self, reference: str, value_sat: int = 20_000_000, destination: str | None = None) -> Intent:
        """A withdrawal's intent, waiting for approvals."""
        self.request(reference, value_sat, destination)
        return plan_payout(self.plane, VAULT, [reference])

    def approve(self, intent: Intent, persons: int = 3) -> None:
        """So many persons approve."""
        for person in PERSONS[:persons]:
            approve_payout(self.plane, intent.digest(), self.deployment.approve(person, intent.digest()))

    def approved(self, reference: str, value_sat: int = 20_000_000, destination: str | None = None) -> Intent:
        """A withdrawal's intent, approved by three persons."""
        intent = self.planned(reference, value_sat, destination)
        self.approve(intent)
        return intent

    def settle(self, intent: Intent) -> PayoutState:
        """The steps of settlement, without the scheduler."""
        digest = intent.digest()
        fence = claim_payout(self.plane, digest)
        sign_payout(self.plane, digest, fence)
        return broadcast_payout(self.plane, digest, fence)


def build_template(directory: Path, database_url: str | None = None, policy: Policy | None = None) -> Path:
    """Found a deployment whose customer has a deposit and forty quiet days behind them."""
    found(directory, ManualClock(NOW_S - 40 * DAY_S), policy)
    if database_url is not None:
        use_database(directory, database_url)
        set_up(directory / "control", ManualClock(NOW_S - 40 * DAY_S))
    world = World.open(directory, NOW_S - 40 * DAY_S)
    world.make_key()
    world.enrol()
    world.fund(CUSTOMER, DEPOSIT_SAT)
    for _ in range(4):
        world.fund(None, CAPITAL_SAT)
    world.close()
    return directory


def use_database(directory: Path, database_url: str) -> None:
    """Point the control plane's configuration at another database."""
    path = directory / "control" / CONFIGURATION
    text = re.sub(r"(?m)^database = .*\n", "", path.read_text())
    path.write_text(f'database = "{database_url}"\n{text}')


def copy_world(template: Path, directory: Path, prepare: Callable[[Path], None] | None = None) -> World:
    """A copy of the template, opened forty days later."""
    shutil.copytree(template, directory, ignore=shutil.ignore_patterns("scratch", "*.sock"))
    if prepare is not None:
        prepare(directory)
    return World.open(directory, NOW_S)
