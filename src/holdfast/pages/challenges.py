"""Challenges for passkeys, which take no room until they are answered: asking for many takes nothing from others."""

import hashlib
import heapq
import hmac
import secrets
import threading
from collections.abc import Callable

from holdfast.clock import Clock
from holdfast.errors import HoldfastError

CHALLENGE_BYTES = 32

MAX_ANSWERED = 10_000
"""How many answered challenges are remembered at a time."""

_TIME_BYTES, _RANDOM_BYTES, _MAC_BYTES = 6, 10, 16


class Challenges:
    """Random challenges of this process, each good for one answer and for ``lifetime_s`` seconds.

    A challenge carries its time and a MAC of it under a key that ends with the process; only those that were answered
    well are kept, until they are too old. Where there is no room, the one given out first is forgotten, and all that
    were given out by then are refused: none is ever good twice.

    :param refusal: the error for a challenge that is not open.
    """

    def __init__(
        self, clock: Clock, *, lifetime_s: int, refusal: Callable[[], HoldfastError], limit: int = MAX_ANSWERED
    ) -> None:
        self._clock = clock
        self._lifetime_s = lifetime_s
        self._refusal = refusal
        self._limit = limit
        self._lock = threading.Lock()
        self._begin(clock.now_s())

    def _begin(self, now_s: int) -> None:
        self._key = secrets.token_bytes(32)
        self._latest_s = now_s
        self._answered: set[bytes] = set()
        # The same, by when they were given out.
        self._by_time: list[tuple[int, bytes]] = []
        self._none_until_s = -1

    def give(self, purpose: str = "") -> bytes:
        """A fresh challenge, 32 bytes, whose answer counts for this purpose only."""
        with self._lock:
            body = self._now_s().to_bytes(_TIME_BYTES, "big") + secrets.token_bytes(_RANDOM_BYTES)
            return body + self._mac(body, purpose)

    def require_open(self, challenge: bytes, purpose: str = "") -> None:
        """Require a challenge that was given out here for this purpose, lately, and not answered yet.

        :raises HoldfastError: the refusal.
        """
        with self._lock:
            self._require_open(challenge, purpose, self._now_s())

    def spend(self, challenge: bytes, purpose: str = "") -> None:
        """Use up an open challenge, once its answer is known to be right.

        :raises HoldfastError: the refusal: it was answered in the meantime, or has become too old.
        """
        with self._lock:
            now_s = self._now_s()
            self._require_open(challenge, purpose, now_s)
            self._answered.add(challenge)
            heapq.heappush(self._by_time, (_given_at_s(challenge), challenge))
            while len(self._by_time) > self._limit or now_s - self._by_time[0][0] >= self._lifetime_s:
                self._none_until_s, forgotten = heapq.heappop(self._by_time)
                self._answered.remove(forgotten)

    def _require_open(self, challenge: bytes, purpose: str, now_s: int) -> None:
        body, mac = challenge[:-_MAC_BYTES], challenge[-_MAC_BYTES:]
        if len(challenge) != CHALLENGE_BYTES or not hmac.compare_digest(mac, self._mac(body, purpose)):
            raise self._refusal()
        at_s = _given_at_s(challenge)
        if challenge in self._answered or at_s <= self._none_until_s or now_s - at_s >= self._lifetime_s:
            raise self._refusal()

    def _now_s(self) -> int:
        now_s = self._clock.now_s()
        # A clock that was set back makes nothing good for longer: what was given out before is refused from now on.
        if now_s < self._latest_s:
            self._begin(now_s)
        self._latest_s = now_s
        return now_s

    def _mac(self, body: bytes, purpose: str) -> bytes:
        return hmac.digest(self._key, body + purpose.encode(), hashlib.sha256)[:_MAC_BYTES]


def _given_at_s(challenge: bytes) -> int:
    return int.from_bytes(challenge[:_TIME_BYTES], "big")
