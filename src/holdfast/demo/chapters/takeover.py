"""A control plane taken over whole: it swaps the destination after three persons approved. No signer follows it."""

from dataclasses import replace

from holdfast.amounts import Amount
from holdfast.audit import SignatureRefused
from holdfast.custody import Movement, PayoutState, Settled, candidate_for
from holdfast.demo.attacks import offer_to_all, under_another_intent, with_destination, with_fee
from holdfast.demo.chapters.deposit import ALICE
from holdfast.demo.deployment import ASSET, SIGNERS
from holdfast.demo.stage import Stage, bitcoin, wallet
from holdfast.demo.steps import Step

REFERENCE = "alice-takeover"
AMOUNT = bitcoin("0.3")
BURNED_SAT = 10_000_000
"""What the thief's third try would give to the miners."""


def play(stage: Stage) -> None:
    """Three thefts after the approvals, the evidence they leave, and the honest payment after all."""
    step, honest, thief = stage.telling.step, wallet("alice"), wallet("thief")
    with step("approved", f"Alice withdraws {AMOUNT}, and three persons approve it") as told:
        intent = stage.approved(ALICE, REFERENCE, AMOUNT, honest)
        movement = candidate_for(stage.plane, intent.digest()).movement
        start = stage.log_size()
        told.say(
            f"To {honest}. Then a thief takes over the control plane: its database, the log's key, the risk engine's."
        )
        told.data["intent"] = intent.digest().hex()
    with step("destination", f"He puts an address of his own into the approved transaction: {thief}") as told:
        stolen = with_destination(movement, honest, thief)
        _expect(stage, stolen, "transaction.destination_differs", told)
    with step(
        "intent", "He rewrites the intent to match, writes it in the log, and vouches for it as the risk engine"
    ) as told:
        (payment,) = intent.payments
        rewritten = replace(intent, payments=(replace(payment, destination=thief),))
        _expect(stage, under_another_intent(stage, stolen, rewritten), "order.mismatch", told)
        told.say("Alice's passkey signed another address. He cannot sign for her.")
    with step(
        "fee",
        f"He pays Alice what she asked for, and gives {Amount(ASSET, BURNED_SAT)} of the change to a miner friend",
    ) as told:
        dearer = replace(intent, maximum_fee=Amount(ASSET, intent.maximum_fee.units + BURNED_SAT))
        burning = under_another_intent(stage, with_fee(movement, BURNED_SAT), dearer)
        _expect(stage, burning, "assertion.of_another", told)
        told.say(
            "The three approvals are for another intent, with another highest fee. He cannot approve for them either."
        )
    with step("evidence", "What does the log say?") as told:
        refusals = [event for event in stage.events(start) if isinstance(event, SignatureRefused)]
        told.require(len(refusals) == 3 * len(SIGNERS), "three attempts, refused by five signers each")
        told.require({event.signer for event in refusals} == set(SIGNERS), "every signer is named")
        told.say(
            f"{len(refusals)} refusals: every attempt, every signer by name, every code. "
            "The signers' own signed words are kept."
        )
        told.data["refusals"] = [{"signer": event.signer, "code": event.code} for event in refusals]
    with step("honest", "The house is back in control, and what was approved is what gets paid") as told:
        told.require(stage.settle(intent) == Settled(PayoutState.BROADCAST), "the true transaction is signed")
        stage.mine(stage.plane.confirmations)
        told.require(stage.times_paid(thief) == 0, "the thief has nothing")
        told.require(stage.payout(intent).state is PayoutState.CONFIRMED, "Alice has her coins")
        told.say(f"The thief has nothing, and Alice has {AMOUNT}: {stage.payout(intent).txid}")
        told.data["txid"] = stage.payout(intent).txid


def _expect(stage: Stage, movement: Movement, code: str, told: Step) -> None:
    codes = offer_to_all(stage, movement)
    told.require(codes == dict.fromkeys(SIGNERS, code), f"every signer refuses with {code}, not {codes}")
    told.say(f"{', '.join(name.title() for name in SIGNERS)}: all five refuse ({code}).")
    told.data |= {"code": code, "signers": codes}
