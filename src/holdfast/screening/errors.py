"""What can be wrong with a sanctions list, or with a destination held against it."""

from typing import ClassVar

from holdfast.errors import HoldfastError


class ScreeningError(HoldfastError):
    """Base of this domain's refusals."""

    code: ClassVar[str] = "screening.refused"


class SnapshotMalformed(ScreeningError):
    """A list that is not sorted, repeats itself, or holds what no list would."""

    code = "screening.snapshot_malformed"
    exit_status = 2


class SnapshotForged(ScreeningError):
    """Fewer pinned keys signed the list than are required, or a signature is not its key's."""

    code = "screening.snapshot_forged"


class SnapshotStale(ScreeningError):
    """The list is too old to tell, or dated in the future."""

    code = "screening.snapshot_stale"


class SnapshotRolledBack(ScreeningError):
    """The list's number is not above the highest one seen: an older list offered again."""

    code = "screening.snapshot_rolled_back"


class DestinationSanctioned(ScreeningError):
    """The destination is on the sanctions list."""

    code = "screening.destination_sanctioned"
