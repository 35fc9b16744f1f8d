"""Envelopes, freezes, key certificates and risk attestations: each holds for one place, time and signer."""

import dataclasses
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from authority_rig import NOW_S, Venue, intent
from holdfast.authority import (
    ALLOW,
    BLOCK,
    MAX_LIFTED,
    NONCE_BYTES,
    REVIEW,
    STEP_UP,
    Approval,
    AttestationForbids,
    AttestationInvalid,
    AttestationStale,
    AuthorityMalformed,
    Confirmation,
    EnvelopeForged,
    EnvelopeMisdirected,
    FreezeLift,
    FreezeOrder,
    FreezeOrderInvalid,
    Header,
    KeyCertificate,
    KeyCertificateInvalid,
    KeyOrder,
    KeyStatement,
    PersonLacksRole,
    QuorumNotReached,
    RiskAttestation,
    Roster,
    SignerUnknown,
    open_envelope,
    require_attested,
    require_confirmed,
    require_freeze,
    require_lift,
    seal_envelope,
    sign_attestation,
)

HEADER = Header("signer-1", "signer-2", b"session", 1, 1)
GENESIS = b"\x07" * 32


def test_a_letter_reaches_its_place(house: Venue, roster: Roster) -> None:
    envelope = seal_envelope(HEADER, b"body", house.signing["signer-1"])
    assert open_envelope(envelope, roster, HEADER) == b"body"


@pytest.mark.parametrize(
    "other",
    [
        {"sender": "signer-3"},
        {"recipient": "signer-3"},
        {"recipient": "*"},
        {"session": b"another"},
        {"round": 2},
        {"epoch": 2},
    ],
)
def test_a_letter_of_another_place_is_refused(house: Venue, roster: Roster, other: dict[str, object]) -> None:
    envelope = seal_envelope(HEADER, b"body", house.signing["signer-1"])
    elsewhere = dataclasses.replace(HEADER, **other)  # type: ignore[arg-type]
    with pytest.raises(EnvelopeMisdirected):
        open_envelope(envelope, roster, elsewhere)
    # The relay rewrites the header so that it fits: then the signature does not.
    readdressed = dataclasses.replace(envelope, letter=dataclasses.replace(envelope.letter, header=elsewhere))
    with pytest.raises(EnvelopeForged):
        open_envelope(readdressed, roster, elsewhere)


def test_a_letter_is_its_sender_s_own_words(house: Venue, roster: Roster) -> None:
    envelope = seal_envelope(HEADER, b"body", house.signing["signer-1"])
    altered = dataclasses.replace(envelope, letter=dataclasses.replace(envelope.letter, body=b"b0dy"))
    for forged in (
        altered,
        seal_envelope(HEADER, b"body", house.signing["signer-2"]),
        dataclasses.replace(envelope, signature=b""),
        dataclasses.replace(envelope, signature=bytes(64)),
    ):
        with pytest.raises(EnvelopeForged):
            open_envelope(forged, roster, HEADER)


def test_a_letter_ends_with_its_sender_s_place_in_the_roster(house: Venue, roster: Roster) -> None:
    envelope = seal_envelope(HEADER, b"body", house.signing["signer-1"])
    without = dataclasses.replace(roster, version=2, previous=roster.digest(), signers=roster.signers[1:])
    with pytest.raises(SignerUnknown):
        open_envelope(envelope, without, HEADER)


def freeze_of(genesis: bytes = GENESIS, number: int = 1, signer: str = "signer-1") -> FreezeOrder:
    """A freeze, another one for each number."""
    return FreezeOrder(genesis, signer, "a device was stolen", NOW_S, number.to_bytes(NONCE_BYTES, "big"))


