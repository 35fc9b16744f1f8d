"""A newcomer: a passkey enrolled minutes ago wants everything out at once."""

from holdfast.custody import PayoutState, candidate_for
from holdfast.demo.attacks import offer_to_all
from holdfast.demo.deployment import SIGNERS
from holdfast.demo.errors import PromiseBroken
from holdfast.demo.stage import Stage, bitcoin, wallet

MALLORY = "mallory"
REFERENCE = "mallory-1"
CODE = "attestation.forbids"


def play(stage: Stage) -> None:
    """Enrol, deposit, and withdraw nearly all of it in the same minute."""
    step = stage.telling.step
    with step(
        "request", "Mallory enrols a passkey, deposits 1 BTC and in the same minute wants 0.95 BTC sent elsewhere"
    ) as told:
        stage.enrol(MALLORY)
        stage.deposit(MALLORY, bitcoin("1"))
        stage.mine(stage.plane.confirmations)
        intent = stage.approved(MALLORY, REFERENCE, bitcoin("0.95"), wallet(MALLORY))
        told.say(
            "That is how an account looks that was taken over, or made to pass coins on. "
            "In a hurry, three persons approve it all the same."
        )
        told.data["intent"] = intent.digest().hex()
    with step("refused", "The risk engine is asked, and the signers are asked regardless of what it says") as told:
        movement = candidate_for(stage.plane, intent.digest()).movement
        codes = offer_to_all(stage, movement)
        told.require(codes == dict.fromkeys(SIGNERS, CODE), "every signer refuses without the engine's word")
        settled = stage.settle(intent)
        told.require((settled.state, settled.code) == (PayoutState.REFUSED, CODE), "the payout is refused")
        if movement.attestation is None:
            raise PromiseBroken("the risk engine gave its word")
        word = movement.attestation.attestation
        told.say(f"It says '{word.decision}' and not 'allow', because: {'; '.join(word.reasons)}.")
        told.say(f"All five signers refuse ({CODE}), approvals or not. The coins are Mallory's again, to ask anew.")
        told.require(stage.balance(MALLORY).held.units == 0, "nothing stays held")
        told.data |= {"code": CODE, "decision": word.decision, "reasons": list(word.reasons), "signers": codes}
