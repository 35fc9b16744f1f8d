"""Threshold keys: generation, signing and sealing of shares, usable alone.

A private key never exists. Each signer holds one share; ``threshold`` of them make one ordinary BIP-340
signature. The curve work is Rust (``rust/threshold``, on ``frost-secp256k1-tr``); the rounds are plain values here::

    secret, hello = keys.dkg_begin(identifier, signers=5, threshold=3)      # broadcast hello
    secret, letters = keys.dkg_exchange(secret, hellos_of_others)           # one secret letter for each signer
    share, group_key = keys.dkg_finish(secret, hellos_of_others, letters_for_me)

    nonces, commitments = keys.commit(share)                                # send commitments
    part = keys.sign(share, nonces, message, commitments_of_all, path)      # the nonces are gone
    signature = keys.aggregate(group_key, message, commitments_of_all, parts, path)

What the caller must see to, because no mathematics can:

- The identifier of a message is that of its *authenticated sender*.
- All signers saw the same round-1 messages: they compare :meth:`GroupKey.encoded` before an address is published.
- The letters of round 2 are secret: encrypt them to their recipient.
- That nonces were made is on disk before their commitments leave; those that a crash left over are never used.

Python cannot promise to wipe memory: secrets live in Rust handles, which do. Data keys are ``bytearray`` and are
overwritten after use, but copies that the interpreter made are beyond reach.
"""

from holdfast._core import DkgRound1Secret, DkgRound2Secret, GroupKey, KeyShare, SigningNonces, derive_output_key
from holdfast.keys.errors import (
    CheaterFound,
    DerivationInvalid,
    KekExists,
    KekMalformed,
    KekMissing,
    KekUnsafe,
    KeysError,
    MessageMalformed,
    NonceAlreadyUsed,
    ParametersInvalid,
    SealBroken,
    SecretAlreadyConsumed,
    SignatureInvalid,
    TooFewSigners,
    TranscriptMismatch,
    WrongKek,
)
from holdfast.keys.generation import dkg_begin, dkg_exchange, dkg_finish
from holdfast.keys.kek import FileKeySealer
from holdfast.keys.sealing import KeySealer, seal_share, unseal_share
from holdfast.keys.signing import aggregate, check_commitments, commit, sign, verify

__all__ = [
    "CheaterFound",
    "DerivationInvalid",
    "DkgRound1Secret",
    "DkgRound2Secret",
    "FileKeySealer",
    "GroupKey",
    "KekExists",
    "KekMalformed",
    "KekMissing",
    "KekUnsafe",
    "KeySealer",
    "KeyShare",
    "KeysError",
    "MessageMalformed",
    "NonceAlreadyUsed",
    "ParametersInvalid",
    "SealBroken",
    "SecretAlreadyConsumed",
    "SignatureInvalid",
    "SigningNonces",
    "TooFewSigners",
    "TranscriptMismatch",
    "WrongKek",
    "aggregate",
    "check_commitments",
    "commit",
    "derive_output_key",
    "dkg_begin",
    "dkg_exchange",
    "dkg_finish",
    "seal_share",
    "sign",
    "unseal_share",
    "verify",
]
