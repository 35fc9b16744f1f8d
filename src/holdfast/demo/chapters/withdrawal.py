"""An honest withdrawal, from the customer's passkey to the ledger; then two in one transaction."""

from holdfast.authority import Intent
from holdfast.custody import PayoutState, Settled, WithdrawalState, find_withdrawal
from holdfast.demo.chapters.deposit import ALICE, BOB
from holdfast.demo.deployment import PERSONS, SIGNERS, THRESHOLD
from holdfast.demo.stage import Stage, bitcoin, wallet
from holdfast.demo.steps import Step
from holdfast.ledger import check
from holdfast.store import snapshot

AMOUNT = bitcoin("0.5")


def play(stage: Stage) -> None:
    """Order, intent, approvals, signature, confirmation; then a batch."""
    step, to = stage.telling.step, wallet("alice")
    with step(
        "order", f"Alice asks for {AMOUNT} and signs just that, amount and destination, with her passkey"
    ) as told:
        view = stage.request(ALICE, "alice-1", AMOUNT, to)
        told.require(view.state is WithdrawalState.SCREENED, "screened and accepted")
        told.require(stage.balance(ALICE).held == AMOUNT, "the amount is held")
        told.say(f"To {to}: on no sanctions list, within the policy. The ledger sets {AMOUNT} aside.")
        told.data |= {"withdrawal": "alice-1", "destination": to, "amount": str(AMOUNT)}
    with step(
        "intent", "The control plane prepares the transaction, and fixes in the log what it shall do: the intent"
    ) as told:
        intent = stage.plan("alice-1")
        told.say(
            f"Intent {intent.digest().hex()[:16]}: pay {intent.total()} to that address, "
            f"with a fee of at most {intent.maximum_fee}."
        )
        told.data["intent"] = intent.digest().hex()
    with step("approvals", "Three persons approve it: Ada, Ben and Chiara, each before another signer") as told:
        _approve(stage, intent, told)
    with step("signed", f"{THRESHOLD} of the {len(SIGNERS)} signers check everything for themselves, and sign") as told:
        _settle(stage, intent, told)
    with step(
        "booked",
        f"{stage.plane.confirmations} blocks are mined, accepted by Bitcoin's own consensus code, and it is booked",
    ) as told:
        stage.mine(stage.plane.confirmations)
        told.require(stage.payout(intent).state is PayoutState.CONFIRMED, "the payout is confirmed")
        told.require(stage.times_paid(to) == 1, "the chain paid Alice's wallet once")
        balance = stage.balance(ALICE)
        told.require(balance.held.units == 0, "nothing is held any more")
        with snapshot(stage.plane.engine) as connection:
            report = check(connection)
        told.say(
            f"Alice is owed {balance.total} now. "
            f"The whole ledger was added up again, {report.transfers} transfers: right."
        )
        told.data |= {"balance": str(balance.total), "transfers": report.transfers}
    with step("batch", "Alice and Bob withdraw at the same time: one transaction pays both") as told:
        _pay_both(stage, told)


def _approve(stage: Stage, intent: Intent, told: Step) -> None:
    first, second, third = PERSONS[:3]
    stage.approve(intent, (first, second))
    stage.approve(intent, (first,))
    told.require(stage.payout(intent).state is PayoutState.AWAITING, "two persons are not three")
    told.say("After Ada, Ben and Ada again it still waits: persons are counted, not clicks.")
    stage.approve(intent, (third,))
    told.require(stage.payout(intent).state is PayoutState.APPROVED, "three persons are enough")
    told.say(
        "Chiara makes three. What each of them signed is the hash of that very intent. "
        "(Simulated: software authenticators answer for them, as if each had been on another signer's page.)"
    )
    told.data["approved_by"] = list(stage.payout(intent).approved_by)


def _settle(stage: Stage, intent: Intent, told: Step) -> None:
    settled = stage.settle(intent)
    told.require(settled == Settled(PayoutState.BROADCAST), "signed and broadcast")
    txid = stage.payout(intent).txid
    told.say(
        "Each parsed the raw transaction and held it against the intent, the approvals, Alice's order, the policy, "
        "the sanctions list, the risk engine's word and the log."
    )
    told.say(f"The network takes the transaction: {txid}")
    told.data["txid"] = txid


def _pay_both(stage: Stage, told: Step) -> None:
    for customer, amount in ((ALICE, bitcoin("0.2")), (BOB, bitcoin("0.3"))):
        stage.request(customer, f"{customer}-batch", amount, wallet(f"{customer}-batch"))
    references = (f"{ALICE}-batch", f"{BOB}-batch")
    intent = stage.plan(*references)
    stage.approve(intent)
    told.require(stage.settle(intent) == Settled(PayoutState.BROADCAST), "signed and broadcast")
    stage.mine(stage.plane.confirmations)
    states = {find_withdrawal(stage.plane, reference).state for reference in references}
    told.require(states == {WithdrawalState.PAID}, "both are paid")
    paid = [stage.times_paid(wallet(reference)) for reference in references]
    told.require(paid == [1, 1], "the chain paid each once")
    view = stage.payout(intent)
    told.say(f"{view.payments} payments, {view.total} together, one transaction: {view.txid}")
    told.data |= {"txid": view.txid, "payments": view.payments}
