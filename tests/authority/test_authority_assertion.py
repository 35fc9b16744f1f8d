"""Assertions: each thing that can be wrong with one has its own code."""

import dataclasses
import json

import cbor2
import pytest

from holdfast.authority import (
    Assertion,
    AssertionCredentialUnknown,
    AssertionMalformed,
    AssertionOfAnother,
    AssertionSignatureInvalid,
    AssertionUserNotVerified,
    AssertionWrongOrigin,
    AssertionWrongRelyingParty,
    AuthorityError,
    AuthorityMalformed,
    Credential,
    RelyingParty,
    verify_assertion,
)
from holdfast.demo.authenticator import SoftwareAuthenticator

PAGE = "http://localhost:8801"
PAGES = RelyingParty("localhost", ("http://localhost:8800", PAGE))
CHALLENGE = bytes(range(32))


@pytest.fixture(scope="module")
def device() -> SoftwareAuthenticator:
    return SoftwareAuthenticator("localhost", "anna")


def test_a_verified_user_s_assertion_on_a_pinned_page_passes(device: SoftwareAuthenticator) -> None:
    facts = verify_assertion(device.assertion(CHALLENGE, PAGE), device.credential, PAGES, CHALLENGE)
    assert (facts.origin, facts.sign_count) == (PAGE, device.sign_count)


def refused(device: SoftwareAuthenticator, assertion: Assertion, code: str, pages: RelyingParty = PAGES) -> None:
    with pytest.raises(AuthorityError) as refusal:
        verify_assertion(assertion, device.credential, pages, CHALLENGE)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    "elsewhere",
    [
        "http://localhost:8802",
        "https://localhost:8801",
        "http://localhost",
        "http://localhost:8801/",
        "http://LOCALHOST:8801",
        "http://localhost:8801.evil.example",
    ],
)
def test_an_origin_is_compared_exactly(device: SoftwareAuthenticator, elsewhere: str) -> None:
    refused(device, device.assertion(CHALLENGE, elsewhere), AssertionWrongOrigin.code)


def test_a_frame_inside_another_site_is_refused(device: SoftwareAuthenticator) -> None:
    framed = device.assertion(CHALLENGE, PAGE, cross_origin=True, top_origin="https://evil.example")
    refused(device, framed, AssertionWrongOrigin.code)


def test_another_challenge_is_refused(device: SoftwareAuthenticator) -> None:
    refused(device, device.assertion(bytes(32), PAGE), AssertionOfAnother.code)


def test_another_relying_party_is_refused(device: SoftwareAuthenticator) -> None:
    elsewhere = dataclasses.replace(PAGES, identifier="example.org")
    refused(device, device.assertion(CHALLENGE, PAGE), AssertionWrongRelyingParty.code, elsewhere)


@pytest.mark.parametrize(("verified", "present"), [(False, True), (True, False), (False, False)])
def test_a_user_who_was_not_verified_or_not_there_is_refused(
    device: SoftwareAuthenticator, verified: bool, present: bool
) -> None:
    unverified = device.assertion(CHALLENGE, PAGE, user_verified=verified, user_present=present)
    refused(device, unverified, AssertionUserNotVerified.code)


def test_another_device_s_assertion_is_refused_even_under_this_credential_s_id(device: SoftwareAuthenticator) -> None:
    other = SoftwareAuthenticator("localhost", "mallory").assertion(CHALLENGE, PAGE)
    refused(device, other, AssertionCredentialUnknown.code)
    disguised = dataclasses.replace(other, credential_id=device.credential.credential_id)
    refused(device, disguised, AssertionSignatureInvalid.code)


def test_setting_the_verified_flag_afterwards_breaks_the_signature(device: SoftwareAuthenticator) -> None:
    unverified = device.assertion(CHALLENGE, PAGE, user_verified=False)
    signed = bytearray(unverified.authenticator_data)
    signed[32] |= 0x04
    refused(device, dataclasses.replace(unverified, authenticator_data=bytes(signed)), AssertionSignatureInvalid.code)


