"""WebAuthn assertions: how a person's authenticator says yes to exactly one digest.

``webauthn`` verifies the signature and the relying party; what that library leaves to its caller (an exact
origin, no cross-origin frame, user verification) is required here first, so that each fault has its own code.
Source: Web Authentication Level 3, section 7.2.
"""

import hashlib
import hmac
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import webauthn
from webauthn.helpers.structs import AuthenticationCredential, AuthenticatorAssertionResponse

from holdfast.authority.cose import key_material
from holdfast.authority.errors import (
    AssertionCredentialUnknown,
    AssertionMalformed,
    AssertionOfAnother,
    AssertionSignatureInvalid,
    AssertionUserNotVerified,
    AssertionWrongOrigin,
    AssertionWrongRelyingParty,
    AuthorityMalformed,
)
from holdfast.encoding import Canonical

MAX_FIELD_BYTES = 4_096
"""The largest client data, authenticator data, key or signature that is looked at."""

MAX_CLIENT_DATA_BYTES = 1_024
"""The largest client data of an assertion: several times what browsers write, for they travel in great number."""

AUTHENTICATOR_DATA_BYTES = 37
"""Authenticator data without a credential and extensions: the relying party's hash, flags and counter."""

_USER_PRESENT, _USER_VERIFIED, ATTESTED_CREDENTIAL, EXTENSIONS = 0x01, 0x04, 0x40, 0x80


@dataclass(frozen=True)
class Credential:
    """A registered credential: its id and its COSE public key, as the authenticator gave them.

    :raises AuthorityMalformed: no credential id, or no COSE key of a known type.
    """

    credential_id: bytes
    public_key: bytes

    def __post_init__(self) -> None:
        """Refuse what no authenticator would give."""
        if not 1 <= len(self.credential_id) <= 1_023 or not 1 <= len(self.public_key) <= MAX_FIELD_BYTES:
            raise AuthorityMalformed("a credential id has 1 to 1,023 bytes and a public key at most 4,096")
        # Before anything else may decode it: the bytes are whatever somebody enrolled.
        key_material(self.public_key)

    def key_material(self) -> tuple[int, ...]:
        """What tells this public key from every other, however its COSE encoding is spelt."""
        return key_material(self.public_key)


@dataclass(frozen=True)
class RelyingParty:
    """Where assertions may come from: the relying party's id and its exact origins, with port."""

    identifier: str
    origins: tuple[str, ...]


@dataclass(frozen=True)
class Assertion(Canonical):
    """What an authenticator answers: the bytes it signed and its signature."""

    DOMAIN = "holdfast/assertion"

    credential_id: bytes
    authenticator_data: bytes
    client_data_json: bytes
    signature: bytes

    def __post_init__(self) -> None:
        """Refuse oversized parts before anything parses them."""
        parts = (self.credential_id, self.authenticator_data, self.client_data_json, self.signature)
        if any(len(part) > MAX_FIELD_BYTES for part in parts):
            raise AssertionMalformed(f"a part of the assertion is larger than {MAX_FIELD_BYTES} bytes")
        if len(self.client_data_json) > MAX_CLIENT_DATA_BYTES:
            raise AssertionMalformed(f"the client data are larger than {MAX_CLIENT_DATA_BYTES} bytes")

    def claimed_origin(self) -> str:
        """The page that the client data name. Nobody has verified it: only :func:`verify_assertion` does.

        :raises AssertionMalformed: no client data of an assertion.
        """
        return str(_client_data(self.client_data_json, "webauthn.get").get("origin"))


def _client_data(encoded: bytes, kind: str) -> dict[str, Any]:
    try:
        client_data = json.loads(encoded)
    except (ValueError, RecursionError):
        raise AssertionMalformed("the client data is not JSON") from None
    if not isinstance(client_data, dict) or client_data.get("type") != kind:
        raise AssertionMalformed(f"the client data is not that of {kind}")
    return client_data