def test_one_officer_freezes_and_a_quorum_lifts(house: Venue, roster: Roster) -> None:
    freeze = freeze_of(signer=page_s_signer(house.approve("olga", bytes(32)), roster))
    require_freeze(freeze, house.approve("olga", freeze.digest()), roster, GENESIS)
    lift = FreezeLift(GENESIS, (freeze,), "it was found")
    both = [house.approve("olga", lift.digest()), house.approve("otto", lift.digest())]
    require_lift(lift, both, roster, GENESIS)
    with pytest.raises(QuorumNotReached):
        require_lift(lift, both[:1], roster, GENESIS)
    with pytest.raises(FreezeOrderInvalid, match="genesis"):
        require_lift(lift, both, roster, bytes(32))


def page_s_signer(approval: Approval, roster: Roster) -> str:
    """On whose page an approval was given."""
    origin = approval.assertion.claimed_origin()
    return next(signer.name for signer in roster.signers if signer.origin == origin)


def test_only_officers_freeze(house: Venue, roster: Roster) -> None:
    freeze = freeze_of()
    with pytest.raises(PersonLacksRole):
        require_freeze(freeze, house.approve("anna", freeze.digest()), roster, GENESIS)


def test_a_freeze_is_of_the_page_that_it_names(house: Venue, roster: Roster) -> None:
    own = page_s_signer(house.approve("olga", bytes(32)), roster)
    freeze = freeze_of(signer=next(signer.name for signer in roster.signers if signer.name != own))
    with pytest.raises(FreezeOrderInvalid, match="page"):
        require_freeze(freeze, house.approve("olga", freeze.digest()), roster, GENESIS)


def test_a_freeze_is_of_this_genesis(house: Venue, roster: Roster) -> None:
    freeze = freeze_of(bytes(32))
    with pytest.raises(FreezeOrderInvalid, match="genesis"):
        require_freeze(freeze, house.approve("olga", freeze.digest()), roster, GENESIS)


def test_a_lift_has_one_spelling() -> None:
    freezes = sorted((freeze_of(number=number) for number in range(MAX_LIFTED + 1)), key=FreezeOrder.digest)
    assert FreezeLift(GENESIS, tuple(freezes[:MAX_LIFTED]), "over").lifted()[0] == freezes[0].digest()
    for wrong in ((), (freezes[1], freezes[0]), (freezes[0], freezes[0]), tuple(freezes)):
        with pytest.raises(AuthorityMalformed):
            FreezeLift(GENESIS, wrong, "over")


@pytest.mark.parametrize(
    "changed", [{"nonce": b""}, {"nonce": bytes(17)}, {"at_s": -1}, {"at_s": 2**63}, {"reason": ""}]
)
def test_a_freeze_order_is_one_of_a_kind(changed: dict[str, Any]) -> None:
    with pytest.raises(AuthorityMalformed):
        dataclasses.replace(freeze_of(), **changed)


ORDER = KeyOrder(GENESIS, "hot", "BTC", "regtest", "secp256k1-tr", 3, tuple(f"signer-{n}" for n in range(1, 6)), 1)
STATEMENT = KeyStatement(ORDER.digest(), b"\x08" * 32, b"\x02" * 33)


def confirmed(house: Venue, statement: KeyStatement = STATEMENT) -> KeyCertificate:
    confirmations = tuple(Confirmation(name, house.signing[name].sign(statement.encoded())) for name in ORDER.members)
    return KeyCertificate(ORDER, statement, confirmations, (b"\x09" * 64,))


def test_every_member_confirms_a_key(house: Venue, roster: Roster) -> None:
    require_confirmed(confirmed(house), roster)


