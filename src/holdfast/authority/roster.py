"""Who and what may take part: signers, persons, their authenticators; the genesis that pins them first."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from mnemonic import Mnemonic

from holdfast.amounts import Amount
from holdfast.authority.assertion import Credential, RelyingParty
from holdfast.authority.errors import (
    AuthorityMalformed,
    PersonUnknown,
    RosterSuccessionInvalid,
    SignerUnknown,
)
from holdfast.authority.texts import require_text
from holdfast.encoding import Canonical

OFFICER = "officer"
"""May order ceremonies, change roster and policy, freeze, and lift a freeze (each by quorum, freezing alone)."""

APPROVER = "approver"
"""May approve movements."""

OPERATOR = "operator"
"""May plan payouts and cancel withdrawals in the console; approves nothing by that."""

ROLES = (OFFICER, APPROVER, OPERATOR)
"""Every role there is: pages list them by commas, where a role of free text would read as several."""

MAX_PERSONS = 200
"""The most persons in a roster: signers' pages show a change of it at once."""

MAX_DEVICES = 10
"""The most devices of one person."""

MAX_NAME = 60
"""The longest name of a person, in characters."""

MAX_CHANGE_DELAY_S = 366 * 86_400
"""The longest that a genesis can have roster changes wait."""


def _require_unique(values: Iterable[object], what: str) -> None:
    listed = list(values)
    if len(set(listed)) != len(listed):
        raise AuthorityMalformed(f"two {what} are the same")


@dataclass(frozen=True)
class SignerIdentity:
    """A signer: its name, its Ed25519 and X25519 public keys, its approval page's origin."""

    name: str
    signing_key: bytes
    sealing_key: bytes
    origin: str

    def __post_init__(self) -> None:
        """Refuse keys of the wrong length."""
        if len(self.signing_key) != 32 or len(self.sealing_key) != 32:
            raise AuthorityMalformed("a signer has two 32-byte public keys")


@dataclass(frozen=True)
class Person:
    """A person: quorums count these, however many authenticators each has."""

    name: str
    roles: tuple[str, ...]
    credentials: tuple[Credential, ...]

    def __post_init__(self) -> None:
        """Refuse a name that reads as another, a role that nothing knows, and more devices than people look through."""
        require_text(self.name, "a name of a person", MAX_NAME)
        if not set(self.roles) <= set(ROLES):
            raise AuthorityMalformed(f"a role is one of {', '.join(ROLES)}")
        _require_unique(self.roles, "roles of a person")
        if len(self.credentials) > MAX_DEVICES:
            raise AuthorityMalformed(f"a person has {MAX_DEVICES} devices at most")


@dataclass(frozen=True)
class Roster(Canonical):
    """The signers and persons in force; ``previous`` is the digest of the roster before (none at genesis).

    ``change_quorum`` distinct officers order a ceremony, a roster or policy change, or lift a freeze.
    """

    DOMAIN = "holdfast/roster"

    version: int
    previous: bytes | None
    relying_party: str
    change_quorum: int
    signers: tuple[SignerIdentity, ...]
    persons: tuple[Person, ...]

    def __post_init__(self) -> None:
        """Refuse a roster in which a signer, person or device could count twice, or that nobody looks through."""
        if len(self.persons) > MAX_PERSONS:
            raise AuthorityMalformed(f"a roster has {MAX_PERSONS} persons at most")
        _require_unique((signer.name for signer in self.signers), "signers' names")
        _require_unique((signer.signing_key for signer in self.signers), "signers' keys")
        _require_unique((person.name for person in self.persons), "persons' names")
        devices = [credential for person in self.persons for credential in person.credentials]
        _require_unique((device.credential_id for device in devices), "credential ids")
        # One device registered under two names would be one person reaching a quorum alone. Its key's bytes can be
        # spelt in several ways, so the key itself is compared.
        _require_unique((device.key_material() for device in devices), "authenticators' keys")
        # One without a device approves nothing: a roster that counted them could never change again.
        officers = sum(OFFICER in person.roles and bool(person.credentials) for person in self.persons)
        if not 1 <= self.change_quorum <= officers:
            raise AuthorityMalformed(f"a change needs {self.change_quorum} officers and {officers} have a device")

    def signer(self, name: str) -> SignerIdentity:
        """The signer with this name, or :class:`SignerUnknown`."""
        for signer in self.signers:
            if signer.name == name:
                return signer
        raise SignerUnknown(f"no signer {name[:40]!r} in roster {self.version}")

    def person(self, name: str) -> Person:
        """The person with this name, or :class:`PersonUnknown`."""
        for person in self.persons:
            if person.name == name:
                return person
        raise PersonUnknown(f"no person {name[:40]!r} in roster {self.version}")

    def approval_pages(self) -> RelyingParty:
        """The signers' own pages: the only origins on which an approval can be made."""
        return RelyingParty(self.relying_party, tuple(signer.origin for signer in self.signers))


