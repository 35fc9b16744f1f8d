"""Key ceremonies: the officers' order for a key, and the certificate that all of its members made it."""

from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from holdfast.authority.errors import AuthorityMalformed, KeyCertificateInvalid, SignerUnknown
from holdfast.authority.roster import Roster
from holdfast.encoding import Canonical

SUITES = ("secp256k1-tr",)


@dataclass(frozen=True)
class KeyOrder(Canonical):
    """What key shall be made: for which vault, by whom, and how many of them sign."""

    DOMAIN = "holdfast/key-order"

    genesis: bytes
    vault: str
    asset: str
    network: str
    suite: str
    threshold: int
    members: tuple[str, ...]
    committee_epoch: int

    def __post_init__(self) -> None:
        """Refuse a committee in which two disjoint quorums could both sign."""
        members = len(self.members)
        if len(set(self.members)) != members or not 2 <= self.threshold <= members <= 32:
            raise AuthorityMalformed("a committee has 2 to 32 distinct members and a threshold of 2 to all of them")
        # Conflict keys and orders are bound by each signer alone: any two quorums must share a member. (That the
        # shared one is honest needs 2t - n > the number of members taken over: see the security model.)
        if 2 * self.threshold <= members:
            raise AuthorityMalformed(f"{self.threshold} of {members} lets two disjoint quorums sign; need a majority")
        if not 0 <= self.committee_epoch < 2**63:
            raise AuthorityMalformed("a committee's epoch is a whole number below 2^63")
        if self.suite not in SUITES:
            raise AuthorityMalformed(f"unknown suite {self.suite[:40]!r}; known: {', '.join(SUITES)}")

    def identifier(self, member: str) -> int:
        """A member's FROST identifier: its place in the order, from 1.

        :raises SignerUnknown: no member of this committee.
        """
        if member not in self.members:
            raise SignerUnknown(f"{member[:40]!r} is no member of the committee of {self.vault}")
        return self.members.index(member) + 1


@dataclass(frozen=True)
class KeyStatement(Canonical):
    """What each member signs: this order, made by this transcript, gave this public key package."""

    DOMAIN = "holdfast/key-statement"

    order: bytes
    transcript: bytes
    group_key: bytes

    def test_message(self) -> bytes:
        """What the committee signs to prove that the key works, 32 bytes; no transaction's hash by its domain."""
        return KeyTest(self.digest()).digest()


@dataclass(frozen=True)
class KeyTest(Canonical):
    """The preimage of a ceremony's test message."""

    DOMAIN = "holdfast/key-test"

    statement: bytes


@dataclass(frozen=True)
class Confirmation:
    """One member's Ed25519 signature over the statement's canonical bytes."""

    signer: str
    signature: bytes


@dataclass(frozen=True)
class KeyCertificate(Canonical):
    """All members' confirmations of one statement, and test signatures of quorums that cover every member."""

    DOMAIN = "holdfast/key-certificate"

    order: KeyOrder
    statement: KeyStatement
    confirmations: tuple[Confirmation, ...]
    test_signatures: tuple[bytes, ...]


def require_confirmed(certificate: KeyCertificate, roster: Roster) -> None:
    """Require every member's confirmation; the test signatures are checked with the keys library.

    :raises KeyCertificateInvalid: a member missing, doubled or foreign; a bad signature; no test signature.
    """
    statement = certificate.statement
    if statement.order != certificate.order.digest():
        raise KeyCertificateInvalid("the members confirmed another order")
    confirmed = tuple(confirmation.signer for confirmation in certificate.confirmations)
    if tuple(sorted(confirmed)) != tuple(sorted(certificate.order.members)):
        raise KeyCertificateInvalid("not exactly the order's members confirmed the key")
    if not certificate.test_signatures:
        raise KeyCertificateInvalid("no quorum signed the test message")
    for confirmation in certificate.confirmations:
        require_confirmation(confirmation, statement, roster)


def require_confirmation(confirmation: Confirmation, statement: KeyStatement, roster: Roster) -> None:
    """Require that the signer named signed this very statement.

    :raises KeyCertificateInvalid: it did not.
    """
    key = Ed25519PublicKey.from_public_bytes(roster.signer(confirmation.signer).signing_key)
    try:
        key.verify(confirmation.signature, statement.encoded())
    except InvalidSignature:
        raise KeyCertificateInvalid(f"{confirmation.signer} did not sign this confirmation") from None
