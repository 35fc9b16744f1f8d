"""What the log records: one frozen, canonically encoded type for each kind of event, and nothing else.

A leaf of the log is the canonical bytes of a :class:`LogEntry`. Digests, keys and raw transactions are bytes;
identifiers that people read are text. Domains and fields are for ever: a changed event is a new class.
"""

from dataclasses import dataclass
from typing import ClassVar

from holdfast.audit.errors import EventUnknown
from holdfast.encoding import Canonical, decode


@dataclass(frozen=True)
class Event(Canonical):
    """Base of every event."""


@dataclass(frozen=True)
class GenesisAdopted(Event):
    """The log begins: ``genesis`` is the digest of the genesis, ``venue`` the exchange's name."""

    DOMAIN: ClassVar[str] = "holdfast/event/genesis-adopted"
    genesis: bytes
    venue: str


@dataclass(frozen=True)
class KeyActivated(Event):
    """A committee's key may receive: ``certificate`` is what every member signed after the test signature."""

    DOMAIN: ClassVar[str] = "holdfast/event/key-activated"
    vault: str
    epoch: int
    group_key: bytes
    certificate: bytes


@dataclass(frozen=True)
class CustomerEnrolled(Event):
    """A customer's passkey (``public_key`` as COSE), against which signers check the customer's assertions."""

    DOMAIN: ClassVar[str] = "holdfast/event/customer-enrolled"
    customer: str
    credential_id: bytes
    public_key: bytes
    origin: str


@dataclass(frozen=True)
class DepositCredited(Event):
    """A confirmed output, credited to a customer, in base units of the asset."""

    DOMAIN: ClassVar[str] = "holdfast/event/deposit-credited"
    customer: str
    txid: str
    vout: int
    asset: str
    units: int


@dataclass(frozen=True)
class WithdrawalRequested(Event):
    """A withdrawal and the canonical bytes of the order that the customer signed."""

    DOMAIN: ClassVar[str] = "holdfast/event/withdrawal-requested"
    withdrawal: str
    order: bytes


@dataclass(frozen=True)
class WithdrawalRefused(Event):
    """The control plane refused; ``code`` is the refusing error's."""

    DOMAIN: ClassVar[str] = "holdfast/event/withdrawal-refused"
    withdrawal: str
    code: str
    reason: str


@dataclass(frozen=True)
class IntentFixed(Event):
    """An intent, by digest and in full (``body``): from here on nothing in it can change."""

    DOMAIN: ClassVar[str] = "holdfast/event/intent-fixed"
    intent: bytes
    body: bytes


@dataclass(frozen=True)
class IntentApproved(Event):
    """A person's approval of the intent with this digest arrived."""

    DOMAIN: ClassVar[str] = "holdfast/event/intent-approved"
    intent: bytes
    person: str


@dataclass(frozen=True)
class SignatureRefused(Event):
    """A signer would not sign; ``code`` is the failed check's."""

    DOMAIN: ClassVar[str] = "holdfast/event/signature-refused"
    intent: bytes
    signer: str
    code: str
    reason: str


@dataclass(frozen=True)
class TransactionSigned(Event):
    """The signed bytes, committed before they are broadcast."""

    DOMAIN: ClassVar[str] = "holdfast/event/transaction-signed"
    intent: bytes
    txid: str
    raw: bytes


@dataclass(frozen=True)
class TransactionBroadcast(Event):
    """The network was given the transaction."""

    DOMAIN: ClassVar[str] = "holdfast/event/transaction-broadcast"
    intent: bytes
    txid: str


@dataclass(frozen=True)
class TransactionConfirmed(Event):
    """The transaction is buried deep enough, in the block at this height."""

    DOMAIN: ClassVar[str] = "holdfast/event/transaction-confirmed"
    intent: bytes
    txid: str
    height: int


@dataclass(frozen=True)
class LedgerPosted(Event):
    """A ledger entry was posted."""

    DOMAIN: ClassVar[str] = "holdfast/event/ledger-posted"
    entry: str
    reference: str


@dataclass(frozen=True)
class ReorgSeen(Event):
    """The block at this height was replaced: hashes before and after."""

    DOMAIN: ClassVar[str] = "holdfast/event/reorg-seen"
    height: int
    old: str
    new: str


