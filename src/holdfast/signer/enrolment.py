"""Registering authenticators on a signer's page: by invitation, and counting for nothing until a roster names them."""

import hashlib
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import IntegrityError

from holdfast.authority import MAX_NAME, Credential, Genesis, RelyingParty, credential_from_document, require_text
from holdfast.clock import Clock
from holdfast.encoding import Canonical
from holdfast.signer import models
from holdfast.signer.errors import InvitationInvalid, InvitationUsed
from holdfast.signer.home import SignerHome
from holdfast.signer.proposal_messages import Candidate, CandidatesRequest, CandidatesShown, InvitationRequest
from holdfast.signer.rosters import Rosters
from holdfast.store import transaction

MAX_INVITATIONS = 200
"""How many invitations are open at one signer at most: the oldest makes room for the next."""

MAX_LIFE_S = 2 * 86_400
"""How long an invitation is good at most."""

CODE_BYTES = 16
"""How long an invitation's code is; nobody guesses it."""


@dataclass(frozen=True)
class RegistrationChallenge(Canonical):
    """The preimage of what a new authenticator answers: its registration is for this house, person and invitation."""

    DOMAIN = "holdfast/registration"

    genesis: bytes
    name: str
    code_hash: bytes


class Enrolments:
    """The invitations of one signer; whoever calls holds the signer's lock."""

    def __init__(self, home: SignerHome, genesis: Genesis, rosters: Rosters, clock: Clock) -> None:
        self._home = home
        self._genesis = genesis
        self._rosters = rosters
        self._clock = clock

    def invite(self, request: InvitationRequest) -> None:
        """Let the holder of a code register; the same again changes nothing.

        :raises AuthorityMalformed: no name that a person could have.
        :raises InvitationInvalid: no code, or too long a life.
        :raises InvitationUsed: the code was given for somebody else.
        """
        now_s, table = self._clock.now_s(), models.invitations
        require_text(request.name, "a name of a person", MAX_NAME)
        if len(request.code_hash) != 32:
            raise InvitationInvalid("an invitation's code has a SHA-256")
        if request.expires_at_s > now_s + MAX_LIFE_S:
            raise InvitationInvalid(f"an invitation is good for {MAX_LIFE_S} s at most")
        with transaction(self._home.engine) as connection:
            connection.execute(delete(table).where(table.c.expires_at_s <= now_s))
            known = connection.execute(select(table.c.name).where(table.c.code_hash == request.code_hash)).scalar()
            if known is not None and known != request.name:
                raise InvitationUsed("this invitation is for somebody else")
            if known is None:
                self._make_room(connection)
                connection.execute(
                    insert(table).values(
                        code_hash=request.code_hash, name=request.name, at_s=now_s, expires_at_s=request.expires_at_s
                    )
                )

    @staticmethod
    def _make_room(connection: Connection) -> None:
        # A control plane that was in the wrong hands for a moment must not have closed the table for days.
        table = models.invitations
        newest = select(table.c.code_hash).order_by(table.c.at_s.desc(), table.c.code_hash).limit(MAX_INVITATIONS - 1)
        connection.execute(delete(table).where(table.c.code_hash.not_in(newest)))

    def invited(self, code: bytes) -> str:
        """Whom a code invites.

        :raises InvitationInvalid: nobody, or no longer.
        :raises InvitationUsed: an authenticator was registered with it.
        """
        table, code_hash = models.invitations, hashlib.sha256(code).digest()
        with transaction(self._home.engine) as connection:
            row = connection.execute(select(table).where(table.c.code_hash == code_hash)).one_or_none()
            used = connection.execute(
                select(models.candidates.c.name).where(models.candidates.c.code_hash == code_hash)
            ).scalar()
        if used is not None:
            raise InvitationUsed("an authenticator was registered with this invitation already")
        if row is None or row.expires_at_s <= self._clock.now_s():
            raise InvitationInvalid("this invitation is not known here, or no longer good")
        return str(row.name)

    def challenge(self, code: bytes) -> bytes:
        """What the new authenticator answers, 32 bytes."""
        return RegistrationChallenge(self._genesis.digest(), self.invited(code), hashlib.sha256(code).digest()).digest()

    def register(self, code: bytes, document: object) -> Credential:
        """Keep the authenticator that somebody with this code registered on this page, once.

        :raises AuthorityError: not a registration made here for this invitation, its user verified.
        :raises InvitationUsed: one was registered already, or this authenticator is somebody's.
        """
        name, pages = (
            self.invited(code),
            RelyingParty(self._rosters.current.relying_party, (self._home.identity.origin,)),
        )
        credential = credential_from_document(document, self.challenge(code), pages)
        known = (known for person in self._rosters.current.persons for known in person.credentials)
        if any(credential.key_material() == other.key_material() for other in known):
            raise InvitationUsed("this authenticator is in the roster already")
        try:
            with transaction(self._home.engine) as connection:
                connection.execute(
                    insert(models.candidates).values(
                        code_hash=hashlib.sha256(code).digest(),
                        name=name,
                        credential_id=credential.credential_id,
                        public_key=credential.public_key,
                        at_s=self._clock.now_s(),
                    )
                )
        except IntegrityError:
            raise InvitationUsed("an authenticator was registered with this invitation already") from None
        return credential

    def candidates(self, request: CandidatesRequest) -> CandidatesShown:
        """What was registered for these invitations, as far as something was."""
        table, found = models.candidates, []
        with transaction(self._home.engine) as connection:
            for code_hash in request.code_hashes[:MAX_INVITATIONS]:
                row = connection.execute(select(table).where(table.c.code_hash == code_hash)).one_or_none()
                if row is not None:
                    credential = Credential(row.credential_id, row.public_key)
                    found.append(Candidate(code_hash, row.name, credential, row.at_s))
        return CandidatesShown(tuple(found))
