"""The risk engine's signed word about one intent."""

from collections.abc import Collection
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from holdfast.authority.errors import (
    AttestationForbids,
    AttestationInvalid,
    AttestationStale,
    AuthorityMalformed,
)
from holdfast.encoding import Canonical

ALLOW, STEP_UP, REVIEW, BLOCK = DECISIONS = ("allow", "step_up", "review", "block")
"""What the engine can decide, mildest first. Only ``allow`` lets signers go on by the attestation alone."""


@dataclass(frozen=True)
class RiskAttestation(Canonical):
    """A decision about an intent: score 0..1,000,000 (millionths), the top reasons, and what decided."""

    DOMAIN = "holdfast/risk-attestation"

    intent: bytes
    decision: str
    score_millionths: int
    reasons: tuple[str, ...]
    parameters_version: int
    rules_version: int
    issued_at_s: int

    def __post_init__(self) -> None:
        """Refuse an unknown decision."""
        if self.decision not in DECISIONS or not 0 <= self.score_millionths <= 1_000_000:
            raise AuthorityMalformed("an attestation decides allow, step_up, review or block with a score from 0 to 1")


@dataclass(frozen=True)
class SignedAttestation(Canonical):
    """An attestation with the engine's Ed25519 key and signature over the canonical bytes."""

    DOMAIN = "holdfast/signed-attestation"

    attestation: RiskAttestation
    key: bytes
    signature: bytes


def sign_attestation(attestation: RiskAttestation, key: Ed25519PrivateKey) -> SignedAttestation:
    """Sign with the engine's own key."""
    return SignedAttestation(attestation, key.public_key().public_bytes_raw(), key.sign(attestation.encoded()))


def require_attested(
    signed: SignedAttestation, keys: Collection[bytes], intent: bytes, now_s: int, maximum_age_s: int
) -> None:
    """Require a pinned engine's fresh ``allow`` for this intent.

    :raises AttestationInvalid: another key, signature or intent.
    :raises AttestationStale: older than ``maximum_age_s``, or more than that in the future.
    :raises AttestationForbids: any decision but ``allow``.
    """
    attestation = signed.attestation
    if signed.key not in keys:
        raise AttestationInvalid("signed by a key that is no pinned risk engine's")
    try:
        Ed25519PublicKey.from_public_bytes(signed.key).verify(signed.signature, attestation.encoded())
    except (InvalidSignature, ValueError):
        raise AttestationInvalid("the risk engine's signature does not verify") from None
    if attestation.intent != intent:
        raise AttestationInvalid("the attestation is about another intent")
    if abs(now_s - attestation.issued_at_s) > maximum_age_s:
        raise AttestationStale(
            f"issued {now_s - attestation.issued_at_s} s ago; at most {maximum_age_s} s are accepted"
        )
    if attestation.decision != ALLOW:
        reasons = "; ".join(attestation.reasons[:3]) or "no reason given"
        raise AttestationForbids(f"the risk engine decided {attestation.decision}: {reasons}")
