"""Answers of browsers, read."""

import hashlib
from collections.abc import Callable
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from webauthn.helpers import bytes_to_base64url

from holdfast.authority import (
    AssertionMalformed,
    AssertionOfAnother,
    AssertionUserNotVerified,
    AssertionWrongOrigin,
    AssertionWrongRelyingParty,
    AuthorityError,
    Credential,
    RegistrationInvalid,
    RelyingParty,
    assertion_from_document,
    credential_from_document,
    verify_assertion,
)
from holdfast.demo.authenticator import SoftwareAuthenticator, as_document

ORIGIN = "http://localhost:8411"
PAGES = RelyingParty("localhost", (ORIGIN,))
CHALLENGE = hashlib.sha256(b"challenge").digest()


@pytest.fixture
def authenticator() -> SoftwareAuthenticator:
    """A passkey of somebody."""
    return SoftwareAuthenticator("localhost", "ada")


def read(document: object) -> Credential:
    return credential_from_document(document, CHALLENGE, PAGES)


def test_a_registration_gives_the_credential(authenticator: SoftwareAuthenticator) -> None:
    document = as_document(authenticator.registration(CHALLENGE, ORIGIN))
    assert read(document) == authenticator.credential


def test_an_assertion_survives_the_way(authenticator: SoftwareAuthenticator) -> None:
    assertion = authenticator.assertion(CHALLENGE, ORIGIN)
    received = assertion_from_document(as_document(assertion))
    assert received == assertion
    verify_assertion(received, authenticator.credential, PAGES, CHALLENGE)


@pytest.mark.parametrize("origin", ["http://localhost:8410", "http://localhost:84110", "https://localhost:8411"])
def test_a_registration_on_another_page(authenticator: SoftwareAuthenticator, origin: str) -> None:
    with pytest.raises(AssertionWrongOrigin):
        read(as_document(authenticator.registration(CHALLENGE, origin)))


def test_a_registration_for_another_challenge(authenticator: SoftwareAuthenticator) -> None:
    with pytest.raises(AssertionOfAnother):
        read(as_document(authenticator.registration(bytes(32), ORIGIN)))


def test_a_registration_for_another_relying_party() -> None:
    with pytest.raises(AssertionWrongRelyingParty):
        read(as_document(SoftwareAuthenticator("localhost.example", "ada").registration(CHALLENGE, ORIGIN)))


def test_an_assertion_is_no_registration(authenticator: SoftwareAuthenticator) -> None:
    document = as_document(authenticator.registration(CHALLENGE, ORIGIN))
    document["client_data_json"] = as_document(authenticator.assertion(CHALLENGE, ORIGIN))["client_data_json"]
    with pytest.raises(AssertionMalformed):
        read(document)


def altered(authenticator: SoftwareAuthenticator, change: Callable[[dict[str, Any]], object]) -> dict[str, str]:
    """A registration whose attestation object was changed as a map."""
    registration = authenticator.registration(CHALLENGE, ORIGIN)
    map_ = cbor2.loads(registration.response.attestation_object)
    change(map_)
    return as_document(registration) | {"attestation_object": bytes_to_base64url(cbor2.dumps(map_))}


def with_flags(map_: dict[str, Any], flags: int) -> None:
    data = map_["authData"]
    map_["authData"] = data[:32] + bytes([flags]) + data[33:]


def with_extension(map_: dict[str, Any], extension: bytes, flags: int = 0xC5) -> None:
    map_["authData"] += extension
    with_flags(map_, flags)


def protected(level: object, name: str = "credProtect") -> bytes:
    return cbor2.dumps({name: level})


@pytest.mark.parametrize("level", [1, 2, 3])
def test_a_hardware_key_says_how_it_protects_the_credential(authenticator: SoftwareAuthenticator, level: int) -> None:
    document = altered(authenticator, lambda map_: with_extension(map_, protected(level)))
    assert read(document) == authenticator.credential


