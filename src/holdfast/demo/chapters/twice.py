"""The same intent offered twice, to different quorums: one payment. A second intent for the same coin: none."""

from dataclasses import replace

from holdfast.authority import Intent
from holdfast.chains.bitcoin import read_transaction
from holdfast.custody import Candidate, PayoutState, Settled, candidate_for, sign_movement
from holdfast.demo.attacks import offer_to_all, under_another_intent
from holdfast.demo.chapters.deposit import ALICE
from holdfast.demo.deployment import PERSONS, SIGNERS
from holdfast.demo.stage import Stage, bitcoin, wallet
from holdfast.demo.steps import Step
from holdfast.keys import GroupKey

REFERENCE = "alice-twice"
AMOUNT = bitcoin("0.1")
FIRST, SECOND = SIGNERS[:3], SIGNERS[2:]
CODE = "intent.conflict_key_taken"


def play(stage: Stage) -> None:
    """Two quorums sign, both versions are sent, one payment results; then the intent is replayed under a new hash."""
    step, to = stage.telling.step, wallet("alice-twice")
    with step(
        "two-quorums", f"An approved withdrawal of {AMOUNT} is put before two different sets of three signers"
    ) as told:
        intent = stage.approved(ALICE, REFERENCE, AMOUNT, to)
        candidate = candidate_for(stage.plane, intent.digest())
        versions = [_signed_by(stage, candidate, quorum) for quorum in (FIRST, SECOND)]
        txids = {read_transaction(raw).txid for raw in versions}
        told.require(versions[0] != versions[1] and len(txids) == 1, "two signatures of one transaction")
        told.say(f"{_names(FIRST)} sign it, and {_names(SECOND)} do too: two signatures, one and the same transaction.")
        told.data |= {"quorums": [list(FIRST), list(SECOND)], "txids": sorted(txids)}
    with step("one-payment", "Both are sent to the network") as told:
        _send_both(stage, intent, versions, told, to)
    with step(
        "second-intent",
        "It is put forward once more as a second intent, and three persons are talked into approving it",
    ) as told:
        replayed = replace(intent, expires_at_s=intent.expires_at_s - 60)
        approvals = tuple(stage.deployment.approve(person, replayed.digest()) for person in PERSONS[:3])
        movement = replace(under_another_intent(stage, candidate.movement, replayed), approvals=approvals)
        codes = offer_to_all(stage, movement)
        told.require(codes == dict.fromkeys(SIGNERS, CODE), f"every signer refuses with {CODE}, not {codes}")
        told.say(f"All five refuse ({CODE}): each has bound the coin that it spends to the first intent, for ever.")
        told.data |= {"code": CODE, "signers": codes}


def _names(quorum: tuple[str, ...]) -> str:
    *others, last = (name.title() for name in quorum)
    return f"{', '.join(others)} and {last}"


def _signed_by(stage: Stage, candidate: Candidate, quorum: tuple[str, ...]) -> bytes:
    """The transaction as signed by a relay that reaches these three only."""
    group_key = GroupKey.decoded(candidate.certificate.statement.group_key)
    return sign_movement(stage.reaching(*quorum), candidate.movement, candidate.certificate.order, group_key)


def _send_both(stage: Stage, intent: Intent, versions: list[bytes], told: Step, to: str) -> None:
    before = stage.balance(ALICE).total
    sent = [stage.plane.chain.broadcast(raw) for raw in versions]
    told.require(
        stage.settle(intent) == Settled(PayoutState.BROADCAST), "the control plane's own version goes the same way"
    )
    stage.mine(stage.plane.confirmations)
    told.require(stage.times_paid(to) == 1, "the chain has one payment")
    told.require(stage.payout(intent).txid == sent[0], "and it is that transaction")
    told.require(before - stage.balance(ALICE).total == AMOUNT, "Alice's balance went down once")
    told.say(f"One payment in the ledger, and one on the chain: {sent[0]}")
    told.data |= {"txid": sent[0], "payments": 1}
