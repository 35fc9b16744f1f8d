"""Which entry of the audit log tells of a step: found by its kind and the second in which it was written."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from holdfast.audit import (
    AuditError,
    Event,
    IntentApproved,
    LogEntry,
    SignatureRefused,
    TransactionBroadcast,
    TransactionConfirmed,
    TransactionSigned,
    WithdrawalRefused,
    WithdrawalRequested,
    find_events,
)
from holdfast.custody import GivenRefusal, TransactionVersion, WithdrawalView

MOST_LOOKED_AT = 200
"""The most entries of one kind that are looked through for one step; a step beyond them goes without its number."""

Kind = TypeVar("Kind", bound=Event)


class LogLinks:
    """Looks entries up for one page."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def requested(self, view: WithdrawalView) -> int | None:
        """Where a withdrawal was requested."""
        return self._at(WithdrawalRequested, view.requested_at_s, lambda event: event.withdrawal == view.reference)

    def withdrawal_refused(self, reference: str, at_s: int | None) -> int | None:
        """Where it was refused."""
        return self._at(WithdrawalRefused, at_s, lambda event: event.withdrawal == reference)

    def approved(self, intent: bytes, person: str, at_s: int | None) -> int | None:
        """Where a person's approval arrived."""
        return self._at(IntentApproved, at_s, lambda event: (event.intent, event.person) == (intent, person))

    def refused(self, intent: bytes, refusal: GivenRefusal) -> int | None:
        """Where a signer refused."""
        return self._at(
            SignatureRefused, refusal.at_s, lambda event: (event.intent, event.signer) == (intent, refusal.signer)
        )

    def signed(self, intent: bytes, version: TransactionVersion) -> int | None:
        """Where a version's signed bytes were committed."""
        return self._at(
            TransactionSigned, version.signed_at_s, lambda event: (event.intent, event.txid) == (intent, version.txid)
        )

    def broadcast(self, intent: bytes, version: TransactionVersion) -> LogEntry | None:
        """The entry about the first broadcast, which follows the first signature sooner or later."""
        if version.signed_at_s is None:
            return None
        return self._first(TransactionBroadcast, version.signed_at_s, None, lambda event: event.intent == intent)

    def confirmed(self, intent: bytes, at_s: int | None) -> int | None:
        """Where the payout was booked as confirmed."""
        return self._at(TransactionConfirmed, at_s, lambda event: event.intent == intent)

    def _at(self, kind: type[Kind], at_s: int | None, is_it: Callable[[Kind], bool]) -> int | None:
        found = None if at_s is None else self._first(kind, at_s, at_s, is_it)
        return None if found is None else found.sequence

    def _first(
        self, kind: type[Kind], from_s: int, until_s: int | None, is_it: Callable[[Kind], bool]
    ) -> LogEntry | None:
        try:
            for found in find_events(self._connection, [kind], from_s, until_s, MOST_LOOKED_AT):
                event = found.opened()
                if isinstance(event, kind) and is_it(event):
                    return found
        except AuditError:
            # The log page says what is wrong with the log; the books still tell their own course.
            return None
        return None
