"""How often a sign-in may fail from one address, until its refusals are short and leave no trace in the log."""

import threading
from collections import deque

from holdfast.clock import Clock
from holdfast.web.errors import TooManyAttempts

WINDOW_S = 60

MAX_BY_ADDRESS = 20

MAX_ADDRESSES = 10_000
"""The most addresses that are remembered; behind a proxy all people share one."""


class Attempts:
    """Counts failures in the last minute. It bounds noise: no passkey can be guessed at any rate.

    What succeeds is not counted and never refused: else whoever fails often enough would lock out everybody who shares
    their address.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._by_address: dict[str, deque[int]] = {}

    def count_failed(self, address: str) -> None:
        """Count one failed attempt from ``address``.

        :raises TooManyAttempts: it is one too many.
        """
        now_s = self._clock.now_s()
        with self._lock:
            if address not in self._by_address and len(self._by_address) >= MAX_ADDRESSES:
                del self._by_address[next(iter(self._by_address))]
            times = self._by_address.setdefault(address, deque())
            while times and not 0 <= now_s - times[0] < WINDOW_S:
                times.popleft()
            if len(times) >= MAX_BY_ADDRESS:
                raise TooManyAttempts("too many sign-ins failed just now: wait a minute")
            times.append(now_s)
