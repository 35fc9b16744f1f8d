"""What a signer lets wait on its page: judged as signing would judge it, and bounded."""

import dataclasses

import pytest

from holdfast.amounts import Amount
from holdfast.audit import CustomerEnrolled, RosterChangeProposed, checkpoint
from holdfast.authority import FreezeLift, Payment, RosterChange, SignedOrder, WithdrawalOrder
from holdfast.custody import Movement, collect_approvals, propose_lift, without_person
from holdfast.custody.quorum import log_evidence
from holdfast.demo.authenticator import SoftwareAuthenticator
from holdfast.demo.deployment import CUSTOMER_ORIGIN, SIGNERS, VENUE, page_of
from holdfast.signer import IntentProposal, InvitationRequest, LiftProposal, RosterProposal, enrolment, waiting
from holdfast.store import transaction
from signer_rig import SIGNED, Takeover
from world import DAY_S, bitcoin_address

SIGNER = "lugano"


def proposed(takeover: Takeover, movement: Movement, signer: str = SIGNER) -> str:
    """What a signer says to showing a movement."""
    asked = takeover.request(signer, movement)
    shown = IntentProposal(
        asked.intent,
        asked.transaction,
        asked.previous_transactions,
        asked.input_paths,
        asked.change_path,
        asked.orders,
        asked.log,
    )
    return takeover.ask(signer, shown)


def removal(takeover: Takeover, reason: str, life_s: int = DAY_S) -> RosterProposal:
    """A removal of emi, in the log, as it is proposed to a signer."""
    world = takeover.world
    until_s = world.clock.now_s() + life_s
    change = RosterChange(world.plane.genesis.digest(), without_person(world.plane.roster, "emi"), reason, until_s)
    sequence = takeover.log(RosterChangeProposed(change.digest(), change.encoded()))
    size = world.plane.signer(SIGNER).status().log_size
    with transaction(world.plane.engine) as connection:
        note = checkpoint(connection, world.plane.log_signer)
        return RosterProposal(change, log_evidence(world.plane, connection, note, sequence, size))


def kept(takeover: Takeover, subject: bytes) -> bool:
    node = takeover.world.signers[SIGNER]
    with transaction(node.home.engine) as connection:
        return waiting.is_waiting(connection, subject, takeover.world.clock.now_s())


# What signing would refuse is not shown


def test_a_settled_order_is_not_shown_again(takeover: Takeover) -> None:
    signed = takeover.world.order("w0", 5_000_000)
    assert takeover.sign(takeover.customer_payment(signed, coin=1), quorum=tuple(sorted(SIGNERS[:3]))) == {SIGNED}
    assert proposed(takeover, takeover.customer_payment(signed, coin=2)) == "order.already_settled"


def test_a_customer_s_second_passkey_is_not_shown(takeover: Takeover) -> None:
    world = takeover.world
    first = takeover.customer_payment(world.order("w0", 5_000_000), coin=1)
    forged = forged_payment(takeover)
    assert proposed(takeover, forged) == SIGNED, "a customer whom this signer never served"
    assert takeover.sign(first, quorum=tuple(sorted(SIGNERS[:3]))) == {SIGNED}
    assertion = world.deployment.persons["ada"].assertion(forged.intent.digest(), page_of(SIGNER))
    with pytest.raises(Exception, match="another passkey") as caught:
        world.signers[SIGNER].proposals.approve(forged.intent.digest(), assertion)
    assert getattr(caught.value, "code", "") == "order.enrolment_replaced"
    assert proposed(takeover, forged_payment(takeover)) == "order.enrolment_replaced"


def forged_payment(takeover: Takeover) -> Movement:
    """A payment in alice's name by a passkey that the control plane enrolled for her."""
    world = takeover.world
    device = SoftwareAuthenticator(world.deployment.customer("alice").relying_party, "mallory")
    credential = device.credential
    enrolled = CustomerEnrolled("alice", credential.credential_id, credential.public_key, CUSTOMER_ORIGIN)
    expires_at_s = world.clock.now_s() + DAY_S
    order = WithdrawalOrder(VENUE, "alice", "w9", Amount("BTC", 5_000_000), bitcoin_address(66), expires_at_s)
    signed = SignedOrder(order, device.assertion(order.digest(), CUSTOMER_ORIGIN))
    movement = takeover.customer_payment(signed, coin=2)
    return dataclasses.replace(movement, enrolments=(takeover.log(enrolled),))


def test_a_conflict_key_of_another_intent_is_not_shown(takeover: Takeover) -> None:
    first = takeover.house_payment(1_000_000)
    assert takeover.sign(first, quorum=tuple(sorted(SIGNERS[:3]))) == {SIGNED}
    again = takeover.reissued(first, created_by="somebody else")
    assert proposed(takeover, again) == "intent.conflict_key_taken"
    assert proposed(takeover, first) == SIGNED


