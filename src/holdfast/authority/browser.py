"""What browsers hand over: an authenticator's answer as JSON, read into a type that cannot hold anything else.

Source: Web Authentication Level 3, sections 5.8.1 (client data), 6.1 (authenticator data), 6.5 (attestation), 8.7
(no attestation).
"""

import re
from base64 import urlsafe_b64decode
from typing import Any

from holdfast.authority.assertion import (
    ATTESTED_CREDENTIAL,
    AUTHENTICATOR_DATA_BYTES,
    EXTENSIONS,
    MAX_FIELD_BYTES,
    Assertion,
    Credential,
    RelyingParty,
    require_context,
    require_user_verified,
)
from holdfast.authority.errors import AssertionMalformed, RegistrationInvalid

_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")

_ASSERTION = ("credential_id", "authenticator_data", "client_data_json", "signature")
_REGISTRATION = ("credential_id", "client_data_json", "attestation_object")

# The map of section 6.5.4 with the members of section 8.7, in the order of CTAP2's canonical CBOR. The page asks for
# no attestation, so that nothing else can come; a general CBOR decoder is not let near what anybody may send.
_NO_ATTESTATION = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData"
_BYTES_8, _BYTES_16 = 0x58, 0x59

_AAGUID_BYTES = 16

# CTAP 2.1, section 12.1: browsers ask by themselves that a discoverable credential be protected, and authenticators
# answer with the level. Nobody here asks for any other extension, so that no other map can come.
_PROTECTED = tuple(b"\xa1\x6bcredProtect" + bytes([level]) for level in (1, 2, 3))


def assertion_from_document(document: object) -> Assertion:
    """The assertion in an object of base64url texts: ``credential_id``, ``authenticator_data``, ``client_data_json``,
    ``signature``.

    :raises AssertionMalformed: a member missing, added, too long or not base64url.
    """
    return Assertion(**_members(document, _ASSERTION))


def credential_from_document(document: object, challenge: bytes, pages: RelyingParty) -> Credential:
    """The new credential in an object of base64url texts: ``credential_id``, ``client_data_json`` and
    ``attestation_object``. Its maker is not attested: what it is, nobody vouches for.

    :param challenge: what the page had the authenticator answer, 32 bytes.
    :raises AuthorityError: as :func:`holdfast.authority.verify_assertion` for origin, challenge and verification.
    :raises RegistrationInvalid: not one new credential without attestation.
    """
    members = _members(document, _REGISTRATION)
    require_context(members["client_data_json"], "webauthn.create", challenge, pages.origins)
    data = _authenticator_data(members["attestation_object"])
    require_user_verified(data, pages.identifier)
    credential = _attested_credential(data)
    if credential.credential_id != members["credential_id"]:
        raise RegistrationInvalid("the registration is of another credential than it says")
    return credential


def _members(document: object, names: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(document, dict) or set(document) != set(names):
        raise AssertionMalformed(f"an answer has exactly the members {', '.join(names)}")
    return {name: _bytes(document[name], name) for name in names}


def _bytes(text: object, name: str) -> bytes:
    # Four characters hold three bytes.
    if not isinstance(text, str) or len(text) > MAX_FIELD_BYTES * 4 // 3 + 4 or not _BASE64URL.fullmatch(text):
        raise AssertionMalformed(f"{name} is base64url of at most {MAX_FIELD_BYTES} bytes")
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise AssertionMalformed(f"{name} is not base64url") from None


def _authenticator_data(attestation_object: bytes) -> bytes:
    if not attestation_object.startswith(_NO_ATTESTATION):
        raise RegistrationInvalid("the registration carries an attestation, and this page asks for none")
    rest = attestation_object.removeprefix(_NO_ATTESTATION)
    width = {_BYTES_8: 1, _BYTES_16: 2}.get(rest[0] if rest else 0)
    data = b"" if width is None else rest[1 + width :]
    if width is None or int.from_bytes(rest[1 : 1 + width], "big") != len(data):
        raise RegistrationInvalid("the attestation object is not what it should be")
    return data


def _attested_credential(data: bytes) -> Credential:
    """Section 6.5.1: the AAGUID, the credential id with its length, and the COSE key to the end or to credProtect."""
    if not data[32] & ATTESTED_CREDENTIAL:
        raise RegistrationInvalid("the registration is not of a credential")
    if data[32] & EXTENSIONS:
        if not data.endswith(_PROTECTED):
            raise RegistrationInvalid("the registration has another extension than credProtect")
        data = data[: -len(_PROTECTED[0])]
    at = AUTHENTICATOR_DATA_BYTES + _AAGUID_BYTES
    length = int.from_bytes(data[at : at + 2], "big")
    credential_id, public_key = data[at + 2 : at + 2 + length], data[at + 2 + length :]
    return Credential(credential_id, public_key)