@pytest.mark.parametrize(
    "extension",
    [
        protected(0),
        protected(4),
        protected(None),
        protected(2, "credprotect"),
        protected(2, "credBlob"),
        cbor2.dumps({"credProtect": 2, "minPinLength": 4}),
        protected(2) + protected(2),
        protected(2) + b"\x00",
        b"\xbf\x6bcredProtect\x02\xff",
        b"\xa1\x6bcredProtect\x18\x02",
    ],
)
def test_no_other_extension_is_read(authenticator: SoftwareAuthenticator, extension: bytes) -> None:
    with pytest.raises(AuthorityError):
        read(altered(authenticator, lambda map_: with_extension(map_, extension)))


def test_an_extension_that_is_not_announced(authenticator: SoftwareAuthenticator) -> None:
    with pytest.raises(AuthorityError):
        read(altered(authenticator, lambda map_: with_extension(map_, protected(2), flags=0x45)))


def test_an_extension_in_the_place_of_the_key(authenticator: SoftwareAuthenticator) -> None:
    def change(map_: dict[str, Any]) -> None:
        map_["authData"] = map_["authData"][: 37 + 16 + 2 + 32]
        with_extension(map_, protected(2))

    with pytest.raises(AuthorityError):
        read(altered(authenticator, change))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda map_: with_flags(map_, 0x41), AssertionUserNotVerified),
        (lambda map_: with_flags(map_, 0x44), AssertionUserNotVerified),
        (lambda map_: with_flags(map_, 0x05), RegistrationInvalid),
        (lambda map_: with_flags(map_, 0xC5), RegistrationInvalid),
        (lambda map_: map_.update(fmt="packed"), RegistrationInvalid),
        (lambda map_: map_.update(attStmt={"alg": -7}), RegistrationInvalid),
        (lambda map_: map_.update(authData=map_["authData"][:30]), AssertionMalformed),
        (lambda map_: map_.update(authData=map_["authData"][:54]), AuthorityError),
        (lambda map_: map_.update(authData=map_["authData"] + b"\x00"), AuthorityError),
        (lambda map_: map_.update(extra=1), RegistrationInvalid),
    ],
)
def test_what_is_no_plain_registration(
    authenticator: SoftwareAuthenticator, change: Callable[[dict[str, Any]], object], error: type[AuthorityError]
) -> None:
    with pytest.raises(error):
        read(altered(authenticator, change))


def test_a_registration_of_another_credential_than_it_says(authenticator: SoftwareAuthenticator) -> None:
    document = as_document(authenticator.registration(CHALLENGE, ORIGIN)) | {"credential_id": "AAAA"}
    with pytest.raises(RegistrationInvalid):
        read(document)


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document.pop("signature"),
        lambda document: document.update(more="AAAA"),
        lambda document: document.update(signature=7),
        lambda document: document.update(signature=None),
        lambda document: document.update(signature="A+A="),
        lambda document: document.update(signature="A"),
        lambda document: document.update(signature="A" * 6_000),
    ],
)
def test_a_malformed_answer(authenticator: SoftwareAuthenticator, change: Callable[[dict[str, Any]], object]) -> None:
    document: dict[str, Any] = dict(as_document(authenticator.assertion(CHALLENGE, ORIGIN)))
    change(document)
    with pytest.raises(AssertionMalformed):
        assertion_from_document(document)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=10), children, max_size=4),
    max_leaves=8,
)


@given(JSON, st.binary(max_size=300))
def test_nothing_else_is_read_and_nothing_else_happens(document: object, data: bytes) -> None:
    with pytest.raises(AssertionMalformed):
        assertion_from_document(document)
    registration = as_document(SoftwareAuthenticator("localhost", "ada").registration(CHALLENGE, ORIGIN))
    with pytest.raises(AuthorityError):
        read(registration | {"attestation_object": bytes_to_base64url(data)})