@pytest.mark.parametrize(
    "client_data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"webauthn.get"',
        b"{}",
        b'{"type":"webauthn.create"}',
        b'{"type":"webauthn.get"',
        b"[" * 1_000,
        b"\xff\xfe\xfd",
    ],
)
def test_client_data_that_is_not_an_assertion_s_is_malformed(device: SoftwareAuthenticator, client_data: bytes) -> None:
    given = dataclasses.replace(device.assertion(CHALLENGE, PAGE), client_data_json=client_data)
    refused(device, given, AssertionMalformed.code)


def test_client_data_may_carry_keys_that_nobody_knows_yet(device: SoftwareAuthenticator) -> None:
    # Level 3, section 5.8.1: verifiers must be prepared for further members.
    assertion = device.assertion(CHALLENGE, PAGE)
    extended = json.loads(assertion.client_data_json) | {"other_keys_can_be_added_here": "do not compare"}
    given = dataclasses.replace(assertion, client_data_json=json.dumps(extended).encode())
    refused(device, given, AssertionSignatureInvalid.code)  # past the parsing, and no longer what was signed


@pytest.mark.parametrize("origin", [None, 1, ["http://localhost:8801"], {}])
def test_an_origin_that_is_no_text_is_wrong(device: SoftwareAuthenticator, origin: object) -> None:
    assertion = device.assertion(CHALLENGE, PAGE)
    altered = json.loads(assertion.client_data_json) | {"origin": origin}
    given = dataclasses.replace(assertion, client_data_json=json.dumps(altered).encode())
    refused(device, given, AssertionWrongOrigin.code)


@pytest.mark.parametrize("flags", [0x45, 0x85])
def test_announced_extensions_and_credentials_are_malformed(device: SoftwareAuthenticator, flags: int) -> None:
    assertion = device.assertion(CHALLENGE, PAGE)
    announced = assertion.authenticator_data[:32] + bytes([flags]) + assertion.authenticator_data[33:]
    refused(device, dataclasses.replace(assertion, authenticator_data=announced), AssertionMalformed.code)


@pytest.mark.parametrize("length", [0, 36, 38, 4_096])
def test_authenticator_data_has_37_bytes(device: SoftwareAuthenticator, length: int) -> None:
    assertion = device.assertion(CHALLENGE, PAGE)
    cut = (assertion.authenticator_data + bytes(4_096))[:length]
    refused(device, dataclasses.replace(assertion, authenticator_data=cut), AssertionMalformed.code)


def test_an_oversized_part_never_becomes_an_assertion(device: SoftwareAuthenticator) -> None:
    assertion = device.assertion(CHALLENGE, PAGE)
    for field in dataclasses.fields(Assertion):
        with pytest.raises(AssertionMalformed):
            dataclasses.replace(assertion, **{field.name: bytes(4_097)})


@pytest.mark.parametrize(("identifier", "key"), [(b"", b"k"), (bytes(1_024), b"k"), (b"i", b""), (b"i", bytes(4_097))])
def test_a_credential_has_an_identifier_and_a_key_of_bounded_size(identifier: bytes, key: bytes) -> None:
    with pytest.raises(AuthorityMalformed):
        Credential(identifier, key)


def test_a_key_is_told_apart_however_it_is_spelt(device: SoftwareAuthenticator) -> None:
    material = device.credential.key_material()
    cose = cbor2.loads(device.credential.public_key)
    reordered = cbor2.dumps(dict(reversed(cose.items())))
    assert device.credential.public_key != reordered
    assert Credential(b"i", reordered).key_material() == material
    assert SoftwareAuthenticator("localhost", "anna").credential.key_material() != material


@pytest.mark.parametrize("key", [b"\x00", b"\xa0", b"\x04", cbor2.dumps({1: 2, 3: -7, -1: 1, -2: [1], -3: b"y"})])
def test_what_is_no_key_is_no_credential(key: bytes) -> None:
    with pytest.raises(AuthorityMalformed):
        Credential(b"i", key)
