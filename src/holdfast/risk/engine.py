"""The engine: decides about every payment of an intent and signs the worst of it."""

from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from holdfast.authority import RiskAttestation, SignedAttestation, sign_attestation
from holdfast.clock import Clock
from holdfast.risk.decide import Decision, decide
from holdfast.risk.errors import FactsMalformed
from holdfast.risk.parameters import PARAMETERS_VERSION
from holdfast.risk.rules import RULES_VERSION
from holdfast.risk.types import WithdrawalFacts


def worst(decisions: Iterable[Decision]) -> Decision:
    """The decision with the highest score; among equals the first."""
    return max(decisions, key=lambda decision: decision.score_millionths)


class RiskEngine:
    """Attests decisions with its own Ed25519 key, which signers pin in the genesis."""

    def __init__(self, key: Ed25519PrivateKey, clock: Clock) -> None:
        self._key = key
        self._clock = clock

    def __repr__(self) -> str:
        return "<RiskEngine redacted>"

    def __reduce__(self) -> str:
        raise TypeError("a risk engine's key is not pickled")

    @property
    def public_key(self) -> bytes:
        """The raw Ed25519 public key, 32 bytes."""
        return self._key.public_key().public_bytes_raw()

    def attest(self, intent_digest: bytes, facts_per_payment: Iterable[WithdrawalFacts]) -> SignedAttestation:
        """Decide about every payment of an intent and sign the worst decision, dated now.

        :raises FactsMalformed: no payment, or no digest of 32 bytes.
        """
        decisions = tuple(decide(facts) for facts in facts_per_payment)
        if not decisions or len(intent_digest) != 32:
            raise FactsMalformed("an attestation is about an intent's 32-byte digest and at least one payment")
        decision = worst(decisions)
        attestation = RiskAttestation(
            intent_digest,
            decision.decision,
            decision.score_millionths,
            decision.reasons,
            PARAMETERS_VERSION,
            RULES_VERSION,
            self._clock.now_s(),
        )
        return sign_attestation(attestation, self._key)
