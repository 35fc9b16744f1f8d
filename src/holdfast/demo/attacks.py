"""What a control plane that has been taken over whole can try: it holds the log's key and the risk engine's.

For the story only. All of it goes to real signers as they are; none of their checks is told anything.
"""

import os
from dataclasses import replace

from holdfast.audit import IntentFixed, append, checkpoint
from holdfast.authority import Intent, SignedAttestation, sign_attestation
from holdfast.chains.bitcoin import address_to_script
from holdfast.custody import RISK_KEY, Movement, record_refusal, request_for
from holdfast.demo.deployment import NETWORK, SIGNERS, THRESHOLD
from holdfast.demo.stage import Stage
from holdfast.risk import load_risk_key
from holdfast.signer import ApprovalsRequest, IntentProposal, KnownApprovals, SignerRefused
from holdfast.store import transaction

AGREED = "agreed"


def offer_to_all(stage: Stage, movement: Movement) -> dict[str, str]:
    """Ask every signer by itself to show and sign it; its refusal's code, or :data:`AGREED`. Refusals are recorded."""
    return {name: _offer(stage, movement, name) for name in SIGNERS}


def _offer(stage: Stage, movement: Movement, name: str) -> str:
    plane, client = stage.plane, stage.plane.signer(name)
    turn = SIGNERS.index(name)
    quorum = tuple(sorted((SIGNERS[turn:] + SIGNERS[:turn])[:THRESHOLD]))
    with transaction(plane.engine) as connection:
        note = checkpoint(connection, plane.log_signer)
    size = client.status().log_size
    request = request_for(plane, movement, quorum, os.urandom(16), note=note, cosigned_size=size)
    try:
        # What is not on its page a signer does not sign; so whoever wants it signed has to have everybody see it.
        client.call(IntentProposal.of(request))
        client.call(ApprovalsRequest((KnownApprovals(movement.intent.digest(), movement.approvals, ()),)))
        client.call(request)
    except SignerRefused as refused:
        record_refusal(plane, movement.intent, refused)
        return refused.refusal.code
    return AGREED


def with_destination(movement: Movement, honest: str, thief: str) -> Movement:
    """The transaction pays the thief what it should pay the honest destination; both scripts are of one length."""
    plan = movement.plan
    raw = plan.raw.replace(address_to_script(honest, NETWORK), address_to_script(thief, NETWORK))
    return replace(movement, plan=replace(plan, raw=raw))


def with_fee(movement: Movement, extra_sat: int) -> Movement:
    """The transaction gives so much more of the change to whoever mines it."""
    plan, change_sat = movement.plan, movement.plan.change_sat or 0
    before, after = (
        value_sat.to_bytes(8, "little") + len(plan.change_script).to_bytes(1, "little") + plan.change_script
        for value_sat in (change_sat, change_sat - extra_sat)
    )
    return replace(movement, plan=replace(plan, raw=plan.raw.replace(before, after)))


def under_another_intent(stage: Stage, movement: Movement, intent: Intent) -> Movement:
    """The movement under an intent of the control plane's own making, which it logs and vouches for by itself."""
    plane = stage.plane
    with transaction(plane.engine) as connection:
        sequence = append(connection, IntentFixed(intent.digest(), intent.encoded()), plane.clock.now_s())
    return replace(
        movement, intent=intent, log_sequence=sequence, attestation=_vouched(stage, movement.attestation, intent)
    )


def _vouched(stage: Stage, attestation: SignedAttestation | None, intent: Intent) -> SignedAttestation | None:
    if attestation is None:
        return None
    word = replace(attestation.attestation, intent=intent.digest())
    return sign_attestation(word, load_risk_key(stage.deployment.control / RISK_KEY))
