"""Values that are kept in memory for a while: sessions, challenges, orders that wait for their signature."""

import threading
from typing import Generic, TypeVar

from holdfast.clock import Clock

Value = TypeVar("Value")


class Expiring(Generic[Value]):
    """At most ``limit`` values by key, each for ``lifetime_s`` seconds; where there is no room the oldest goes."""

    def __init__(self, clock: Clock, *, lifetime_s: int, limit: int) -> None:
        self._clock = clock
        self._lifetime_s = lifetime_s
        self._limit = limit
        self._lock = threading.Lock()
        # In the order of insertion: the first is the oldest.
        self._values: dict[str, tuple[int, Value]] = {}

    def put(self, key: str, value: Value) -> None:
        """Keep a value from now on."""
        with self._lock:
            self._values.pop(key, None)
            while len(self._values) >= self._limit:
                del self._values[next(iter(self._values))]
            self._values[key] = (self._clock.now_s(), value)

    def get(self, key: str) -> Value | None:
        """The value, if it is still good."""
        with self._lock:
            return self._good(self._values.get(key))

    def take(self, key: str) -> Value | None:
        """The value, if it is still good, and never again."""
        with self._lock:
            return self._good(self._values.pop(key, None))

    def _good(self, kept: tuple[int, Value] | None) -> Value | None:
        # A clock that was set back makes nothing good for longer.
        return kept[1] if kept is not None and 0 <= self._clock.now_s() - kept[0] < self._lifetime_s else None
