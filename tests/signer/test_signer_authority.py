"""Who may have a movement signed: versions, quorums, approvals, customers' orders, attestations, each with its code."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from holdfast.amounts import Amount
from holdfast.audit import CustomerEnrolled, LogEntry
from holdfast.authority import (
    ALLOW,
    BLOCK,
    REVIEW,
    STEP_UP,
    Approval,
    Assertion,
    Payment,
    SignedAttestation,
    SignedOrder,
    sign_attestation,
)
from holdfast.custody import Movement
from holdfast.demo.authenticator import SoftwareAuthenticator
from holdfast.demo.deployment import ASSET, CUSTOMER_ORIGIN, PERSONS, SIGNERS, page_of
from holdfast.encoding import decode, encode
from holdfast.signer import EnrolledOrder
from signer_rig import DELAY_S, QUORUM, SIGNED, Takeover
from world import DAY_S, bitcoin_address

Shown = Callable[["Honest"], dict[str, Any]]

ATTACKERS_PAGE = "https://approve.example"


@dataclasses.dataclass
class Honest:
    """An approved movement of a customer's own withdrawal, and its parts to be bent."""

    takeover: Takeover
    movement: Movement

    @property
    def digest(self) -> bytes:
        """What people approved."""
        return self.movement.intent.digest()

    def approvals(self, *bent: Approval) -> dict[str, Any]:
        """The honest approvals with the first ones replaced."""
        return {"approvals": (*bent, *self.movement.approvals[len(bent) :])}

    def assertion(self, **how: Any) -> Approval:
        """The first person's approval, made in another way."""
        origin, digest = how.pop("origin", page_of("bern")), how.pop("digest", self.digest)
        return Approval(PERSONS[0], self.takeover.world.deployment.persons[PERSONS[0]].assertion(digest, origin, **how))

    def attestation(self, **how: Any) -> dict[str, Any]:
        """A risk attestation by the pinned key, made in another way."""
        return {"attestation": self.takeover.attested(how.pop("intent", self.digest), **how)}

    def order(self, **proof: Any) -> dict[str, Any]:
        """The customer's order with another proof of enrolment."""
        (shown,) = self.takeover.request(QUORUM[0], self.movement).orders
        enrolment = dataclasses.replace(shown.enrolment, **proof)
        return {"orders": (EnrolledOrder(shown.signed, enrolment),)}


@pytest.fixture(scope="module")
def honest(shared: Takeover) -> Honest:
    """The movement that every case bends."""
    return Honest(shared, shared.proposed(shared.movement(shared.world.approved("honest", 20_000_000))))


def strangers_device(honest: Honest) -> dict[str, Any]:
    """A person's name on a device that the roster does not have."""
    assertion = SoftwareAuthenticator("localhost", "stranger").assertion(honest.digest, page_of("bern"))
    return honest.approvals(Approval(PERSONS[0], assertion))


def second_persons_device(honest: Honest) -> dict[str, Any]:
    """One person's name on another person's device."""
    return honest.approvals(Approval(PERSONS[0], honest.movement.approvals[1].assertion))


def another_relying_party(honest: Honest) -> dict[str, Any]:
    """A person's own device, asked by another site that claims to be a signer's page."""
    device = decode(honest.takeover.world.deployment.persons[PERSONS[0]].export_private())
    assert isinstance(device, list)
    elsewhere = SoftwareAuthenticator.load(encode([*device[:2], "approve.example", *device[3:]]))
    return honest.approvals(Approval(PERSONS[0], elsewhere.assertion(honest.digest, page_of("bern"))))


def false_signature(honest: Honest) -> dict[str, Any]:
    """An approval whose signature has one bit wrong."""
    approval = honest.assertion()
    signature = bytearray(approval.assertion.signature)
    signature[-1] ^= 1
    bent = dataclasses.replace(approval.assertion, signature=bytes(signature))
    return honest.approvals(Approval(approval.person, bent))


