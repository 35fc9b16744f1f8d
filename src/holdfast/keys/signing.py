"""Threshold signing in two rounds (RFC 9591, section 5), giving one BIP-340 signature.

``path`` names the key: the steps of a non-hardened BIP-32 derivation from the group key, at most five. The empty
path is the group key itself; any other is tweaked as BIP-86 says, and verifies under ``group_key.output_key(path)``.
"""

from collections.abc import Mapping, Sequence

from holdfast import _core
from holdfast._core import GroupKey, KeyShare, SigningNonces


def commit(share: KeyShare) -> tuple[SigningNonces, bytes]:
    """Round 1: nonces for one signature, never stored, and the commitments to send to the other signers."""
    return _core.commit(share)


def check_commitments(commitments: bytes) -> None:
    """Check that bytes are somebody's commitments, before others are asked to sign with them.

    :raises MessageMalformed: they are not.
    """
    _core.check_commitments(commitments)


def sign(
    share: KeyShare,
    nonces: SigningNonces,
    message: bytes,
    commitments: Mapping[int, bytes],
    path: Sequence[int] = (),
) -> bytes:
    """Round 2: this signer's share of the signature on a 32-byte ``message``.

    ``commitments`` are those of all who sign, this signer included, by identifier. The nonces are consumed,
    whatever the outcome.

    :raises NonceAlreadyUsed: these nonces were used before.
    :raises TranscriptMismatch: this signer's commitments are missing, or are not those of these nonces.
    :raises TooFewSigners: fewer than the threshold.
    :raises CheaterFound: malformed commitments, and whose.
    :raises ParametersInvalid: a signer who is not in the group, or a message that has not 32 bytes.
    :raises DerivationInvalid: more than five steps, or a hardened one.
    """
    return _core.sign(share, nonces, message, dict(commitments), list(path))


def aggregate(
    group_key: GroupKey,
    message: bytes,
    commitments: Mapping[int, bytes],
    shares: Mapping[int, bytes],
    path: Sequence[int] = (),
) -> bytes:
    """Join the shares of all who committed into one signature of 64 bytes, verified before it is returned.

    :raises CheaterFound: *every* signer whose share is wrong: made with another key, message, path or nonce.
    :raises TooFewSigners: fewer than the threshold.
    :raises ParametersInvalid: not one share for each commitment, or a signer who is not in the group.
    :raises DerivationInvalid: more than five steps, or a hardened one.
    """
    return _core.aggregate(group_key, message, dict(commitments), dict(shares), list(path))


def verify(output_key: bytes, message: bytes, signature: bytes) -> None:
    """Verify a BIP-340 signature of a 32-byte message under a 32-byte x-only key.

    :raises SignatureInvalid: it is not valid; also if the key is no point on the curve.
    :raises ParametersInvalid: a length that is not 32, 32 and 64 bytes.
    """
    _core.verify(output_key, message, signature)
