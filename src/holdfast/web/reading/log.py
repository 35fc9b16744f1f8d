"""What the pages show, read from the control plane: bounded reads, and nothing that a person could not be shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.amounts import Amount
from holdfast.audit import (
    AuditError,
    Checkpoint,
    LogBroken,
    LogEntry,
    audit,
    entries,
    entry,
    latest_checkpoint,
    log_size,
    open_checkpoint,
    verify_cosignatures,
)
from holdfast.custody import (
    ControlPlane,
    FreezeStanding,
    PayoutView,
    SignerHealth,
    VaultView,
    able_members,
    freeze_standing,
    payout_views,
    signer_health,
    vault_certificate,
    vault_views,
    withdrawal_views,
)
from holdfast.ledger import LedgerReport, examine
from holdfast.policy import Movement, PolicyDenied, evaluate, require_floors
from holdfast.store import snapshot
from holdfast.web.refreshed import Found, Refreshed
from holdfast.web.words import Told, tell

PAGE_ROWS = 50

ALTERED = Told("This entry has been altered in the database: it is not what was logged", "bad", LogBroken.code)


@dataclass(frozen=True)
class ShownVault:
    """A vault, and how many of its committee can sign now."""

    view: VaultView
    members: int
    threshold: int
    able: int
    freeze: FreezeStanding

    @property
    def free(self) -> Amount:
        """What no payout has reserved."""
        return self.view.confirmed - self.view.reserved


@dataclass(frozen=True)
class ShownPayout:
    """A payout, and how many persons must approve it (0: the policy in force no longer allows it)."""

    view: PayoutView
    persons: int


@dataclass(frozen=True)
class ShownEntry:
    """An entry of the log in words."""

    sequence: int
    at_s: int | None
    told: Told


@dataclass(frozen=True)
class ShownLog:
    """The log's state: its size, its newest checkpoint and who has cosigned that; ``code``: what is wrong with it."""

    size: int
    checkpoint: Checkpoint | None
    cosigners: tuple[str, ...]
    code: str | None = None


class Reading:
    """Everything that one page's process reads, and what it keeps between two readings."""

    def __init__(self, plane: ControlPlane) -> None:
        self.plane = plane
        self._signers = Refreshed(lambda: signer_health(plane, wait_s=1.5), keep_s=4.0, wait_s=2.0)
        self._ledger = Refreshed(self._examined, keep_s=60.0, wait_s=1.0)
        self._log = Refreshed(self._audited, keep_s=60.0, wait_s=1.0)

    def _examined(self) -> LedgerReport:
        with snapshot(self.plane.engine) as connection:
            return examine(connection)

    def _audited(self) -> int:
        genesis = self.plane.genesis
        with snapshot(self.plane.engine) as connection:
            return audit(connection, genesis.log_name, genesis.log_key, self._cosigner_keys()).entries

    def _cosigner_keys(self) -> dict[str, bytes]:
        return {signer.name: signer.signing_key for signer in self.plane.roster.signers}

    def signers(self) -> tuple[SignerHealth, ...]:
        """The signers, asked at most once every few seconds."""
        return self._signers.get().value or ()

    def ledger(self) -> Found[LedgerReport]:
        """The books, derived again at most once a minute."""
        return self._ledger.get()

    def log_check(self) -> Found[int]:
        """The log, rebuilt and compared at most once a minute: how many entries that were."""
        return self._log.get()

    def vaults(self, connection: Connection) -> list[ShownVault]:
        """Every vault."""
        signers = self.signers()
        return [self._vault(connection, view, signers) for view in vault_views(connection)]

    @staticmethod
    def _vault(connection: Connection, view: VaultView, signers: Sequence[SignerHealth]) -> ShownVault:
        order = vault_certificate(connection, view.name).order
        return ShownVault(
            view=view,
            members=len(order.members),
            threshold=order.threshold,
            able=able_members(signers, order.vault, order.committee_epoch),
            freeze=freeze_standing(signers, order.members, order.threshold),
        )

    def payouts(self, connection: Connection, limit: int, after: bytes | None = None) -> list[ShownPayout]:
        """The newest payouts, from the one after ``after`` on."""
        views = payout_views(connection, limit, after=after)
        return [ShownPayout(view, self._persons(view)) for view in views]

    def _persons(self, view: PayoutView) -> int:
        movement = Movement(view.vault, view.total.asset, view.at_most, view.customer_signed)
        try:
            verdict = evaluate(self.plane.policy, movement)
        except PolicyDenied:
            return 0
        return require_floors(self.plane.genesis.floors, view.at_most, verdict.approvals)

    withdrawals = staticmethod(withdrawal_views)

    def log(self, connection: Connection) -> ShownLog:
        """The log's state. A forged checkpoint is shown as such: it is what people look here for."""
        genesis, size = self.plane.genesis, log_size(connection)
        try:
            note = latest_checkpoint(connection)
            if note is None:
                return ShownLog(size, None, ())
            checkpoint = open_checkpoint(note, genesis.log_name, genesis.log_key)
            cosigned = verify_cosignatures(note, self._cosigner_keys())
        except AuditError as fault:
            return ShownLog(size, None, (), fault.code)
        return ShownLog(size, checkpoint, tuple(sorted(cosigned)))

    @staticmethod
    def entries(connection: Connection, before: int, count: int) -> list[ShownEntry]:
        """The entries below sequence ``before``, newest first, at most ``count``."""
        start = max(0, before - count)
        if before <= start:
            return []
        try:
            found = entries(connection, start, before - start)
            return [_shown(each) for each in reversed(found)]
        except LogBroken:
            return [_shown_or_altered(connection, sequence) for sequence in reversed(range(start, before))]


def _shown(logged: LogEntry) -> ShownEntry:
    return ShownEntry(logged.sequence, logged.at_s, tell(logged.opened()))


def _shown_or_altered(connection: Connection, sequence: int) -> ShownEntry:
    try:
        return _shown(entry(connection, sequence))
    except AuditError:
        return ShownEntry(sequence, None, ALTERED)
