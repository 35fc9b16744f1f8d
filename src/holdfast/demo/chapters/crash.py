"""A control plane is killed between signing and broadcast. Another one finds the signed bytes and sends those."""

import signal

from holdfast.audit import TransactionSigned
from holdfast.authority import Intent
from holdfast.custody import PayoutState, Settled, resume_stalled
from holdfast.demo.chapters.deposit import ALICE
from holdfast.demo.stage import Stage, bitcoin, wallet
from holdfast.demo.steps import Step

AMOUNT = bitcoin("0.1")
VICTIM = "control-2"


def play(stage: Stage) -> None:
    """Kill a second control plane in the worst moment, and recover with the first."""
    step, to = stage.telling.step, wallet("alice-crash")
    with step(
        "killed", f"A second control plane has a payout of {AMOUNT} signed, and dies before it can send it"
    ) as told:
        intent = stage.approved(ALICE, "alice-crash", AMOUNT, to)
        _kill_midway(stage, intent, told)
    with step("recovered", "The first control plane finds the payout lying there, and takes it over") as told:
        told.require(resume_stalled(0) == [Settled(PayoutState.BROADCAST)], "the one payout is sent")
        stage.mine(stage.plane.confirmations)
        told.require(stage.payout(intent).state is PayoutState.CONFIRMED, "booked")
        told.require(stage.times_paid(to) == 1, "the chain has one payment")
        signed = [event for event in stage.events() if isinstance(event, TransactionSigned)]
        told.require(sum(event.intent == intent.digest() for event in signed) == 1, "it was signed once")
        told.say(
            "It sends the very bytes that were committed; nothing is built or signed anew. "
            f"One payment: {stage.payout(intent).txid}"
        )
        told.data |= {"txid": stage.payout(intent).txid, "payments": 1}


def _kill_midway(stage: Stage, intent: Intent, told: Step) -> None:
    home, digest = stage.deployment.control, intent.digest().hex()
    stage.processes.start(VICTIM, "holdfast.demo.victim", "--home", home, "--name", VICTIM, "--intent", digest)
    status = stage.processes.wait(VICTIM)
    told.require(status == -signal.SIGKILL, f"it was killed, and did not end with {status}")
    view = stage.payout(intent)
    told.require(view.state is PayoutState.SIGNED and view.txid is not None, "the signed bytes are in the database")
    told.require(stage.plane.chain.transaction(view.txid or "") is None, "the network has never seen them")
    told.say("Killed the moment after the signed transaction was committed: in the database, not on the network.")
    told.data |= {"killed": VICTIM, "txid": view.txid}
