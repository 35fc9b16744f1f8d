"""Signers are lost: with two away everything works; with three it waits, loses nothing, and goes on."""

from holdfast.custody import PayoutState, Settled
from holdfast.demo.chapters.deposit import ALICE
from holdfast.demo.deployment import SIGNERS
from holdfast.demo.stage import Stage, bitcoin, wallet

AMOUNT = bitcoin("0.1")
TWO, THIRD = SIGNERS[3:], SIGNERS[2]
CODE = "signing.quorum_unavailable"


def play(stage: Stage) -> None:
    """Kill two, then a third; bring one back, then all."""
    step, confirmations = stage.telling.step, stage.plane.confirmations
    with step(
        "two-away", f"Two signers, {' and '.join(name.title() for name in TWO)}, are killed; Alice withdraws {AMOUNT}"
    ) as told:
        stage.processes.kill(*TWO)
        intent = stage.approved(ALICE, "alice-two-away", AMOUNT, wallet("alice-two-away"))
        told.require(stage.settle(intent) == Settled(PayoutState.BROADCAST), "three of five are enough")
        stage.mine(confirmations)
        told.require(stage.payout(intent).state is PayoutState.CONFIRMED, "paid and booked")
        told.say(f"The other three sign, and it is paid: {stage.payout(intent).txid}")
        told.data |= {"away": list(TWO), "txid": stage.payout(intent).txid}
    with step("three-away", f"A third, {THIRD.title()}, is killed too; Alice withdraws {AMOUNT} more") as told:
        stage.processes.kill(THIRD)
        to = wallet("alice-three-away")
        waiting = stage.approved(ALICE, "alice-three-away", AMOUNT, to)
        settled = stage.settle(waiting)
        told.require((settled.state, settled.code) == (PayoutState.APPROVED, CODE), "undetermined, and still approved")
        told.require(stage.balance(ALICE).held == AMOUNT, "her coins stay set aside for it")
        told.say(f"Not signed ({CODE}): {settled.reason}. The approvals stay, and so do the coins set aside.")
        told.data |= {"away": [*TWO, THIRD], "code": CODE}
    with step("resumes", f"{THIRD.title()} comes back") as told:
        stage.start_signers(THIRD, *TWO)
        stage.processes.wait_ready(THIRD)
        told.require(stage.settle(waiting) == Settled(PayoutState.BROADCAST), "it goes on where it stood")
        stage.mine(confirmations)
        told.require(stage.times_paid(to) == 1, "paid once")
        told.say(f"It goes on where it stood; nobody had to ask or approve again: {stage.payout(waiting).txid}")
        stage.processes.wait_ready(*TWO)
        told.data["txid"] = stage.payout(waiting).txid
