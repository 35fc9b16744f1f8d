"""What is asked of a signer, and what it answers. Every transport carries these same bytes."""

import hashlib
import re
from dataclasses import dataclass

from holdfast.authority import (
    Approval,
    Envelope,
    EpochHeader,
    FreezeLift,
    FreezeOrder,
    Intent,
    KeyCertificate,
    KeyOrder,
    SignedAttestation,
    SignedOrder,
    StandingOrder,
)
from holdfast.encoding import Canonical, EncodingError
from holdfast.screening import SignedSnapshot

MAX_FREEZES_SAID = 256
"""How many freezes a signer says are in force there; with more, the oldest."""

DIGEST_BYTES = 32

COUNT_LIMIT = 2**63
"""Versions, sizes and times are below this: a database's integer holds them."""

MAX_MESSAGE_CHARACTERS = 500
"""The longest text of a refusal."""

_CODE = re.compile(r"[a-z0-9_]{1,40}\.[a-z0-9_]{1,40}")


def require_counts(*counts: int) -> None:
    """Refuse, in what a signer says, a number that no database's integer holds.

    :raises EncodingError: one is negative, or 2^63 or more.
    """
    if not all(0 <= count < COUNT_LIMIT for count in counts):
        raise EncodingError("versions, sizes and times are from 0 to 2^63 - 1")


@dataclass(frozen=True)
class LogProof:
    """One entry of the audit log and its inclusion proof in the checkpoint that comes with it."""

    entry: bytes
    index: int
    proof: tuple[bytes, ...]


@dataclass(frozen=True)
class LogEvidence:
    """The newest checkpoint, how it extends what this signer last cosigned, and the entry that is spoken of."""

    checkpoint: str
    consistency: tuple[bytes, ...]
    entry: LogProof


@dataclass(frozen=True)
class EnrolledOrder:
    """A customer's signed order with the log's record of the credential that signed it."""

    signed: SignedOrder
    enrolment: LogProof


@dataclass(frozen=True)
class StandingEvidence:
    """A standing order and the approvals that put it in force."""

    order: StandingOrder
    approvals: tuple[Approval, ...]


@dataclass(frozen=True)
class StatusRequest(Canonical):
    """Who are you, what do you pin, what have you seen?"""

    DOMAIN = "holdfast/request/status"

    nonce: bytes


@dataclass(frozen=True)
class SigningRequest(Canonical):
    """Sign this transaction for this intent: all that a signer needs to judge alone.

    ``previous_transactions`` and ``input_paths`` go with the transaction's inputs, one each, in order.
    """

    DOMAIN = "holdfast/request/sign"

    intent: Intent
    transaction: bytes
    previous_transactions: tuple[bytes, ...]
    input_paths: tuple[tuple[int, ...], ...]
    change_path: tuple[int, ...] | None
    approvals: tuple[Approval, ...]
    orders: tuple[EnrolledOrder, ...]
    standing: StandingEvidence | None
    attestation: SignedAttestation | None
    log: LogEvidence
    quorum: tuple[str, ...]
    attempt: bytes

    def session(self) -> bytes:
        """The session's id, 32 bytes: the same for every signer, whatever log proof each is shown."""
        parts = (self.intent.digest(), self.transaction, self.attempt, *(name.encode() for name in self.quorum))
        return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).digest()


@dataclass(frozen=True)
class SigningFinish(Canonical):
    """The quorum's commitments: release your shares."""

    DOMAIN = "holdfast/request/sign-finish"

    session: bytes
    commitments: tuple[Envelope, ...]


@dataclass(frozen=True)
class CosignRequest(Canonical):
    """Vouch for a checkpoint that extends what this signer last cosigned."""

    DOMAIN = "holdfast/request/cosign"

    checkpoint: str
    consistency: tuple[bytes, ...]