def uninvited_order(honest: Honest) -> dict[str, Any]:
    """One more order, which would bind its customer's passkey at every signer."""
    extra = honest.takeover.customer_payment(honest.takeover.world.order("uninvited", 1_000_000))
    shown = (honest.takeover.request(QUORUM[0], each).orders[0] for each in (honest.movement, extra))
    return {"orders": tuple(shown)}


def enrolment_of_another(honest: Honest) -> dict[str, Any]:
    """The order of one customer under another customer's enrolment."""
    honest.takeover.world.enrol("mallory")
    movement = dataclasses.replace(honest.movement, enrolments=(honest.takeover.enrolment("mallory"),))
    return {"orders": honest.takeover.request(QUORUM[0], movement).orders}


def enrolment_not_in_the_log(honest: Honest) -> dict[str, Any]:
    """An enrolment that the log does not have, under an honest proof."""
    passkey = SoftwareAuthenticator("localhost", "mallory").credential
    event = CustomerEnrolled("alice", passkey.credential_id, passkey.public_key, CUSTOMER_ORIGIN)
    index = honest.takeover.enrolment("alice")
    return honest.order(entry=LogEntry(index, 1, event.encoded()).encoded())


def enrolment_that_is_none(honest: Honest) -> dict[str, Any]:
    """An entry of the log that enrols nobody."""
    movement = dataclasses.replace(honest.movement, enrolments=(0,))
    return {"orders": honest.takeover.request(QUORUM[0], movement).orders}


def order_signed_elsewhere(honest: Honest) -> dict[str, Any]:
    """The customer's assertion was made on another page than the exchange's."""
    (shown,) = honest.takeover.request(QUORUM[0], honest.movement).orders
    order, passkey = shown.signed.order, honest.takeover.world.deployment.customer("alice")
    assertion = passkey.assertion(order.digest(), ATTACKERS_PAGE)
    return {"orders": (EnrolledOrder(SignedOrder(order, assertion), shown.enrolment),)}


def order_signed_unverified(honest: Honest) -> dict[str, Any]:
    """The customer's authenticator did not verify them."""
    (shown,) = honest.takeover.request(QUORUM[0], honest.movement).orders
    order, passkey = shown.signed.order, honest.takeover.world.deployment.customer("alice")
    assertion = passkey.assertion(order.digest(), CUSTOMER_ORIGIN, user_verified=False)
    return {"orders": (EnrolledOrder(SignedOrder(order, assertion), shown.enrolment),)}


def another_engines_word(honest: Honest) -> dict[str, Any]:
    """An attestation by a key that is not pinned."""
    word = honest.takeover.attested(honest.digest).attestation
    return {"attestation": sign_attestation(word, Ed25519PrivateKey.generate())}


def forged_attestation(honest: Honest) -> dict[str, Any]:
    """The pinned key under a signature of something else."""
    true = honest.takeover.attested(honest.digest)
    bent = dataclasses.replace(true.attestation, score_millionths=1)
    return {"attestation": SignedAttestation(bent, true.key, true.signature)}