def require_context(client_data_json: bytes, kind: str, challenge: bytes, origins: Collection[str]) -> str:
    """The exact origin in the client data (section 5.8.1), once it answers this challenge in a window of its own.

    :param kind: ``webauthn.get`` or ``webauthn.create``.
    :raises AssertionMalformed: no client data of this kind.
    :raises AssertionWrongOrigin: another page, or a frame.
    :raises AssertionOfAnother: another challenge.
    """
    client_data = _client_data(client_data_json, kind)
    origin = client_data.get("origin")
    if not isinstance(origin, str) or origin not in origins:
        raise AssertionWrongOrigin(f"made on {str(origin)[:80]!r}, which is not a pinned origin")
    # A page framed by another site could be overlaid; approvals happen in the top window only.
    if client_data.get("crossOrigin") not in (None, False) or "topOrigin" in client_data:
        raise AssertionWrongOrigin("made inside another site's frame")
    if client_data.get("challenge") != webauthn.helpers.bytes_to_base64url(challenge):
        raise AssertionOfAnother("the assertion signs another digest than this one")
    return origin


def _require_bare(authenticator_data: bytes) -> None:
    # Nobody asks for extensions here, and their CBOR, not yet authenticated, is not worth the risk of parsing: a few
    # shared references in it unfold without end.
    if len(authenticator_data) != AUTHENTICATOR_DATA_BYTES:
        raise AssertionMalformed(f"the authenticator data has {len(authenticator_data)} bytes instead of 37")
    if authenticator_data[32] & (ATTESTED_CREDENTIAL | EXTENSIONS):
        raise AssertionMalformed("the authenticator data announces parts that it does not have")


def require_user_verified(authenticator_data: bytes, identifier: str) -> int:
    """The counter, once the data (section 6.1) is for this relying party and says that its user was verified.

    :raises AssertionMalformed: shorter than authenticator data is.
    :raises AssertionWrongRelyingParty: for another relying party.
    :raises AssertionUserNotVerified: the user was not there, or not verified.
    """
    if len(authenticator_data) < AUTHENTICATOR_DATA_BYTES:
        raise AssertionMalformed("the authenticator data ends too early")
    relying_party_hash, flags = authenticator_data[:32], authenticator_data[32]
    if relying_party_hash != hashlib.sha256(identifier.encode()).digest():
        raise AssertionWrongRelyingParty(f"signed for another relying party than {identifier}")
    if not (flags & _USER_PRESENT and flags & _USER_VERIFIED):
        raise AssertionUserNotVerified("the authenticator did not verify its user")
    return int.from_bytes(authenticator_data[33:AUTHENTICATOR_DATA_BYTES], "big")


@dataclass(frozen=True)
class AssertionFacts:
    """What a verified assertion tells: the exact origin and the authenticator's counter (0: it has none)."""

    origin: str
    sign_count: int


def verify_assertion(
    assertion: Assertion, credential: Credential, relying_party: RelyingParty, challenge: bytes
) -> AssertionFacts:
    """Require that ``credential`` signed ``challenge`` (32 bytes), its user verified, on a pinned origin.

    The same assertion verifies any number of times, and a malleated ECDSA signature too: callers count
    (person, digest), never signatures.

    :raises AssertionWrongOrigin: another page, or a frame.
    :raises AssertionOfAnother: another challenge.
    :raises AssertionUserNotVerified: the authenticator did not verify its user.
    :raises AssertionSignatureInvalid: not this credential's signature.
    """
    if not hmac.compare_digest(assertion.credential_id, credential.credential_id):
        raise AssertionCredentialUnknown("the assertion is by another credential")
    origin = require_context(assertion.client_data_json, "webauthn.get", challenge, relying_party.origins)
    _require_bare(assertion.authenticator_data)
    sign_count = require_user_verified(assertion.authenticator_data, relying_party.identifier)
    _require_signature(assertion, credential, relying_party.identifier, challenge, origin)
    return AssertionFacts(origin, sign_count)


def _require_signature(
    assertion: Assertion, credential: Credential, identifier: str, challenge: bytes, origin: str
) -> None:
    try:
        webauthn.verify_authentication_response(
            credential=AuthenticationCredential(
                id=webauthn.helpers.bytes_to_base64url(assertion.credential_id),
                raw_id=assertion.credential_id,
                response=AuthenticatorAssertionResponse(
                    client_data_json=assertion.client_data_json,
                    authenticator_data=assertion.authenticator_data,
                    signature=assertion.signature,
                ),
            ),
            expected_challenge=challenge,
            expected_rp_id=identifier,
            expected_origin=origin,
            credential_public_key=credential.public_key,
            # Counters are each signer's own record, by (credential, counter): see the signer's lifecycle.
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    # Key decoding and verification raise many kinds (CBOR, COSE, curve); every one of them means no.
    except Exception as fault:  # noqa: BLE001
        raise AssertionSignatureInvalid(f"the assertion does not verify: {type(fault).__name__}") from None
