"""A change is approved and waits so that people can object, but is on no list; or is pushed out of one by noise.

A control plane in the wrong hands, with a quorum of officers that was fooled, wins where nobody else notices in time.
"""

import dataclasses

from holdfast.authority import APPROVER, OFFICER
from holdfast.custody import collect_approvals, cosign_log, enact_subjects, propose_roster, with_device
from holdfast.demo.authenticator import SoftwareAuthenticator
from holdfast.demo.deployment import CHANGE_DELAY_S, PERSONS, SIGNERS, page_of
from holdfast.signer.proposal_messages import ApprovalsRequest, KnownApprovals, LiftProposal
from page_rig import SIGNER, Page, text_of
from signer_rig import DELAY_S, SIGNED, Takeover, quorum_with
from world import World


def addition(world: World, name: str, reason: str) -> bytes:
    device = SoftwareAuthenticator("localhost", name).credential
    roster = with_device(world.plane.roster, name, device, (OFFICER, APPROVER))
    subject = propose_roster(world.plane, roster, reason, "ada").digest()
    cosign_log(world.plane)
    collect_approvals(world.plane)
    return subject


def approve(world: World, subject: bytes, persons: int = 3) -> None:
    for person, signer in zip(PERSONS[:persons], SIGNERS, strict=False):
        assertion = world.deployment.persons[person].assertion(subject, page_of(signer))
        world.signers[signer].proposals.approve(subject, assertion)
    collect_approvals(world.plane)
    enact_subjects(world.plane)


def test_an_approved_addition_is_listed_until_it_is_in_force(takeover: Takeover) -> None:
    world = takeover.world
    subject = addition(world, "mallory", "mallory joins")
    approve(world, subject)
    for signer in SIGNERS:
        said = text_of(Page(world, signer).get("/"))
        assert "Approved, not yet in force" in said
        assert "mallory joins" in said
        assert f"in {CHANGE_DELAY_S} s" in said
        assert "any officer can freeze everything" in said
    world.clock.advance(CHANGE_DELAY_S)
    assert enact_subjects(world.plane) == 1
    assert all("mallory joins" not in Page(world, signer).get("/").text for signer in SIGNERS)


def test_no_noise_pushes_an_addition_out(takeover: Takeover) -> None:
    """Lifts of freezes that nobody gave, and payouts, cost a control plane nothing: before it, after it, any number."""
    world = takeover.world
    noise = [takeover.lift(takeover.freeze(1_000 + number)).lift for number in range(60)]
    for lift in noise:
        assert takeover.ask(SIGNER, LiftProposal(lift, world.clock.now_s() + 3_600)) == SIGNED
    for number in range(4):
        world.clock.advance(1)
        addition(world, f"noise-{number}", f"noise {number}")
        takeover.cosign_log()
    addition(world, "mallory", "mallory joins")
    for reference in ("w1", "w2"):
        world.planned(reference, 1_000_000)
    takeover.cosign_log()
    collect_approvals(world.plane)
    said = text_of(Page(world).get("/"))
    assert "mallory joins" in said
    assert said.count("at the earliest") == 5, "each addition says when it could take effect"
    assert said.index("mallory joins") < said.index("Lift the freeze"), "what changes who counts comes first"
    assert said.count("0.01 BTC") == 2, "payouts have a list of their own"


def test_a_delayed_payout_is_listed_while_its_delay_runs(takeover: Takeover) -> None:
    world, page = takeover.world, Page(takeover.world)
    movement = takeover.house_payment(9_000_000)
    takeover.cosign_log()
    digest = movement.intent.digest()
    takeover.proposed(movement)
    assert "0 of 2 approved" in text_of(page.get("/"))
    known = (KnownApprovals(digest, movement.approvals, ()),)
    assert takeover.ask(page.signer, ApprovalsRequest(known)) == SIGNED
    said = text_of(page.get("/"))
    assert "Approved, not yet in force" in said
    assert "takes effect at" in said
    world.clock.advance(DELAY_S)
    said = text_of(page.get("/"))
    assert "Approved, not yet in force" not in said
    assert "Approved payouts that this signer has had no part in (1)" in said
    movement = dataclasses.replace(movement, attestation=takeover.attested(digest))
    takeover.begin(movement, quorum_with(page.signer), b"begun, and never finished")
    assert "no part in (1)" in text_of(page.get("/")), "what is only begun is not signed"
    assert takeover.sign(movement, quorum_with(page.signer)) == {SIGNED}
    assert "no part in" not in text_of(page.get("/"))