@dataclass(frozen=True)
class Floor:
    """From ``amount`` upwards no policy may ask for fewer than ``persons`` distinct persons."""

    amount: Amount
    persons: int


@dataclass(frozen=True)
class Genesis(Canonical):
    """The first agreement, compared in words on every signer's display and pinned by each for ever.

    ``log_key``, ``risk_keys`` and ``screening_keys`` are raw Ed25519 public keys (32 bytes each). ``change_delay_s`` is
    how long a roster change that lets anybody or anything new count must have been in the log before signers adopt it.
    """

    DOMAIN = "holdfast/genesis"

    venue: str
    network: str
    created_at_s: int
    roster: Roster
    policy: bytes
    floors: tuple[Floor, ...]
    log_name: str
    log_key: bytes
    risk_keys: tuple[bytes, ...]
    screening_keys: tuple[bytes, ...]
    screening_threshold: int
    customer_relying_party: str
    customer_origins: tuple[str, ...]
    change_delay_s: int

    def __post_init__(self) -> None:
        """Refuse a genesis that nothing could be checked against."""
        keys = (self.log_key, *self.risk_keys, *self.screening_keys)
        if any(len(key) != 32 for key in keys) or len(self.policy) != 32:
            raise AuthorityMalformed("the genesis pins 32-byte keys and a 32-byte policy digest")
        _require_unique(self.screening_keys, "screening keys")
        if not 0 <= self.change_delay_s <= MAX_CHANGE_DELAY_S:
            raise AuthorityMalformed("a roster change waits between no time and a year")
        if not 1 <= self.screening_threshold <= len(self.screening_keys):
            raise AuthorityMalformed("the screening threshold is not within the number of screening keys")

    def customer_pages(self) -> RelyingParty:
        """Where customers sign their own withdrawals."""
        return RelyingParty(self.customer_relying_party, self.customer_origins)

    def words(self) -> str:
        """Twelve words of the BIP-39 list over the digest's first 128 bits, to compare by eye and voice."""
        return fingerprint_words(self.digest())


def fingerprint_words(digest: bytes) -> str:
    """The first 128 bits of ``digest`` as twelve words of the BIP-39 English list, the last a checksum."""
    return str(Mnemonic("english").to_mnemonic(digest[:16]))


def device_words(credential: Credential) -> str:
    """Twelve words that tell a device, its id and its key, from any other: whoever has the device reads them out."""
    # The id first and hashed: no byte can move from the one to the other.
    identity = hashlib.sha256(credential.credential_id).digest()
    return fingerprint_words(hashlib.sha256(identity + credential.public_key).digest())


def require_succession(current: Roster, proposed: Roster) -> None:
    """Require that ``proposed`` is the very next roster after ``current``; who approved it is checked apart.

    :raises RosterSuccessionInvalid: a version skipped or repeated, or another predecessor.
    """
    if proposed.version != current.version + 1 or proposed.previous != current.digest():
        raise RosterSuccessionInvalid(f"roster {proposed.version} does not follow roster {current.version}")
