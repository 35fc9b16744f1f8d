"""Opening an account with a passkey, and signing in with it. There is no password, and nothing to remember."""

import threading
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from holdfast.authority import (
    Credential,
    RelyingParty,
    assertion_from_document,
    credential_from_document,
    verify_assertion,
)
from holdfast.custody import (
    ControlPlane,
    CustomerExists,
    CustomerUnknown,
    customer_of_credential,
    customer_view,
    deposit_address,
    enrol_customer,
)
from holdfast.demo.exchange.errors import AccountsFull, ChallengeSpent
from holdfast.demo.exchange.forms import Document
from holdfast.demo.exchange.names import name_from_text
from holdfast.pages import Challenges
from holdfast.reserves import set_customer_nonce
from holdfast.store import snapshot, transaction

CHALLENGE_LASTS_S = 300

MAX_OPENED = 1_000
"""The most accounts that one process opens: each is an entry in the audit log for ever."""


@dataclass(frozen=True)
class Place:
    """Where accounts are opened: the vault that takes the deposits, and its asset."""

    vault: str
    asset: str


def _spent() -> ChallengeSpent:
    return ChallengeSpent("this was answered before, or waited too long: begin again")


class Accounts:
    """The accounts of a control plane's customers, as their own page opens and enters them."""

    def __init__(self, plane: ControlPlane, place: Place) -> None:
        self._plane = plane
        self._place = place
        self._openings = Challenges(plane.clock, lifetime_s=CHALLENGE_LASTS_S, refusal=_spent)
        self._sign_ins = Challenges(plane.clock, lifetime_s=CHALLENGE_LASTS_S, refusal=_spent)
        self._opened = 0
        self._lock = threading.Lock()

    def invite(self, wanted: str) -> Document:
        """What the page needs to make a passkey for a new account of this name.

        :raises NameInvalid: a name that no account can have.
        :raises CustomerExists: somebody has it.
        """
        name = name_from_text(wanted)
        with snapshot(self._plane.engine) as connection:
            self._require_free(connection, name)
        return self._asked(self._openings.give(name)) | {"rp_name": self._plane.genesis.venue, "name": name}

    def open(self, wanted: str, challenge: str, document: object, nonce: bytes) -> str:
        """Open the account that the challenge was given for, with the passkey that answered it; the account's name.

        :param wanted: its name, as when the challenge was asked for.
        :param nonce: 16 bytes that the customer's page chose for the proof of reserves.
        :raises ChallengeSpent: answered before, too old, or given for something else.
        :raises AuthorityError: the registration was made elsewhere, or its user was not verified.
        :raises CustomerExists: the name or the passkey has an account already.
        """
        name, given = name_from_text(wanted), base64url_to_bytes(challenge)
        self._openings.require_open(given, name)
        credential = credential_from_document(document, given, self._pages)
        self._openings.spend(given, name)
        self._count_opening()
        try:
            with transaction(self._plane.engine) as connection:
                self._require_free(connection, name, credential)
                self._enrol(connection, name, credential)
                set_customer_nonce(connection, name, nonce)
        except IntegrityError:
            # Two pages opened it at once, and the other one was quicker.
            raise CustomerExists(f"there is an account {name} already") from None
        return name

    def sign_in_challenge(self) -> Document:
        """What the page needs to ask a passkey who is there."""
        return self._asked(self._sign_ins.give())

    def sign_in(self, challenge: str, document: object) -> str:
        """The customer whose passkey answered the challenge.

        :raises ChallengeSpent: answered before, too old, or given for something else.
        :raises CustomerUnknown: nobody's passkey.
        :raises AuthorityError: not that passkey's answer, made elsewhere, or its user was not verified.
        """
        given = base64url_to_bytes(challenge)
        self._sign_ins.require_open(given)
        assertion = assertion_from_document(document)
        with snapshot(self._plane.engine) as connection:
            customer = customer_of_credential(connection, assertion.credential_id)
        verify_assertion(assertion, customer.credential, self._pages, given)
        self._sign_ins.spend(given)
        return customer.name

    def signing_options(self, customer: str) -> Document:
        """What the page needs to have a customer's own passkey sign something."""
        with snapshot(self._plane.engine) as connection:
            credential = customer_view(connection, customer).credential
        return {"rp_id": self._pages.identifier, "credential": bytes_to_base64url(credential.credential_id)}

    @property
    def _pages(self) -> RelyingParty:
        return self._plane.genesis.customer_pages()

    def _asked(self, challenge: bytes) -> Document:
        return {"challenge": bytes_to_base64url(challenge), "rp_id": self._pages.identifier}

    @staticmethod
    def _require_free(connection: Connection, name: str, credential: Credential | None = None) -> None:
        try:
            customer_view(connection, name)
        except CustomerUnknown:
            pass
        else:
            raise CustomerExists(f"there is an account {name} already")
        if credential is not None:
            try:
                customer_of_credential(connection, credential.credential_id)
            except CustomerUnknown:
                return
            raise CustomerExists("this passkey has an account already")

    def _count_opening(self) -> None:
        with self._lock:
            if self._opened >= MAX_OPENED:
                raise AccountsFull("this example takes no more accounts")
            self._opened += 1

    def _enrol(self, connection: Connection, name: str, credential: Credential) -> None:
        origin, now_s = self._pages.origins[0], self._plane.clock.now_s()
        enrol_customer(connection, name, credential, origin=origin, asset=self._place.asset, now_s=now_s)
        deposit_address(connection, self._place.vault, name)