@dataclass(frozen=True)
class FreezeSet(Event):
    """Signing was frozen by a person, on a signer's page; ``freeze`` is the order's digest."""

    DOMAIN: ClassVar[str] = "holdfast/event/freeze-set"
    freeze: bytes
    person: str
    signer: str
    reason: str


@dataclass(frozen=True)
class FreezeLifted(Event):
    """A quorum lifted these freezes, by digest; ``lift`` is what it approved."""

    DOMAIN: ClassVar[str] = "holdfast/event/freeze-lifted"
    lift: bytes
    freezes: tuple[bytes, ...]
    reason: str


@dataclass(frozen=True)
class RosterChangeProposed(Event):
    """Officers are asked to approve a change of the roster (``body``, whole): from here its delay runs."""

    DOMAIN: ClassVar[str] = "holdfast/event/roster-change-proposed"
    change: bytes
    body: bytes


@dataclass(frozen=True)
class SubjectApproved(Event):
    """An officer's approval of what is no payout arrived: a roster change, or the lift of a freeze."""

    DOMAIN: ClassVar[str] = "holdfast/event/subject-approved"
    subject: bytes
    person: str


@dataclass(frozen=True)
class RosterActivated(Event):
    """The roster with this version came into force by the change with this digest."""

    DOMAIN: ClassVar[str] = "holdfast/event/roster-activated"
    version: int
    change: bytes


@dataclass(frozen=True)
class PersonInvited(Event):
    """A person was invited to register an authenticator on a signer's page."""

    DOMAIN: ClassVar[str] = "holdfast/event/person-invited"
    name: str
    signer: str
    invited_by: str


@dataclass(frozen=True)
class AuthenticatorRegistered(Event):
    """Somebody with an invitation registered this authenticator; it counts for nothing yet."""

    DOMAIN: ClassVar[str] = "holdfast/event/authenticator-registered"
    name: str
    signer: str
    credential_id: bytes
    public_key: bytes


@dataclass(frozen=True)
class PolicyActivated(Event):
    """The policy with this version and digest came into force."""

    DOMAIN: ClassVar[str] = "holdfast/event/policy-activated"
    version: int
    policy: bytes


@dataclass(frozen=True)
class ReservesPublished(Event):
    """A reserve epoch was published: ``super_root`` binds all of it, ``header`` is the rest in canonical bytes."""

    DOMAIN: ClassVar[str] = "holdfast/event/reserves-published"
    epoch: int
    super_root: bytes
    header: bytes


EVENTS: dict[str, type[Event]] = {
    kind.DOMAIN: kind
    for kind in (
        GenesisAdopted,
        KeyActivated,
        CustomerEnrolled,
        DepositCredited,
        WithdrawalRequested,
        WithdrawalRefused,
        IntentFixed,
        IntentApproved,
        SignatureRefused,
        TransactionSigned,
        TransactionBroadcast,
        TransactionConfirmed,
        LedgerPosted,
        ReorgSeen,
        FreezeSet,
        FreezeLifted,
        RosterChangeProposed,
        SubjectApproved,
        RosterActivated,
        PersonInvited,
        AuthenticatorRegistered,
        PolicyActivated,
        ReservesPublished,
    )
}
"""Every kind of event by its domain."""


def decode_event(encoded: bytes) -> Event:
    """The event in canonical bytes.

    :raises EventUnknown: no event of this release has that domain and version.
    :raises EncodingError: malformed, or not canonical.
    """
    plain = decode(encoded)
    domain = plain[1] if isinstance(plain, list) and len(plain) >= 2 else None
    kind = EVENTS.get(domain) if isinstance(domain, str) else None
    if kind is None or not isinstance(plain, list) or plain[0] != kind.VERSION:
        raise EventUnknown(f"no event of this release has the domain {str(domain)[:60]!r}")
    return kind.decoded(encoded)


@dataclass(frozen=True)
class LogEntry(Canonical):
    """A leaf of the log: where it stands, when it was written (seconds since 1970), and the event's bytes."""

    DOMAIN: ClassVar[str] = "holdfast/log-entry"
    sequence: int
    at_s: int
    event: bytes

    def opened(self) -> Event:
        """The event; see :func:`decode_event`."""
        return decode_event(self.event)