# Room


def test_a_full_table_makes_room(takeover: Takeover, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "MAX_OF_A_KIND", 3)
    world = takeover.world
    first = [removal(takeover, f"flood {number}") for number in range(3)]
    for each in first:
        assert takeover.ask(SIGNER, each) == SIGNED
    subject = first[0].subject()
    device = world.deployment.persons["ada"]
    world.signers[SIGNER].proposals.approve(subject, device.assertion(subject, page_of(SIGNER)))
    world.clock.advance(1)
    honest = removal(takeover, "a thief")
    assert takeover.ask(SIGNER, honest) == SIGNED
    assert [kept(takeover, each.subject()) for each in (*first, honest)].count(True) == 3
    assert kept(takeover, subject), "what somebody has approved stays before what nobody has"
    intent = world.planned("w1")
    assert proposed(takeover, takeover.movement(intent)) == SIGNED, "each kind has room of its own"


def test_what_can_no_longer_be_goes_first(takeover: Takeover, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "MAX_OF_A_KIND", 2)
    lasting, brief = removal(takeover, "lasting"), removal(takeover, "brief", life_s=5)
    for each in (lasting, brief):
        assert takeover.ask(SIGNER, each) == SIGNED
    takeover.world.clock.advance(10)
    assert takeover.ask(SIGNER, removal(takeover, "next")) == SIGNED
    assert kept(takeover, lasting.subject())


def test_officers_are_asked_for_days_not_for_a_month(takeover: Takeover) -> None:
    assert takeover.ask(SIGNER, removal(takeover, "a week", life_s=7 * DAY_S)) == SIGNED
    assert takeover.ask(SIGNER, removal(takeover, "nine days", life_s=9 * DAY_S)) == "proposal.ended"


def test_invitations_make_room(takeover: Takeover, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrolment, "MAX_INVITATIONS", 2)
    until_s = takeover.world.clock.now_s() + DAY_S
    for number in range(3):
        asked = InvitationRequest(bytes([number]) * 32, f"fay {number}", until_s)
        assert takeover.ask(SIGNER, asked) == SIGNED
        takeover.world.clock.advance(1)
    assert takeover.records()[SIGNER]["invitations"] == 2


@pytest.mark.parametrize("name", ["", " fay", "fay  x", "fay\u200b", "fay\u202e", "x" * 61, "\ufb01"])
def test_an_invitation_is_for_a_name_that_reads_as_itself(takeover: Takeover, name: str) -> None:
    asked = InvitationRequest(bytes(32), name, takeover.world.clock.now_s() + DAY_S)
    assert takeover.ask(SIGNER, asked) == "authority.malformed"


# Lifts


def test_a_lift_s_time_cannot_be_poisoned(takeover: Takeover) -> None:
    world = takeover.world
    for signer in SIGNERS:
        world.signers[signer].freeze(takeover.freeze())
    order = FreezeLift(world.plane.genesis.digest(), (takeover.freeze().order,), "over")
    for signer in SIGNERS:
        assert takeover.ask(signer, LiftProposal(order, world.clock.now_s() + 1)) == SIGNED
    world.clock.advance(2)
    assert propose_lift(world.plane, "over", "ada") == order
    assert collect_approvals(world.plane).refused == {}
    assertion = world.deployment.persons["ada"].assertion(order.digest(), page_of(SIGNER))
    assert world.signers[SIGNER].proposals.approve(order.digest(), assertion).person == "ada"
    assert takeover.ask(SIGNER, LiftProposal(order, world.clock.now_s() + 9 * DAY_S)) == "proposal.ended"


def test_whoever_was_removed_no_longer_counts_for_a_lift(takeover: Takeover) -> None:
    world = takeover.world
    for signer in SIGNERS:
        world.signers[signer].freeze(takeover.freeze())
    order = propose_lift(world.plane, "over", "ben")
    collect_approvals(world.plane)
    node = world.signers[SIGNER]
    assertion = world.deployment.persons["emi"].assertion(order.digest(), page_of(SIGNER))
    node.proposals.approve(order.digest(), assertion)
    node.rosters.current = without_person(node.roster, "emi")
    assertion = world.deployment.persons["ada"].assertion(order.digest(), page_of(SIGNER))
    node.proposals.approve(order.digest(), assertion)
    with transaction(node.home.engine) as connection:
        assert [person for person, _, _ in node.proposals.approvals(connection, order.digest())] == ["ada"]


# What people read


@pytest.mark.parametrize("created_by", ["", "treasury\u202e", "a\nb", "treasury ", "x" * 129])
def test_an_intent_of_nobody_who_can_be_read(takeover: Takeover, created_by: str) -> None:
    payment = Payment(Amount("BTC", 1_000_000), bitcoin_address(9), None)
    with pytest.raises(Exception, match="who made an intent"):
        takeover.issued(payment, created_by=created_by)
