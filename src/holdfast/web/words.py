"""The log's events in words, for people who read no formats."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from holdfast.amounts import Amount
from holdfast.audit import (
    AuthenticatorRegistered,
    CustomerEnrolled,
    DepositCredited,
    Event,
    FreezeLifted,
    FreezeSet,
    GenesisAdopted,
    IntentApproved,
    IntentFixed,
    KeyActivated,
    LedgerPosted,
    PersonInvited,
    PolicyActivated,
    ReorgSeen,
    ReservesPublished,
    RosterActivated,
    RosterChangeProposed,
    SignatureRefused,
    SubjectApproved,
    TransactionBroadcast,
    TransactionConfirmed,
    TransactionSigned,
    WithdrawalRefused,
    WithdrawalRequested,
)
from holdfast.authority import Intent, WithdrawalOrder
from holdfast.errors import HoldfastError
from holdfast.pages import short


@dataclass(frozen=True)
class Told:
    """An event in words: what happened, and how it went (``good``, ``bad``, ``watch`` or ``plain``)."""

    words: str
    tone: str = "plain"
    code: str | None = None


def _requested(event: WithdrawalRequested) -> Told:
    order = WithdrawalOrder.decoded(event.order)
    return Told(f"{order.customer} asks for {order.amount.on_page()} to {order.destination} ({event.withdrawal})")


def _fixed(event: IntentFixed) -> Told:
    intent = Intent.decoded(event.body)
    payments = "one payment" if len(intent.payments) == 1 else f"{len(intent.payments)} payments"
    return Told(
        f"Payout {short(event.intent)} is fixed: {payments} of {intent.total().on_page()} out of {intent.vault}"
    )


def _credited(event: DepositCredited) -> Told:
    owner = event.customer or "the house"
    return Told(f"A deposit of {Amount(event.asset, event.units).on_page()} is credited to {owner}", "good")


_TELL: dict[type[Event], Callable[[Any], Told]] = {
    GenesisAdopted: lambda e: Told(f"The log of {e.venue} begins with genesis {short(e.genesis)}"),
    KeyActivated: lambda e: Told(f"The key of vault {e.vault}, epoch {e.epoch}, is in use", "good"),
    CustomerEnrolled: lambda e: Told(f"Customer {e.customer} has enrolled a passkey"),
    DepositCredited: _credited,
    WithdrawalRequested: _requested,
    WithdrawalRefused: lambda e: Told(f"Withdrawal {e.withdrawal} is refused: {e.reason}", "bad", e.code),
    IntentFixed: _fixed,
    IntentApproved: lambda e: Told(f"{e.person} has approved payout {short(e.intent)}"),
    SignatureRefused: lambda e: Told(
        f"Signer {e.signer} refuses to sign payout {short(e.intent)}: {e.reason}", "bad", e.code
    ),
    TransactionSigned: lambda e: Told(f"Payout {short(e.intent)} is signed as transaction {short(e.txid)}"),
    TransactionBroadcast: lambda e: Told(f"Transaction {short(e.txid)} of payout {short(e.intent)} is broadcast"),
    TransactionConfirmed: lambda e: Told(
        f"Transaction {short(e.txid)} of payout {short(e.intent)} is confirmed in block {e.height}", "good"
    ),
    LedgerPosted: lambda e: Told(f"Ledger entry {e.entry} is posted for {short(e.reference)}"),
    ReorgSeen: lambda e: Told(f"Block {e.height} was replaced: {short(e.old)} gave way to {short(e.new)}", "watch"),
    FreezeSet: lambda e: Told(f"{e.person} has frozen signing on {e.signer}'s page: {e.reason}", "bad"),
    FreezeLifted: lambda e: Told(f"A quorum of officers has lifted a freeze: {e.reason}", "good"),
    RosterChangeProposed: lambda e: Told(f"A change of the roster is proposed ({short(e.change)})", "watch"),
    SubjectApproved: lambda e: Told(f"{e.person} has approved proposal {short(e.subject)}"),
    RosterActivated: lambda e: Told(f"Roster {e.version} is in force, by change {short(e.change)}", "good"),
    PersonInvited: lambda e: Told(f"{e.invited_by} has invited {e.name} to register a device on {e.signer}'s page"),
    AuthenticatorRegistered: lambda e: Told(f"{e.name} has registered a device on {e.signer}'s page"),
    PolicyActivated: lambda e: Told(f"Policy version {e.version} ({short(e.policy)}) is in force"),
    ReservesPublished: lambda e: Told(f"Reserve epoch {e.epoch} ({short(e.super_root)}) is published", "good"),
}


def tell(event: Event) -> Told:
    """An event in words; one whose own bytes cannot be read is told by its kind."""
    try:
        return _TELL[type(event)](event)
    except (HoldfastError, KeyError):
        return Told(f"{type(event).__name__}, which this release cannot put in words", "watch")
