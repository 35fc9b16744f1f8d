"""How often a sign-in may be tried: by one address, and by all together."""

import threading
from collections import deque

from holdfast.clock import Clock
from holdfast.web.errors import TooManyAttempts

WINDOW_S = 60

MAX_BY_ADDRESS = 20
MAX_BY_ALL = 200

MAX_ADDRESSES = 10_000
"""The most addresses that are remembered; behind a proxy all people share one."""


class Attempts:
    """Counts attempts in the last minute. It bounds work and noise: no passkey can be guessed at any rate."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._all: deque[int] = deque()
        self._by_address: dict[str, deque[int]] = {}

    def count(self, address: str) -> None:
        """Count one attempt from ``address``.

        :raises TooManyAttempts: it is one too many.
        """
        now_s = self._clock.now_s()
        with self._lock:
            if address not in self._by_address and len(self._by_address) >= MAX_ADDRESSES:
                del self._by_address[next(iter(self._by_address))]
            mine = self._by_address.setdefault(address, deque())
            for times, most in ((mine, MAX_BY_ADDRESS), (self._all, MAX_BY_ALL)):
                _forget(times, now_s)
                if len(times) >= most:
                    raise TooManyAttempts("too many sign-ins were tried just now: wait a minute")
            mine.append(now_s)
            self._all.append(now_s)


def _forget(times: deque[int], now_s: int) -> None:
    while times and not 0 <= now_s - times[0] < WINDOW_S:
        times.popleft()
