"""What can go wrong with a reserve epoch."""

from typing import ClassVar

from holdfast._core import EpochMalformed, ProofInvalid, SolvencyError, SumOverflow
from holdfast.errors import HoldfastError

__all__ = [
    "AttestationInvalid",
    "AttestationRefused",
    "AttestationUnavailable",
    "CoinsInsufficient",
    "CustomerNotInEpoch",
    "DocumentMalformed",
    "EpochBusy",
    "EpochConflict",
    "EpochFolderDamaged",
    "EpochMalformed",
    "EpochNotLater",
    "EpochUnknown",
    "KeyMismatch",
    "NonceMalformed",
    "NonceMismatch",
    "NothingToProve",
    "ProofInvalid",
    "ReservesBroken",
    "ReservesError",
    "SolvencyError",
    "SumOverflow",
    "SuperRootMismatch",
]


class ReservesError(HoldfastError):
    """Base of this domain's errors (those of the trees themselves derive from :class:`SolvencyError`)."""

    code: ClassVar[str] = "reserves.refused"


class DocumentMalformed(ReservesError):
    """A manifest or proof that is not in the published format, to the byte."""

    code = "reserves.document_malformed"
    exit_status = 2


class NonceMalformed(ReservesError):
    """A customer's nonce that is not 16 bytes."""

    code = "reserves.nonce_malformed"
    exit_status = 2


class SuperRootMismatch(ReservesError):
    """What a manifest or proof says does not hash to its super-root, or the two are of different epochs."""

    code = "reserves.super_root_mismatch"


class AttestationInvalid(ReservesError):
    """A vault's ownership signature is not valid."""

    code = "reserves.attestation_invalid"


class CoinsInsufficient(ReservesError):
    """The vaults' coins are worth less than what customers are owed."""

    code = "reserves.coins_insufficient"


class KeyMismatch(ReservesError):
    """A vault whose key is known from elsewhere is not in the epoch, or has another key there."""

    code = "reserves.key_mismatch"


class NonceMismatch(ReservesError):
    """The nonce of the proof is not the one that the customer's page chose."""

    code = "reserves.nonce_mismatch"


class NothingToProve(ReservesError):
    """There is no vault in use: nobody could attest anything."""

    code = "reserves.nothing_to_prove"


class EpochUnknown(ReservesError):
    """No epoch of this number is published here."""

    code = "reserves.epoch_unknown"


class EpochConflict(ReservesError):
    """The epoch exists with other content; what was published is never published again differently."""

    code = "reserves.epoch_conflict"


class EpochNotLater(ReservesError):
    """No higher block, or no later time, than the newest epoch has: signers would refuse it."""

    code = "reserves.not_later"


class EpochBusy(ReservesError):
    """Another process is publishing an epoch in this folder."""

    code = "reserves.busy"
    exit_status = 3


class EpochFolderDamaged(ReservesError):
    """An epoch's folder lacks a file, or has one that was altered or cannot be read or written."""

    code = "reserves.folder_damaged"
    exit_status = 3


class CustomerNotInEpoch(ReservesError):
    """The epoch has no leaves for this customer: they came later, or were left out."""

    code = "reserves.customer_not_in_epoch"


class AttestationUnavailable(ReservesError):
    """Too few signers answer to attest the epoch; it stays prepared, and publishing again goes on from there."""

    code = "reserves.attestation_unavailable"
    exit_status = 3


class AttestationRefused(ReservesError):
    """Signers refuse to attest the epoch; their codes are in the message."""

    code = "reserves.attestation_refused"


class ReservesBroken(ReservesError):
    """An epoch does not agree with the books, the chain or itself."""

    code = "reserves.broken"
