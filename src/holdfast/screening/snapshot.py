"""A sanctions list at one date, and the signatures of those who vouch for it."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from holdfast.encoding import Canonical
from holdfast.screening.errors import SnapshotForged, SnapshotMalformed, SnapshotRolledBack

MAX_SIGNATURES = 64
"""The most signatures that are looked at on one list."""

MAX_NUMBER = 2**63 - 1
"""The highest number of a list: what a database's integer holds."""

MAX_DATE_S = 32_503_679_999
"""The last second of the year 2999."""


@dataclass(frozen=True)
class SanctionedAddress:
    """One listed address as it is published, its list's asset, and the key that payments are compared by.

    See :func:`holdfast.screening.destination_key`.
    """

    asset: str
    address: str
    destination_key: str

    def __post_init__(self) -> None:
        """Refuse an entry that nothing could match."""
        texts = (self.asset, self.address, self.destination_key)
        if any(not 1 <= len(text) <= 200 or not text.isascii() or not text.isprintable() for text in texts):
            raise SnapshotMalformed("a listed address, its asset and its key are 1 to 200 printable ASCII characters")


@dataclass(frozen=True)
class SanctionsSnapshot(Canonical):
    """The addresses listed by ``source`` as of ``as_of_s`` (seconds since 1970).

    ``number`` grows with every list, so that an older one cannot be offered again. Entries are in ascending
    order of (asset, address), each once.
    """

    DOMAIN = "holdfast/sanctions-snapshot"

    source: str
    as_of_s: int
    number: int
    entries: tuple[SanctionedAddress, ...]

    def __post_init__(self) -> None:
        """Refuse a list out of order: one list has one encoding."""
        order = [(entry.asset, entry.address) for entry in self.entries]
        if any(earlier >= later for earlier, later in pairwise(order)):
            raise SnapshotMalformed("a list's entries are sorted by asset and address, each once")
        if not 1 <= self.number <= MAX_NUMBER or not 0 <= self.as_of_s <= MAX_DATE_S:
            raise SnapshotMalformed("a list has a number from 1 up to 2^63 - 1 and a date from 1970 to 2999")


@dataclass(frozen=True)
class ListSignature:
    """An Ed25519 public key (32 bytes) and its signature over the list's canonical bytes."""

    key: bytes
    signature: bytes


@dataclass(frozen=True)
class SignedSnapshot(Canonical):
    """A list with the signatures of those who vouch for it."""

    DOMAIN = "holdfast/signed-sanctions-snapshot"

    snapshot: SanctionsSnapshot
    signatures: tuple[ListSignature, ...]

    def signed_also_by(self, key: Ed25519PrivateKey) -> "SignedSnapshot":
        """The same list with one more signature."""
        signature = ListSignature(key.public_key().public_bytes_raw(), key.sign(self.snapshot.encoded()))
        return SignedSnapshot(self.snapshot, (*self.signatures, signature))


def sign_snapshot(snapshot: SanctionsSnapshot, *keys: Ed25519PrivateKey) -> SignedSnapshot:
    """Sign a list with each of the keys."""
    signed = SignedSnapshot(snapshot, ())
    for key in keys:
        signed = signed.signed_also_by(key)
    return signed


def require_signed(signed: SignedSnapshot, keys: Collection[bytes], threshold: int) -> None:
    """Require that at least ``threshold`` of the pinned ``keys`` signed the list, each counted once.

    Signatures of other keys count for nothing; they let one list serve signers that pin different officers.

    :raises SnapshotForged: too few, too many to look at, or a pinned key's signature does not verify.
    """
    if threshold < 1 or len(signed.signatures) > MAX_SIGNATURES:
        raise SnapshotForged(f"a list needs at least 1 signature and carries at most {MAX_SIGNATURES}")
    message = signed.snapshot.encoded()
    vouching: set[bytes] = set()
    for given in signed.signatures:
        if given.key not in keys:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(given.key).verify(given.signature, message)
        except (InvalidSignature, ValueError):
            raise SnapshotForged("a signature on the sanctions list does not verify") from None
        vouching.add(given.key)
    if len(vouching) < threshold:
        raise SnapshotForged(f"{len(vouching)} of {threshold} pinned keys signed the sanctions list")


def require_newer(snapshot: SanctionsSnapshot, highest_number: int) -> None:
    """Require a list that follows the highest number seen so far.

    :raises SnapshotRolledBack: the number is not higher.
    """
    if snapshot.number <= highest_number:
        raise SnapshotRolledBack(f"list {snapshot.number} does not follow list {highest_number}")
