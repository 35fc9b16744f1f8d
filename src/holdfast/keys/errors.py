"""What can go wrong with keys. The faults of the rounds are raised by the Rust core; those of the KEK are here."""

from holdfast._core import (
    CheaterFound,
    DerivationInvalid,
    KeysError,
    MessageMalformed,
    NonceAlreadyUsed,
    ParametersInvalid,
    SealBroken,
    SecretAlreadyConsumed,
    SignatureInvalid,
    TooFewSigners,
    TranscriptMismatch,
)

__all__ = [
    "CheaterFound",
    "DerivationInvalid",
    "KekExists",
    "KekMalformed",
    "KekMissing",
    "KekUnsafe",
    "KeysError",
    "MessageMalformed",
    "NonceAlreadyUsed",
    "ParametersInvalid",
    "SealBroken",
    "SecretAlreadyConsumed",
    "SignatureInvalid",
    "TooFewSigners",
    "TranscriptMismatch",
    "WrongKek",
]


class KekMissing(KeysError):
    """There is no key-encryption key where it should be: what it sealed cannot be opened."""

    code = "keys.kek_missing"
    exit_status = 3


class KekExists(KeysError):
    """A key-encryption key is already there; overwriting it would destroy every share that it sealed."""

    code = "keys.kek_exists"
    exit_status = 2


class KekUnsafe(KeysError):
    """The key-encryption key can be read by others than its owner, or is not a plain file of this user's."""

    code = "keys.kek_unsafe"
    exit_status = 1


class KekMalformed(KeysError):
    """The file of the key-encryption key is not one: it must hold exactly 32 bytes."""

    code = "keys.kek_malformed"
    exit_status = 2


class WrongKek(KeysError):
    """Another key-encryption key sealed this."""

    code = "keys.wrong_kek"
    exit_status = 1