def test_a_certificate_with_a_member_missing_doubled_foreign_or_lying(house: Venue, roster: Roster) -> None:
    whole = confirmed(house)
    given = whole.confirmations
    for wrong in (
        {"confirmations": given[:4]},
        {"confirmations": ()},
        {"confirmations": (*given[:4], given[0])},
        {"confirmations": (*given, given[0])},
        {"confirmations": (*given[:4], Confirmation("signer-9", given[4].signature))},
        {"confirmations": (*given[:4], Confirmation("signer-5", given[0].signature))},
        {"confirmations": (*given[:4], Confirmation("signer-5", b""))},
        {"test_signatures": ()},
        {"statement": dataclasses.replace(STATEMENT, group_key=b"\x03" * 33)},
        {"statement": dataclasses.replace(STATEMENT, order=bytes(32))},
        {"order": dataclasses.replace(ORDER, vault="cold")},
    ):
        with pytest.raises(KeyCertificateInvalid):
            require_confirmed(dataclasses.replace(whole, **wrong), roster)


def test_the_test_message_is_this_statement_s_own() -> None:
    other = dataclasses.replace(STATEMENT, transcript=bytes(32))
    assert STATEMENT.test_message() != other.test_message() != other.digest()


@pytest.mark.parametrize(
    "change",
    [
        {"threshold": 2},
        {"threshold": 1},
        {"threshold": 6},
        {"members": ("signer-1",) * 5},
        {"members": ()},
        {"suite": "ed25519"},
    ],
)
def test_a_committee_whose_quorums_could_miss_each_other_cannot_be(change: dict[str, object]) -> None:
    with pytest.raises(AuthorityMalformed):
        dataclasses.replace(ORDER, **change)  # type: ignore[arg-type]


ENGINE = Ed25519PrivateKey.generate()
ENGINE_KEY = ENGINE.public_key().public_bytes_raw()
SUBJECT = intent().digest()


def attestation(decision: str = ALLOW, score: int = 0) -> RiskAttestation:
    return RiskAttestation(SUBJECT, decision, score, ("a new destination",), 1, 1, NOW_S)


def test_a_fresh_allow_of_a_pinned_engine() -> None:
    signed = sign_attestation(attestation(), ENGINE)
    for now_s in (NOW_S - 60, NOW_S, NOW_S + 60):
        require_attested(signed, (ENGINE_KEY,), SUBJECT, now_s, 60)


@pytest.mark.parametrize("now_s", [NOW_S - 61, NOW_S + 61])
def test_an_attestation_grows_stale(now_s: int) -> None:
    with pytest.raises(AttestationStale):
        require_attested(sign_attestation(attestation(), ENGINE), (ENGINE_KEY,), SUBJECT, now_s, 60)


@pytest.mark.parametrize("decision", [STEP_UP, REVIEW, BLOCK])
def test_anything_but_allow_forbids(decision: str) -> None:
    signed = sign_attestation(attestation(decision, 900_000), ENGINE)
    with pytest.raises(AttestationForbids, match=f"{decision}: a new destination"):
        require_attested(signed, (ENGINE_KEY,), SUBJECT, NOW_S, 60)


def test_an_attestation_is_a_pinned_engine_s_own_word_on_this_intent() -> None:
    signed = sign_attestation(attestation(), ENGINE)
    stranger = Ed25519PrivateKey.generate()
    blocked = sign_attestation(attestation(BLOCK, 900_000), ENGINE)
    for wrong in (
        sign_attestation(attestation(), stranger),
        dataclasses.replace(sign_attestation(attestation(), stranger), key=ENGINE_KEY),
        dataclasses.replace(blocked, attestation=attestation()),
        dataclasses.replace(signed, signature=b""),
        sign_attestation(dataclasses.replace(attestation(), intent=bytes(32)), ENGINE),
    ):
        with pytest.raises(AttestationInvalid):
            require_attested(wrong, (ENGINE_KEY,), SUBJECT, NOW_S, 60)
    with pytest.raises(AttestationInvalid):
        require_attested(signed, (), SUBJECT, NOW_S, 60)


@pytest.mark.parametrize(("decision", "score"), [("maybe", 0), (ALLOW, -1), (ALLOW, 1_000_001)])
def test_a_decision_is_one_of_four_with_a_score(decision: str, score: int) -> None:
    with pytest.raises(AuthorityMalformed):
        attestation(decision, score)
