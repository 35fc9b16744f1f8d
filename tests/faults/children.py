"""What runs in the processes: the node with the signers, and control planes that withdraw, die and resume."""

import threading
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

from faults.processes import Fate, FileClock, meet
from faults.write_points import observe_writes
from holdfast.amounts import Amount
from holdfast.authority import SignedOrder, WithdrawalOrder
from holdfast.chains.bitcoin import BitcoinRpc, UnixEndpoint
from holdfast.custody import (
    ControlPlane,
    PayoutNotAwaited,
    WithdrawalState,
    approve_payout,
    durable_database_url,
    find_withdrawal,
    follow_chain,
    generate_key,
    launch,
    open_control_plane,
    plan_payout,
    request_withdrawal,
    resume_stalled,
    settle_payout,
)
from holdfast.demo.bitcoin_node import EmbeddedNode, NodeControl, NodeServer
from holdfast.demo.deployment import ASSET, CUSTOMER_ORIGIN, NETWORK, PERSONS, VAULT, VENUE, Deployment, reopen
from holdfast.encoding import EncodingError
from holdfast.signer import Shares, SignerHome, SignerNode, SignerServer, SigningFinish
from holdfast.signer.messages import Reply
from world import CUSTOMER, bitcoin_address

AMOUNT_SAT = 11_000_000
"""Enough for the policy to ask for three approvals."""

ROUNDS = 5
"""How often an operator settles, mines and follows until a withdrawal must be paid."""

READY = "ready"

POLLED = "COMMIT after UPDATE main.workflow_status"
"""What the workflow engine's poller does first, in a thread of its own: no part of a withdrawal."""


class WatchedSigner(SignerNode):
    """A signer, and beside it a note of every session whose shares left it, and how many."""

    def respond(self, request: bytes) -> bytes:
        """The node's own answer."""
        reply = super().respond(request)
        with suppress(EncodingError):
            session = SigningFinish.decoded(request).session
            for envelope in Reply.decoded(reply).letters:
                shares = Shares.decoded(envelope.letter.body).shares
                with released(self.home.directory).open("a") as notes:
                    notes.write(f"{session.hex()} {len(shares)}\n")
        return reply


def released(signer: Path) -> Path:
    """Where a watched signer notes the sessions whose shares left it."""
    return signer / "released"


def clock_of(directory: Path) -> FileClock:
    """The clock of every process of a deployment."""
    return FileClock(directory / "clock")


def serve_node(directory: Path, report: Connection) -> None:
    """The chain, until killed."""
    deployment = reopen(directory)
    with EmbeddedNode(deployment.node) as node, NodeServer(node, deployment.node_socket):
        report.send(READY)
        threading.Event().wait()


def serve_signer(directory: Path, name: str, fate: Fate | None, report: Connection) -> None:
    """A signer, until killed, or until its fate falls."""
    deployment = reopen(directory)
    signer = WatchedSigner(SignerHome.open(deployment.signer(name)), clock_of(directory))
    server = SignerServer(signer, deployment.socket(name))
    report.send(READY)
    if fate is not None:
        meet(fate, report)
    server.serve_forever()


def withdraw(directory: Path, reference: str, fate: Fate | None, report: Connection) -> None:
    """A withdrawal from the customer's order to its confirmation; dies where ``fate`` falls."""
    plane, deployment = opened(directory)
    polled = threading.Event()
    observe_writes(lambda write: polled.set() if write == POLLED else None)
    launch(plane, durable_database_url(deployment.control))
    polled.wait(1)
    meet(fate, report)
    settle_payout(ask(plane, deployment, reference))
    confirm(plane, deployment, reference)


def resume(directory: Path, reference: str, _report: Connection) -> None:
    """What an operator does after a crash, whatever was done before it."""
    plane, deployment = opened(directory)
    launch(plane, durable_database_url(deployment.control))
    ask(plane, deployment, reference)
    attempts = []
    for _ in range(ROUNDS):
        attempts += resume_stalled(0)
        confirm(plane, deployment, reference)
        if find_withdrawal(plane, reference).state is WithdrawalState.PAID:
            return
    raise TimeoutError(f"{reference} is {find_withdrawal(plane, reference).state}: {attempts}")


def make_key(directory: Path, vault: str, fate: Fate | None, report: Connection) -> None:
    """A whole key ceremony for a new vault, or what is left of one; dies where ``fate`` falls."""
    plane, deployment = opened(directory)
    meet(fate, report)
    order = replace(deployment.key_order(), vault=vault)
    approvals = tuple(deployment.approve(person, order.digest()) for person in PERSONS[:3])
    generate_key(plane, order, approvals)


def opened(directory: Path, name: str = "control-1") -> tuple[ControlPlane, Deployment]:
    """A control plane of the deployment, with the real ways to the node and the signers."""
    deployment = reopen(directory)
    return open_control_plane(deployment.control, name=name, clock=clock_of(directory)), deployment


def signed_order(deployment: Deployment, plane: ControlPlane, reference: str, amount_sat: int) -> SignedOrder:
    """The customer's order; asked for again at the same time it is the same one."""
    expires_at_s = plane.clock.now_s() + plane.policy.intent_lifetime_s
    order = WithdrawalOrder(VENUE, CUSTOMER, reference, Amount(ASSET, amount_sat), destination(reference), expires_at_s)
    return SignedOrder(order, deployment.customer(CUSTOMER).assertion(order.digest(), CUSTOMER_ORIGIN))


def destination(reference: str) -> str:
    """Where a withdrawal goes: another address for each."""
    return bitcoin_address(int.from_bytes(reference.encode(), "big"))


def ask(plane: ControlPlane, deployment: Deployment, reference: str) -> bytes:
    """Request, plan, approve, as far as it was not done before; the intent's digest."""
    view = request_withdrawal(plane, VAULT, signed_order(deployment, plane, reference, AMOUNT_SAT))
    intent = view.intent or plan_payout(plane, VAULT, [reference]).digest()
    for person in PERSONS[:3]:
        with suppress(PayoutNotAwaited):
            approve_payout(plane, intent, deployment.approve(person, intent))
    return intent


def confirm(plane: ControlPlane, deployment: Deployment, reference: str) -> None:
    """Mine what waits, as deep as it must be, and follow."""
    if find_withdrawal(plane, reference).state is not WithdrawalState.PAID:
        NodeControl(BitcoinRpc(UnixEndpoint(deployment.node_socket), NETWORK)).generate(plane.confirmations)
    while follow_chain(plane):
        pass