REFUSED: dict[str, tuple[Shown, str]] = {
    "a quorum with a stranger": (lambda _: {"quorum": (*SIGNERS[:2], "mallory")}, "signer.quorum_invalid"),
    "a quorum that repeats": (lambda _: {"quorum": (*SIGNERS[:2], SIGNERS[0])}, "signer.quorum_invalid"),
    "a quorum too small": (lambda _: {"quorum": SIGNERS[:2]}, "signer.quorum_invalid"),
    "a quorum too large": (lambda _: {"quorum": SIGNERS[:4]}, "signer.quorum_invalid"),
    "no quorum": (lambda _: {"quorum": ("",)}, "signer.quorum_invalid"),
    "no approval": (lambda _: {"approvals": ()}, "approval.quorum_not_reached"),
    "two approvals of three": (
        lambda honest: {"approvals": honest.movement.approvals[:2]},
        "approval.quorum_not_reached",
    ),
    "one person three times": (
        lambda honest: {"approvals": tuple(honest.assertion() for _ in range(3))},
        "approval.quorum_not_reached",
    ),
    "more approvals than are looked at": (
        lambda honest: {"approvals": honest.movement.approvals * 22},
        "approval.quorum_not_reached",
    ),
    "an approval of another intent": (
        lambda honest: honest.approvals(honest.assertion(digest=bytes(32))),
        "assertion.of_another",
    ),
    "without user verification": (
        lambda honest: honest.approvals(honest.assertion(user_verified=False)),
        "assertion.user_not_verified",
    ),
    "without the user's presence": (
        lambda honest: honest.approvals(honest.assertion(user_present=False)),
        "assertion.user_not_verified",
    ),
    "on the attacker's page": (
        lambda honest: honest.approvals(honest.assertion(origin=ATTACKERS_PAGE)),
        "assertion.wrong_origin",
    ),
    "on the customers' page": (
        lambda honest: honest.approvals(honest.assertion(origin=CUSTOMER_ORIGIN)),
        "assertion.wrong_origin",
    ),
    "in another site's frame": (
        lambda honest: honest.approvals(honest.assertion(cross_origin=True, top_origin=ATTACKERS_PAGE)),
        "assertion.wrong_origin",
    ),
    "by a device nobody registered": (strangers_device, "assertion.credential_unknown"),
    "by another person's device": (second_persons_device, "assertion.credential_unknown"),
    "for another relying party": (another_relying_party, "assertion.wrong_relying_party"),
    "by a person nobody knows": (
        lambda honest: honest.approvals(dataclasses.replace(honest.assertion(), person="mallory")),
        "roster.person_unknown",
    ),
    "with a false signature": (false_signature, "assertion.signature_invalid"),
    "without the customer's order": (lambda _: {"orders": ()}, "order.missing"),
    "an order that no payment names": (uninvited_order, "order.mismatch"),
    "an order over and over": (lambda honest: {"orders": honest.order()["orders"] * 1_000}, "order.mismatch"),
    "another customer's enrolment": (enrolment_of_another, "order.enrolment_invalid"),
    "an enrolment that is not in the log": (enrolment_not_in_the_log, "order.enrolment_invalid"),
    "an enrolment at another place": (lambda honest: honest.order(index=1), "order.enrolment_invalid"),
    "an enrolment beyond the log": (lambda honest: honest.order(index=2**40), "order.enrolment_invalid"),
    "an enrolment that is none": (enrolment_that_is_none, "order.enrolment_invalid"),
    "an order signed on another page": (order_signed_elsewhere, "assertion.wrong_origin"),
    "an order signed without verification": (order_signed_unverified, "assertion.user_not_verified"),
    "no attestation": (lambda _: {"attestation": None}, "attestation.missing"),
    "an attestation of another intent": (lambda honest: honest.attestation(intent=bytes(32)), "attestation.invalid"),
    "an attestation by another key": (another_engines_word, "attestation.invalid"),
    "a forged attestation": (forged_attestation, "attestation.invalid"),
    "a stale attestation": (lambda honest: honest.attestation(age_s=601), "attestation.stale"),
    "an attestation of the future": (lambda honest: honest.attestation(age_s=-601), "attestation.stale"),
    "step up": (lambda honest: honest.attestation(decision=STEP_UP), "attestation.forbids"),
    "review": (lambda honest: honest.attestation(decision=REVIEW), "attestation.forbids"),
    "block": (lambda honest: honest.attestation(decision=BLOCK), "attestation.forbids"),
}


@pytest.mark.parametrize(("shown", "code"), REFUSED.values(), ids=REFUSED)
def test_every_signer_refuses_and_records_nothing(honest: Honest, shown: Shown, code: str) -> None:
    before = honest.takeover.records()
    assert honest.takeover.verdicts(honest.movement, **shown(honest)) == {code}
    assert honest.takeover.records() == before


INTENTS: dict[str, tuple[dict[str, Any], str]] = {
    "the next roster": ({"roster_version": 2}, "roster.version_unknown"),
    "no roster": ({"roster_version": 0}, "roster.version_unknown"),
    "the next policy": ({"policy_version": 2}, "policy.version_unknown"),
    "no policy": ({"policy_version": 0}, "policy.version_unknown"),
    "the next epoch": ({"committee_epoch": 2}, "key.epoch_unknown"),
    "no epoch": ({"committee_epoch": 0}, "key.epoch_unknown"),
    "the last epoch there is": ({"committee_epoch": 2**63 - 1}, "key.epoch_unknown"),
    "another vault": ({"vault": "cold"}, "key.epoch_unknown"),
}


