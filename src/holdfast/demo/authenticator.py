"""A software authenticator: stands in for people's passkeys in the demonstration and in tests.

It keeps its private key in the program's memory or in a file and believes whoever calls it that a user was there
and was verified. It therefore proves nothing about people, and no deployment may enrol one. What it answers is
byte for byte what a hardware authenticator and a browser would: Web Authentication Level 3, sections 5.8.1
(client data), 6.1 (authenticator data), 6.5.1 (attested credential data), 8.7 (no attestation).
"""

import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, derive_private_key
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.structs import AuthenticatorAttestationResponse, RegistrationCredential

from holdfast.authority import Assertion, Credential
from holdfast.encoding import Canonical

# The order of NIST P-256 (FIPS 186-4, D.1.2.3): private scalars lie in 1..n-1.
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

_USER_PRESENT, _USER_VERIFIED, _ATTESTED_CREDENTIAL = 0x01, 0x04, 0x40


@dataclass(frozen=True)
class _AuthenticatorFile(Canonical):
    DOMAIN = "holdfast/software-authenticator"

    relying_party: str
    name: str
    credential_id: bytes
    private_scalar: bytes
    sign_count: int


class SoftwareAuthenticator:
    """One ES256 (P-256) credential of one person, counting its signatures.

    :param rp_id: the relying party's id, such as ``localhost``.
    :param name: whose it is, for people to read.
    """

    def __init__(self, rp_id: str, name: str) -> None:
        scalar = 1 + secrets.randbelow(_P256_ORDER - 1)
        self._adopt(_AuthenticatorFile(rp_id, name, secrets.token_bytes(32), scalar.to_bytes(32, "big"), 0))
        self._path: Path | None = None

    def _adopt(self, stored: _AuthenticatorFile) -> None:
        self._stored = stored
        self._key: EllipticCurvePrivateKey = derive_private_key(
            int.from_bytes(stored.private_scalar, "big"), SECP256R1()
        )
        self._sign_count = stored.sign_count

    def __repr__(self) -> str:
        return f"<SoftwareAuthenticator {self.name!r} redacted>"

    def __reduce__(self) -> str:
        raise TypeError("an authenticator's key is not pickled")

    @property
    def name(self) -> str:
        """Whose it is."""
        return self._stored.name

    @property
    def relying_party(self) -> str:
        """The relying party's id that it signs for."""
        return self._stored.relying_party

    @property
    def sign_count(self) -> int:
        """The counter in the last answer; 0 before the first."""
        return self._sign_count

    @property
    def credential(self) -> Credential:
        """What a roster or an enrolment records: the credential id and the COSE public key (RFC 9053, 7.1.1)."""
        point = self._key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        return Credential(self._stored.credential_id, cbor2.dumps(cose))

    def assertion(
        self,
        challenge: bytes,
        origin: str,
        *,
        user_verified: bool = True,
        user_present: bool = True,
        cross_origin: bool = False,
        top_origin: str | None = None,
    ) -> Assertion:
        """Sign ``challenge`` as the browser at ``origin`` would have it signed.

        :param cross_origin: the page sits in another site's frame; ``top_origin`` is then that site.
        """
        flags = (_USER_PRESENT if user_present else 0) | (_USER_VERIFIED if user_verified else 0)
        self._count()
        authenticator_data = self._authenticator_data(flags)
        client_data = _client_data("webauthn.get", challenge, origin, cross_origin, top_origin)
        signature = self._key.sign(authenticator_data + hashlib.sha256(client_data).digest(), ECDSA(hashes.SHA256()))
        return Assertion(self._stored.credential_id, authenticator_data, client_data, signature)

    def registration(self, challenge: bytes, origin: str) -> RegistrationCredential:
        """Answer a registration without attestation, as ``webauthn.verify_registration_response`` takes it."""
        credential = self.credential
        # 16 zero bytes are the AAGUID of an authenticator that does not say what it is.
        attested = bytes(16) + len(credential.credential_id).to_bytes(2, "big") + credential.credential_id
        flags = _USER_PRESENT | _USER_VERIFIED | _ATTESTED_CREDENTIAL
        authenticator_data = self._authenticator_data(flags) + attested + credential.public_key
        return RegistrationCredential(
            id=bytes_to_base64url(credential.credential_id),
            raw_id=credential.credential_id,
            response=AuthenticatorAttestationResponse(
                client_data_json=_client_data("webauthn.create", challenge, origin, False, None),
                attestation_object=cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": authenticator_data}),
            ),
        )

    def _authenticator_data(self, flags: int) -> bytes:
        relying_party_hash = hashlib.sha256(self.relying_party.encode()).digest()
        return relying_party_hash + bytes([flags]) + self._sign_count.to_bytes(4, "big")

    def _count(self) -> None:
        self._sign_count += 1
        # On disk before it is shown: a counter that repeats after a crash would look like a cloned authenticator.
        if self._path is not None:
            _write_private(self._path, self.export_private())

    def export_private(self) -> bytes:
        """Everything there is, the private key included, as canonical bytes for :meth:`load`."""
        stored = self._stored
        return _AuthenticatorFile(
            stored.relying_party, stored.name, stored.credential_id, stored.private_scalar, self._sign_count
        ).encoded()

    def save(self, path: Path) -> None:
        """Keep this authenticator in ``path`` (mode 0600) from now on, its counter with every signature."""
        self._path = path
        _write_private(path, self.export_private())

    @classmethod
    def load(cls, source: Path | bytes) -> Self:
        """The authenticator that was saved in this file (and goes on being), or exported as these bytes.

        :raises EncodingError: not the bytes of a software authenticator.
        """
        loaded = cls.__new__(cls)
        loaded._adopt(_AuthenticatorFile.decoded(source if isinstance(source, bytes) else source.read_bytes()))
        loaded._path = None if isinstance(source, bytes) else source
        return loaded


def as_document(answer: Assertion | RegistrationCredential) -> dict[str, str]:
    """What a page's script sends to its server for this answer: base64url texts."""
    if isinstance(answer, Assertion):
        names = ("credential_id", "authenticator_data", "client_data_json", "signature")
        members = {name: getattr(answer, name) for name in names}
    else:
        members = {
            "credential_id": answer.raw_id,
            "client_data_json": answer.response.client_data_json,
            "attestation_object": answer.response.attestation_object,
        }
    return {name: bytes_to_base64url(value) for name, value in members.items()}


def _client_data(kind: str, challenge: bytes, origin: str, cross_origin: bool, top_origin: str | None) -> bytes:
    # The order of the members and the absence of blanks are the serialisation of section 5.8.1.1.
    members = {"type": kind, "challenge": bytes_to_base64url(challenge), "origin": origin, "crossOrigin": cross_origin}
    if top_origin is not None:
        members["topOrigin"] = top_origin
    return json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode()


def _write_private(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