@dataclass(frozen=True)
class KeygenBegin(Canonical):
    """Begin a key ceremony that the officers ordered."""

    DOMAIN = "holdfast/request/keygen-begin"

    order: KeyOrder
    approvals: tuple[Approval, ...]
    attempt: bytes

    def session(self) -> bytes:
        """The ceremony's id, 32 bytes."""
        return hashlib.sha256(self.order.digest() + self.attempt).digest()


@dataclass(frozen=True)
class KeygenExchange(Canonical):
    """Everyone's first-round broadcasts: answer with a sealed package for each other member."""

    DOMAIN = "holdfast/request/keygen-exchange"

    session: bytes
    broadcasts: tuple[Envelope, ...]


@dataclass(frozen=True)
class KeygenFinish(Canonical):
    """The sealed packages for this signer: store the share as pending and confirm the public key."""

    DOMAIN = "holdfast/request/keygen-finish"

    session: bytes
    packages: tuple[Envelope, ...]


@dataclass(frozen=True)
class KeygenTestBegin(Canonical):
    """Commit to a test signature with a pending key."""

    DOMAIN = "holdfast/request/keygen-test-begin"

    session: bytes
    quorum: tuple[str, ...]
    attempt: bytes

    def test_session(self) -> bytes:
        """The test signature's own session id, 32 bytes."""
        parts = (self.session, self.attempt, *(name.encode() for name in self.quorum))
        return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).digest()


@dataclass(frozen=True)
class KeygenActivate(Canonical):
    """The certificate of all members: the pending key that it is of becomes active, whenever it is handed over."""

    DOMAIN = "holdfast/request/keygen-activate"

    certificate: KeyCertificate


@dataclass(frozen=True)
class FreezeRequest(Canonical):
    """A freeze with its officer's approval."""

    DOMAIN = "holdfast/request/freeze"

    order: FreezeOrder
    approval: Approval


@dataclass(frozen=True)
class LiftRequest(Canonical):
    """A lift with its officers' approvals."""

    DOMAIN = "holdfast/request/lift"

    lift: FreezeLift
    approvals: tuple[Approval, ...]


@dataclass(frozen=True)
class FreezeShow(Canonical):
    """Show the freeze with this digest, for others to check and adopt."""

    DOMAIN = "holdfast/request/freeze-show"

    freeze: bytes


@dataclass(frozen=True)
class ListRequest(Canonical):
    """A newer sanctions list."""

    DOMAIN = "holdfast/request/sanctions-list"

    snapshot: SignedSnapshot


@dataclass(frozen=True)
class EpochsShow(Canonical):
    """Show the newest reserve epoch that you are bound to, and the headers of those after the number ``after``."""

    DOMAIN = "holdfast/request/epochs-show"

    nonce: bytes
    after: int

    def __post_init__(self) -> None:
        """Refuse a number that no epoch has."""
        if not 0 <= self.after < 2**53:
            raise EncodingError("an epoch's number is below 2^53")


@dataclass(frozen=True)
class EpochShown(Canonical):
    """The newest reserve epoch that a signer is bound to, and its super-root; number 0 and zeros before the first.

    ``headers`` are the epochs after the one asked for, in order, as many as fit a letter.
    """

    DOMAIN = "holdfast/epoch-shown"

    epoch: int
    super_root: bytes
    headers: tuple[EpochHeader, ...]

    def __post_init__(self) -> None:
        """Refuse a number that no epoch has."""
        require_counts(self.epoch)


@dataclass(frozen=True)
class OwnershipRequest(Canonical):
    """Commit to attesting the last of these epochs with a vault's key.

    ``headers`` are the epochs since the newest that the signer is bound to, in order: it binds each of them.
    """

    DOMAIN = "holdfast/request/ownership"

    vault: str
    committee_epoch: int
    headers: tuple[EpochHeader, ...]
    quorum: tuple[str, ...]
    attempt: bytes

    def __post_init__(self) -> None:
        """Refuse a request that attests nothing, or with a key that cannot be."""
        if not self.headers or not 0 <= self.committee_epoch < 2**63:
            raise EncodingError("an attestation names at least one epoch, and the committee's")

    def attested(self) -> EpochHeader:
        """The epoch to attest."""
        return self.headers[-1]

    def session(self) -> bytes:
        """The session's id, 32 bytes: the same for every signer, however many epochs each has missed."""
        names = (self.vault, str(self.committee_epoch), *self.quorum)
        parts = (self.attested().ownership_message(), self.attempt, *(name.encode() for name in names))
        return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).digest()


