"""Messages of signers: signed by their sender and bound to session, round, epoch and recipient.

Whoever carries them can delay or drop them, not read what is sealed, alter, replay or redirect them.
"""

from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from holdfast.authority.errors import EnvelopeForged, EnvelopeMisdirected
from holdfast.authority.roster import Roster
from holdfast.encoding import Canonical

EVERYONE = "*"
"""The recipient of a broadcast."""


@dataclass(frozen=True)
class Header:
    """Where a message belongs."""

    sender: str
    recipient: str
    session: bytes
    round: int
    epoch: int


@dataclass(frozen=True)
class Letter(Canonical):
    """What is signed: the header and the body."""

    DOMAIN = "holdfast/letter"

    header: Header
    body: bytes


@dataclass(frozen=True)
class Envelope(Canonical):
    """A letter with its sender's Ed25519 signature over the letter's canonical bytes."""

    DOMAIN = "holdfast/envelope"

    letter: Letter
    signature: bytes


def seal_envelope(header: Header, body: bytes, key: Ed25519PrivateKey) -> Envelope:
    """Sign ``body`` under ``header`` with the sender's key."""
    letter = Letter(header, body)
    return Envelope(letter, key.sign(letter.encoded()))


def open_envelope(envelope: Envelope, roster: Roster, expected: Header) -> bytes:
    """The body, once its sender, recipient, session, round and epoch are exactly the expected ones.

    :raises EnvelopeMisdirected: any other place than ``expected``.
    :raises EnvelopeForged: not the named sender's signature.
    """
    if envelope.letter.header != expected:
        raise EnvelopeMisdirected(f"a message of another place than round {expected.round} from {expected.sender}")
    key = Ed25519PublicKey.from_public_bytes(roster.signer(expected.sender).signing_key)
    try:
        key.verify(envelope.signature, envelope.letter.encoded())
    except InvalidSignature:
        raise EnvelopeForged(f"the message is not signed by {expected.sender}") from None
    return envelope.letter.body
