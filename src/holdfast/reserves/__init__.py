"""Proof of reserves: what customers are owed, what the vaults hold, and evidence of both that needs nothing of ours.

An *epoch* is a folder of plain files. :func:`publish_epoch` makes one; :func:`prove` cuts a customer's proof; each
customer verifies it with ``verify_reserves.py`` or the page beside it. The format is
``docs/reference/reserves-format.md``.
"""

from holdfast.reserves.checking import check_epoch
from holdfast.reserves.document import canonical_json
from holdfast.reserves.errors import (
    AttestationInvalid,
    AttestationRefused,
    AttestationUnavailable,
    CoinsInsufficient,
    CustomerNotInEpoch,
    DocumentMalformed,
    EpochBusy,
    EpochConflict,
    EpochFolderDamaged,
    EpochMalformed,
    EpochNotLater,
    EpochUnknown,
    KeyMismatch,
    NonceMalformed,
    NonceMismatch,
    NothingToProve,
    ProofInvalid,
    ReservesBroken,
    ReservesError,
    SolvencyError,
    SumOverflow,
    SuperRootMismatch,
)
from holdfast.reserves.manifest import MAX_MANIFEST_BYTES, ListedCoin, ListedVault, Manifest
from holdfast.reserves.nonces import customer_nonce, set_customer_nonce
from holdfast.reserves.proof import MAX_PROOF_BYTES, NONCE_BYTES, AssetProof, Proof, ProvenFragment, is_proof
from holdfast.reserves.proving import prove
from holdfast.reserves.publication import PUBLISHED_FILES, attest_epoch, publish_epoch
from holdfast.reserves.types import (
    AssetCover,
    CheckReport,
    EpochView,
    Finding,
    House,
    ProofReport,
    ProvenBalance,
)
from holdfast.reserves.verification import require_known, verify_proof
from holdfast.reserves.views import (
    MANIFEST,
    PUBLIC,
    epoch_view,
    epoch_views,
    newest_epoch,
    public_folder,
    reserves_directory,
)

__all__ = [
    "MANIFEST",
    "MAX_MANIFEST_BYTES",
    "MAX_PROOF_BYTES",
    "NONCE_BYTES",
    "PUBLIC",
    "PUBLISHED_FILES",
    "AssetCover",
    "AssetProof",
    "AttestationInvalid",
    "AttestationRefused",
    "AttestationUnavailable",
    "CheckReport",
    "CoinsInsufficient",
    "CustomerNotInEpoch",
    "DocumentMalformed",
    "EpochBusy",
    "EpochConflict",
    "EpochFolderDamaged",
    "EpochMalformed",
    "EpochNotLater",
    "EpochUnknown",
    "EpochView",
    "Finding",
    "House",
    "KeyMismatch",
    "ListedCoin",
    "ListedVault",
    "Manifest",
    "NonceMalformed",
    "NonceMismatch",
    "NothingToProve",
    "Proof",
    "ProofInvalid",
    "ProofReport",
    "ProvenBalance",
    "ProvenFragment",
    "ReservesBroken",
    "ReservesError",
    "SolvencyError",
    "SumOverflow",
    "SuperRootMismatch",
    "attest_epoch",
    "canonical_json",
    "check_epoch",
    "customer_nonce",
    "epoch_view",
    "epoch_views",
    "is_proof",
    "newest_epoch",
    "prove",
    "public_folder",
    "publish_epoch",
    "require_known",
    "reserves_directory",
    "set_customer_nonce",
    "verify_proof",
]
