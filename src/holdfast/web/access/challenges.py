"""Challenges: random, given out by the server, each good for one answer and for two minutes."""

import secrets

from holdfast.clock import Clock
from holdfast.pages import Expiring
from holdfast.web.errors import ChallengeUnknown

CHALLENGE_BYTES = 32

LIFETIME_S = 120

MAX_OPEN = 1_000
"""The most challenges that are open at a time; one more, and the oldest is forgotten."""


class Challenges:
    """The open challenges of one console, in its memory: after a restart people ask for a new one."""

    def __init__(self, clock: Clock) -> None:
        self._open: Expiring[bool] = Expiring(clock, lifetime_s=LIFETIME_S, limit=MAX_OPEN)

    def give(self) -> bytes:
        """A fresh challenge, 32 bytes."""
        challenge = secrets.token_bytes(CHALLENGE_BYTES)
        self._open.put(challenge.hex(), value=True)
        return challenge

    def take(self, challenge: bytes) -> None:
        """Use a challenge up, whatever becomes of its answer.

        :raises ChallengeUnknown: not given out here, used before, or too old.
        """
        if self._open.take(challenge.hex()) is None:
            raise ChallengeUnknown("this sign-in took too long, or was answered before: begin again")