@pytest.mark.parametrize(("fields", "code"), INTENTS.values(), ids=INTENTS)
def test_every_signer_refuses_an_intent_that_is_not_in_force(honest: Honest, fields: dict[str, Any], code: str) -> None:
    assert honest.takeover.verdicts(honest.takeover.reissued(honest.movement, **fields)) == {code}


def test_a_signer_signs_in_no_quorum_but_its_own(honest: Honest) -> None:
    for signer in SIGNERS:
        others = tuple(name for name in SIGNERS if name != signer)[:3]
        request = honest.takeover.request(signer, honest.movement, quorum=others)
        assert honest.takeover.ask(signer, request) == "signer.quorum_invalid"


def test_intent_lives_within_the_policys_bounds(honest: Honest) -> None:
    now_s = honest.takeover.world.clock.now_s()
    for expires_at_s, code in ((now_s, "intent.expired"), (now_s + DAY_S + 1, "intent.lifetime_exceeded")):
        movement = honest.takeover.reissued(honest.movement, expires_at_s=expires_at_s)
        assert honest.takeover.verdicts(movement) == {code}


def test_order_settles_nothing_but_itself(honest: Honest) -> None:
    takeover = honest.takeover
    ordered = takeover.world.order("bent", 1_000_000)
    digest, to = ordered.order.digest(), ordered.order.destination
    for payment in (
        Payment(Amount(ASSET, 1_000_001), to, digest),
        Payment(Amount(ASSET, 1_000_000), bitcoin_address(6), digest),
    ):
        assert takeover.verdicts(takeover.issued(payment, orders=(ordered,))) == {"order.mismatch"}
    elsewhere = dataclasses.replace(ordered.order, venue="Another Exchange")
    assertion = takeover.world.deployment.customer("alice").assertion(elsewhere.digest(), CUSTOMER_ORIGIN)
    assert takeover.verdicts(takeover.customer_payment(SignedOrder(elsewhere, assertion))) == {"order.mismatch"}


def test_two_passkeys_of_one_customer_are_refused(honest: Honest) -> None:
    takeover, forged = honest.takeover, SoftwareAuthenticator("localhost", "alice")
    credential = forged.credential
    sequence = takeover.log(CustomerEnrolled("alice", credential.credential_id, credential.public_key, CUSTOMER_ORIGIN))
    order = takeover.world.order("second passkey", 1_000_000).order
    signed = SignedOrder(order, forged.assertion(order.digest(), CUSTOMER_ORIGIN))
    own, other = takeover.world.order("own passkey", 1_000_000), signed
    payments = [Payment(each.order.amount, each.order.destination, each.order.digest()) for each in (own, other)]
    movement = takeover.issued(*payments, orders=(own, other))
    movement = dataclasses.replace(movement, enrolments=(takeover.enrolment("alice"), sequence))
    assert takeover.verdicts(movement) == {"order.enrolment_invalid"}


# What becomes invalid, or valid


def test_attestation_grows_stale(takeover: Takeover) -> None:
    movement = takeover.movement(takeover.world.approved("slow", 20_000_000))
    takeover.world.clock.advance(600)
    assert takeover.verdicts(movement) == {SIGNED}
    takeover.world.clock.advance(1)
    assert takeover.verdicts(movement, attempt=b"again") == {"attestation.stale"}
    fresh = takeover.attested(movement.intent.digest(), ALLOW)
    assert takeover.verdicts(movement, attempt=b"again", attestation=fresh) == {SIGNED}


def test_order_expires_before_its_intent(takeover: Takeover) -> None:
    # No honest intent outlives the orders that it settles.
    movement = takeover.customer_payment(takeover.world.order("short", 1_000_000), persons=1)
    assert movement.intent.expires_at_s == takeover.world.clock.now_s() + DAY_S
    takeover.world.clock.advance(DAY_S - 1)
    later = takeover.world.clock.now_s() + DAY_S
    longer = takeover.reissued(movement, persons=1, expires_at_s=later)
    assert takeover.verdicts(longer) == {SIGNED}
    takeover.world.clock.advance(1)
    assert takeover.verdicts(longer, attempt=b"late") == {"order.expired"}


