"""A payout that is on no honest page: people were shown something else, or the control plane kept it from the pages.

Promise: an honest signer signs only what stands on its own page, judged by itself, and has stood there for as long as a
rule lets an intent wait. Lying pages and bad approvers together are as strong as the number of persons they are.
"""

import dataclasses

from holdfast.authority import Approval
from holdfast.custody import Movement
from holdfast.demo.deployment import PERSONS, SIGNERS, page_of
from holdfast.signer import IntentProposal, SignerRefused
from signer_rig import DELAY_S, SIGNED, Takeover
from world import bitcoin_address


def told(takeover: Takeover, signer: str, movement: Movement) -> str:
    """What a signer says to the bare request, proposed to nobody."""
    try:
        takeover.plane.signer(signer).call(takeover.request(signer, movement))
    except SignerRefused as refused:
        return refused.refusal.code
    return SIGNED


def reapproved(takeover: Takeover, movement: Movement, persons: int = 2) -> Movement:
    """The movement with approvals and attestation of this moment."""
    digest = movement.intent.digest()
    approvals = tuple(takeover.world.deployment.approve(person, digest) for person in PERSONS[:persons])
    return dataclasses.replace(movement, approvals=approvals, attestation=takeover.attested(digest))


def test_two_lying_pages_and_one_approver_without_any_honest_page(takeover: Takeover) -> None:
    movement = takeover.customer_payment(takeover.world.order("w1", 20_000_000, bitcoin_address(666)), persons=0)
    digest, devices = movement.intent.digest(), takeover.world.deployment.persons
    # Two pages lie to ada and ben; emi's own device claims the page of a third signer, which showed nothing.
    pages = (("ada", "bern"), ("ben", "geneva"), ("emi", "zurich"))
    approvals = tuple(Approval(person, devices[person].assertion(digest, page_of(page))) for person, page in pages)
    movement = dataclasses.replace(movement, approvals=approvals)
    takeover.cosign_log()
    assert {told(takeover, signer, movement) for signer in SIGNERS} == {"proposal.unknown"}


def test_standing_on_another_page_does_not_help(takeover: Takeover) -> None:
    movement = takeover.customer_payment(takeover.world.order("w1", 20_000_000))
    takeover.ask("bern", IntentProposal.of(takeover.request("bern", movement)))
    assert told(takeover, "bern", movement) == SIGNED
    assert told(takeover, "geneva", movement) == "proposal.unknown"


def test_a_delay_does_not_pass_unseen(takeover: Takeover) -> None:
    movement = takeover.house_payment(9_000_000, persons=0)
    takeover.cosign_log()
    takeover.world.clock.advance(DELAY_S)
    assert takeover.verdicts(reapproved(takeover, movement)) == {"policy.delay_not_elapsed"}
    takeover.world.clock.advance(DELAY_S - 1)
    assert takeover.verdicts(reapproved(takeover, movement)) == {"policy.delay_not_elapsed"}
    takeover.world.clock.advance(1)
    assert takeover.verdicts(reapproved(takeover, movement)) == {SIGNED}


def test_proposing_it_again_begins_no_new_delay(takeover: Takeover) -> None:
    movement = takeover.proposed(takeover.house_payment(9_000_000, persons=0))
    takeover.cosign_log()
    takeover.world.clock.advance(DELAY_S)
    takeover.proposed(movement)
    assert takeover.verdicts(reapproved(takeover, movement)) == {SIGNED}
