"""Challenges: random, given out by the server, each good for one answer and for two minutes."""

import secrets
import threading

from holdfast.clock import Clock
from holdfast.web.errors import ChallengeUnknown

CHALLENGE_BYTES = 32

LIFETIME_S = 120

MAX_OPEN = 1_000
"""The most challenges that are open at a time; one more, and the oldest is forgotten."""


class Challenges:
    """The open challenges of one console, in its memory: after a restart people ask for a new one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._given_at_s: dict[bytes, int] = {}

    def give(self) -> bytes:
        """A fresh challenge, 32 bytes."""
        challenge = secrets.token_bytes(CHALLENGE_BYTES)
        with self._lock:
            # Dictionaries keep the order of insertion: the first is the oldest.
            while len(self._given_at_s) >= MAX_OPEN:
                del self._given_at_s[next(iter(self._given_at_s))]
            self._given_at_s[challenge] = self._clock.now_s()
        return challenge

    def take(self, challenge: bytes) -> None:
        """Use a challenge up, whatever becomes of its answer.

        :raises ChallengeUnknown: not given out here, used before, or too old.
        """
        with self._lock:
            given_at_s = self._given_at_s.pop(challenge, None)
        if given_at_s is None or not 0 <= self._clock.now_s() - given_at_s <= LIFETIME_S:
            raise ChallengeUnknown("this sign-in took too long, or was answered before: begin again")