def test_customer_is_held_to_their_first_passkey(takeover: Takeover) -> None:
    assert takeover.verdicts(takeover.customer_payment(takeover.world.order("first", 1_000_000))) == {SIGNED}
    alices = takeover.world.deployment.customer("alice").credential
    forged = SoftwareAuthenticator("localhost", "alice")
    # The forged enrolment even repeats the id of the honest credential: ids are public.
    for credential_id in (forged.credential.credential_id, alices.credential_id):
        event = CustomerEnrolled("alice", credential_id, forged.credential.public_key, CUSTOMER_ORIGIN)
        sequence = takeover.log(event)
        order = takeover.world.order(f"forged-{sequence}", 2_000_000).order
        made = forged.assertion(order.digest(), CUSTOMER_ORIGIN)
        assertion = Assertion(credential_id, made.authenticator_data, made.client_data_json, made.signature)
        movement = takeover.customer_payment(SignedOrder(order, assertion), coin=1)
        movement = dataclasses.replace(movement, enrolments=(sequence,))
        assert takeover.verdicts(movement) == {"order.enrolment_replaced"}


def test_counter_value_serves_one_approval_only(takeover: Takeover) -> None:
    first = takeover.customer_payment(takeover.world.order("first", 1_000_000), persons=1)
    second = takeover.customer_payment(takeover.world.order("second", 1_000_000), persons=1, coin=1)
    takeover.proposed(second)
    device = takeover.world.deployment.persons[PERSONS[0]]
    clone = SoftwareAuthenticator.load(device.export_private())
    approval = Approval(PERSONS[0], device.assertion(first.intent.digest(), page_of("bern")))
    cloned = Approval(PERSONS[0], clone.assertion(second.intent.digest(), page_of("bern")))
    assert takeover.verdicts(first, approvals=(approval,)) == {SIGNED}
    assert takeover.verdicts(first, approvals=(approval,), attempt=b"again") == {SIGNED}
    before = takeover.records()
    assert takeover.verdicts(second, approvals=(cloned,)) == {"approval.authenticator_cloned"}
    assert takeover.records() == before
    assert takeover.verdicts(second) == {SIGNED}


def test_delay_is_the_signers_own(takeover: Takeover) -> None:
    movement = takeover.house_payment(9_000_000)
    assert takeover.verdicts(movement) == {"policy.delay_not_elapsed"}
    assert takeover.cosign_log() == {SIGNED}
    takeover.world.clock.advance(DELAY_S - 1)
    fresh = takeover.attested(movement.intent.digest())
    assert takeover.verdicts(movement, attestation=fresh) == {"policy.delay_not_elapsed"}
    takeover.world.clock.advance(1)
    assert takeover.verdicts(movement, attestation=fresh) == {SIGNED}


def test_no_delay_is_asked_for_a_smaller_payment(takeover: Takeover) -> None:
    assert takeover.verdicts(takeover.house_payment(7_000_000)) == {SIGNED}


def test_genesis_floor_is_above_the_policy(takeover: Takeover) -> None:
    # The rule asks for two persons; the genesis for three from 1 BTC on, whatever any policy says.
    two, three = takeover.house_payment(100_000_000), takeover.house_payment(100_000_000, persons=3)
    takeover.cosign_log()
    takeover.proposed(two), takeover.proposed(three)
    takeover.world.clock.advance(DELAY_S)
    for movement, code in ((two, "approval.quorum_not_reached"), (three, "cap.exceeded")):
        assert takeover.verdicts(movement, attestation=takeover.attested(movement.intent.digest())) == {code}


def test_what_no_rule_allows_is_denied(takeover: Takeover) -> None:
    movement = takeover.house_payment(260_000_000, persons=5)
    assert takeover.verdicts(movement) == {"policy.denied"}
