"""Screening: destinations against sanctions lists that named keys have signed."""

from holdfast.screening.destination import destination_key
from holdfast.screening.errors import (
    DestinationSanctioned,
    ScreeningError,
    SnapshotForged,
    SnapshotMalformed,
    SnapshotRolledBack,
    SnapshotStale,
)
from holdfast.screening.release import RELEASE_KEY, packaged_snapshot
from holdfast.screening.screen import Screen
from holdfast.screening.snapshot import (
    ListSignature,
    SanctionedAddress,
    SanctionsSnapshot,
    SignedSnapshot,
    require_newer,
    require_signed,
    sign_snapshot,
)

__all__ = [
    "RELEASE_KEY",
    "DestinationSanctioned",
    "ListSignature",
    "SanctionedAddress",
    "SanctionsSnapshot",
    "Screen",
    "ScreeningError",
    "SignedSnapshot",
    "SnapshotForged",
    "SnapshotMalformed",
    "SnapshotRolledBack",
    "SnapshotStale",
    "destination_key",
    "packaged_snapshot",
    "require_newer",
    "require_signed",
    "sign_snapshot",
]
