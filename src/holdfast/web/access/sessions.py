"""Sessions: a random token in the browser's cookie, its hash here, an end after a day's work or an hour's silence.

They are kept in the console's memory, bounded, and gone after a restart: signing in again takes a touch. A person or
device that the roster in force no longer has is signed out with the next request.
"""

import hashlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from holdfast.authority import Person, PersonUnknown, Roster
from holdfast.clock import Clock
from holdfast.web.errors import SessionRequired

TOKEN_BYTES = 32

LONGEST_S = 8 * 3_600
"""A session ends this long after its sign-in, whatever happens."""

IDLE_S = 3_600
"""And this long after the last page that a person asked for; what a page asks for by itself does not count."""

MAX_SESSIONS = 1_000
"""The most sessions at a time; one more, and the oldest ends."""


@dataclass(frozen=True)
class Session:
    """A signed-in person, by the credential they used."""

    person: Person
    credential_id: bytes
    began_at_s: int
    seen_at_s: int

    @property
    def ends_at_s(self) -> int:
        """When it ends at the latest."""
        return self.began_at_s + LONGEST_S


class Sessions:
    """The sessions of one console.

    :param roster: finds the roster in force, at each request anew.
    """

    def __init__(self, clock: Clock, roster: Callable[[], Roster]) -> None:
        self._clock = clock
        self._roster = roster
        self._lock = threading.Lock()
        self._by_hash: dict[bytes, Session] = {}

    def begin(self, person: Person, credential_id: bytes) -> str:
        """Sign a person in; returns the token, which is kept nowhere here."""
        token, now_s = secrets.token_urlsafe(TOKEN_BYTES), self._clock.now_s()
        with self._lock:
            while len(self._by_hash) >= MAX_SESSIONS:
                del self._by_hash[next(iter(self._by_hash))]
            self._by_hash[_hash(token)] = Session(person, credential_id, now_s, now_s)
        return token

    def find(self, token: str, *, by_a_person: bool) -> Session:
        """The session of a token; ``by_a_person``: the request shows that somebody is there.

        :raises SessionRequired: none, ended, or its person or credential is no longer in the roster in force.
        """
        key, now_s, roster = _hash(token), self._clock.now_s(), self._roster()
        with self._lock:
            session = self._by_hash.get(key)
            if session is None:
                raise SessionRequired("nobody is signed in here")
            person = _still_there(roster, session)
            if person is None or not _fresh(session, now_s):
                del self._by_hash[key]
                raise SessionRequired("the session has ended: sign in again")
            seen_at_s = max(now_s, session.seen_at_s) if by_a_person else session.seen_at_s
            self._by_hash[key] = session = replace(session, person=person, seen_at_s=seen_at_s)
        return session

    def end(self, token: str) -> None:
        """Sign out; a token of no session changes nothing."""
        with self._lock:
            self._by_hash.pop(_hash(token), None)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _fresh(session: Session, now_s: int) -> bool:
    # A clock that was set back makes a session older than it says: it ends.
    return session.began_at_s <= now_s < session.ends_at_s and now_s - session.seen_at_s < IDLE_S


def _still_there(roster: Roster, session: Session) -> Person | None:
    """The person as the roster has them now, if that still names the credential that signed in."""
    try:
        person = roster.person(session.person.name)
    except PersonUnknown:
        return None
    known = {credential.credential_id for credential in person.credentials}
    return person if session.credential_id in known else None
