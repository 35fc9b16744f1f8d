"""Time as a port: whole seconds and an interface that tests and offline signers can stand behind."""

import time
from dataclasses import dataclass, field
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from."""

    def now_s(self) -> int:
        """Seconds since 1970-01-01 UTC."""
        ...


class SystemClock:
    """The machine's clock, never going backwards within a process."""

    def __init__(self) -> None:
        self._highest = 0

    def now_s(self) -> int:
        """Seconds since 1970, at least what was last returned."""
        self._highest = max(self._highest, int(time.time()))
        return self._highest


@dataclass
class ManualClock:
    """A clock that moves only when told: for simulations and for officer-confirmed offline time."""

    seconds: int = field(default=1_760_000_000)

    def now_s(self) -> int:
        """The time last set."""
        return self.seconds

    def advance(self, seconds: int) -> None:
        """Move forward by ``seconds``."""
        self.seconds += seconds