@dataclass(frozen=True)
class Commitments(Canonical):
    """Round 1 of signing: one FROST commitment an input, and this signer's cosignature of the log."""

    DOMAIN = "holdfast/commitments"

    commitments: tuple[bytes, ...]
    cosignature: str | None


@dataclass(frozen=True)
class Cosigned(Canonical):
    """A cosignature line (C2SP tlog-cosignature) of the checkpoint asked for."""

    DOMAIN = "holdfast/cosigned"

    cosignature: str


@dataclass(frozen=True)
class Shares(Canonical):
    """Round 2 of signing: one FROST signature share an input."""

    DOMAIN = "holdfast/shares"

    shares: tuple[bytes, ...]


@dataclass(frozen=True)
class Sealed(Canonical):
    """Round 2 of a ceremony: a package sealed (HPKE) to its recipient, and the transcript its sender saw."""

    DOMAIN = "holdfast/sealed-package"

    transcript: bytes
    ciphertext: bytes


@dataclass(frozen=True)
class Confirmed(Canonical):
    """A member's confirmation: the public key package and its signature over the ceremony's statement."""

    DOMAIN = "holdfast/confirmed"

    transcript: bytes
    group_key: bytes
    signature: bytes


@dataclass(frozen=True)
class ActiveKey:
    """A key in use: its vault, epoch and certificate's digest."""

    vault: str
    committee_epoch: int
    certificate: bytes

    def __post_init__(self) -> None:
        """Refuse an epoch that no committee has."""
        require_counts(self.committee_epoch)


@dataclass(frozen=True)
class Status(Canonical):
    """What a signer says of itself; ``freezes`` are the digests of those in force here, the oldest first."""

    DOMAIN = "holdfast/status"

    signer: str
    genesis: bytes
    roster_version: int
    policy_version: int
    freezes: tuple[bytes, ...]
    screening_number: int
    log_size: int
    now_s: int
    keys: tuple[ActiveKey, ...]

    def __post_init__(self) -> None:
        """Refuse what nothing has: one signer's word must not stop whoever reads it."""
        require_counts(self.roster_version, self.policy_version, self.screening_number, self.log_size, self.now_s)
        if len(self.freezes) > MAX_FREEZES_SAID or any(len(freeze) != DIGEST_BYTES for freeze in self.freezes):
            raise EncodingError(f"a signer says at most {MAX_FREEZES_SAID} digests of freezes")

    @property
    def frozen(self) -> bool:
        """Whether it signs nothing."""
        return bool(self.freezes)


@dataclass(frozen=True)
class Done(Canonical):
    """Done, with nothing more to say."""

    DOMAIN = "holdfast/done"


@dataclass(frozen=True)
class Refusal(Canonical):
    """A refusal: its stable code and its one clear line."""

    DOMAIN = "holdfast/refusal"

    code: str
    message: str

    def __post_init__(self) -> None:
        """Refuse what is no code, and a message of several lines: both are kept, and shown to people."""
        if not _CODE.fullmatch(self.code):
            raise EncodingError("a refusal's code is a domain and a fault")
        if len(self.message) > MAX_MESSAGE_CHARACTERS or not self.message.isprintable():
            raise EncodingError(f"a refusal's message is a line of {MAX_MESSAGE_CHARACTERS} characters at most")


@dataclass(frozen=True)
class Reply(Canonical):
    """A signer's answer: its letters, or its signed refusal."""

    DOMAIN = "holdfast/reply"

    letters: tuple[Envelope, ...]
    refusal: Envelope | None
