"""Sign-in by passkey: an assertion over a challenge of ours, made on this console's own origin, its user verified.

It opens pages and nothing else. Signers pin their own origins, so an assertion made here approves nothing there.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from holdfast.authority import (
    Assertion,
    AuthorityError,
    Credential,
    Person,
    PersonUnknown,
    RelyingParty,
    Roster,
    verify_assertion,
)
from holdfast.clock import Clock
from holdfast.pages import Challenges
from holdfast.web.access.attempts import Attempts
from holdfast.web.access.sessions import Sessions
from holdfast.web.errors import ChallengeUnknown, SignInRefused

log = structlog.get_logger()

MAX_NAME = 80

CHALLENGE_LASTS_S = 120


@dataclass(frozen=True)
class Invitation:
    """What a browser needs to ask a passkey: the challenge, the relying party's id, the credentials it may use."""

    challenge: bytes
    relying_party: str
    credentials: tuple[bytes, ...]


class SignIn:
    """Gives out challenges and takes their answers.

    :param origin: where this console is, exactly as a browser says it: scheme, host and port.
    """

    def __init__(self, origin: str, clock: Clock, roster: Callable[[], Roster], sessions: Sessions) -> None:
        self._origin = origin
        self._roster = roster
        self._sessions = sessions
        self._challenges = Challenges(clock, lifetime_s=CHALLENGE_LASTS_S, refusal=_unknown)
        self._attempts = Attempts(clock)
        self._pretence = secrets.token_bytes(32)

    def invite(self, name: str) -> Invitation:
        """A challenge for whoever says that they are ``name``; without a name, for any passkey that the device offers.

        A name that the roster does not have is answered like one that it has: the page tells nobody who is in it.
        """
        roster = self._roster()
        credentials = self._credentials(roster, name.strip()[:MAX_NAME])
        return Invitation(self._challenges.give(), roster.relying_party, credentials)

    def _credentials(self, roster: Roster, name: str) -> tuple[bytes, ...]:
        if not name:
            return ()
        try:
            return tuple(credential.credential_id for credential in roster.person(name).credentials)
        except PersonUnknown:
            return (hmac.digest(self._pretence, name.encode(), hashlib.sha256),)

    def accept(self, challenge: bytes, assertion: Assertion, address: str) -> str:
        """Sign in whoever made the assertion; returns the session's token. Whatever others try, a right one gets in.

        :raises TooManyAttempts: it is wrong, like many before it from this address.
        :raises ChallengeUnknown: the challenge is not open.
        :raises SignInRefused: not the assertion of a person in the roster in force, user verified, on this origin.
        """
        roster = self._roster()
        try:
            self._challenges.require_open(challenge)
            person, credential = _owner(roster, assertion.credential_id)
            pages = RelyingParty(roster.relying_party, (self._origin,))
            verify_assertion(assertion, credential, pages, challenge)
            self._challenges.spend(challenge)
        except ChallengeUnknown:
            self._attempts.count_failed(address)
            raise
        except AuthorityError as refusal:
            self._attempts.count_failed(address)
            # The log says which part was wrong; whoever tries is told only that it was.
            log.warning("web.sign_in_refused", code=refusal.code, address=address)
            raise SignInRefused("that passkey does not open this console") from None
        log.info("web.signed_in", person=person.name, address=address)
        return self._sessions.begin(person, credential.credential_id)


def _unknown() -> ChallengeUnknown:
    return ChallengeUnknown("this sign-in took too long, or was answered before: begin again")


def _owner(roster: Roster, credential_id: bytes) -> tuple[Person, Credential]:
    """Whose credential this is.

    :raises PersonUnknown: nobody's.
    """
    for person in roster.persons:
        for credential in person.credentials:
            if credential.credential_id == credential_id:
                return person, credential
    raise PersonUnknown(f"no person in roster {roster.version} has this credential")
