"""Screening: holding destinations against one list."""

from collections.abc import Iterable
from datetime import UTC, datetime

from holdfast.screening.destination import equivalent_keys
from holdfast.screening.errors import DestinationSanctioned, SnapshotStale
from holdfast.screening.snapshot import SanctionedAddress, SanctionsSnapshot

DAY_S = 86_400


class Screen:
    """One list, indexed once. Whether the list may be trusted is :func:`holdfast.screening.require_signed`'s."""

    def __init__(self, snapshot: SanctionsSnapshot) -> None:
        self._snapshot = snapshot
        self._listed: dict[str, SanctionedAddress] = {}
        for entry in snapshot.entries:
            for key in equivalent_keys(entry.destination_key):
                self._listed.setdefault(key, entry)

    @property
    def snapshot(self) -> SanctionsSnapshot:
        """The list."""
        return self._snapshot

    @property
    def date(self) -> str:
        """The list's date, as ``2025-03-20``."""
        return datetime.fromtimestamp(self._snapshot.as_of_s, UTC).date().isoformat()

    def require_fresh(self, now_s: int, maximum_age_s: int) -> None:
        """Require that the list's date is at most ``maximum_age_s`` before ``now_s``.

        :raises SnapshotStale: older, or more than a day in the future.
        """
        age_s = now_s - self._snapshot.as_of_s
        if not -DAY_S <= age_s <= maximum_age_s:
            raise SnapshotStale(
                f"the sanctions list of {self.date} is {age_s // DAY_S} days old; "
                f"at most {maximum_age_s // DAY_S} are accepted"
            )

    def require_clear(self, asset: str, destination_keys: Iterable[str]) -> None:
        """Require that no destination is listed, under this or any other asset.

        :param destination_keys: as of :func:`holdfast.screening.destination_key`.
        :raises DestinationSanctioned: naming the listed address, its list and the list's date.
        """
        for key in destination_keys:
            entry = self._listed.get(key)
            if entry is not None:
                raise DestinationSanctioned(
                    f"the {asset} destination is {entry.address}, listed under {entry.asset} "
                    f"by {self._snapshot.source} as of {self.date}"
                )
