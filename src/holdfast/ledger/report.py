"""What an examination of the ledger found."""

from dataclasses import dataclass, field
from typing import ClassVar

from holdfast.ledger.errors import LedgerError

MAX_DISCREPANCIES = 100
"""How many discrepancies a report names; one is enough to stop."""


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One thing that is not as the books say: its kind, what it is about, and the two sides of it.

    Kinds: ``balance``, ``held``, ``overdrawn``, ``watermark``, ``account_unknown``, ``entry_incomplete``,
    ``entry_altered``, ``entry_unknown``, ``asset_mismatch``, ``customer_money``, ``hold_mismatch``,
    ``hold_resolved_twice``, ``unbalanced``, ``guards_altered``.
    """

    kind: str
    subject: str
    detail: str

    def __str__(self) -> str:
        """One line."""
        return f"{self.kind}: {self.subject}: {self.detail}"


@dataclass(frozen=True, slots=True)
class AssetTotals:
    """All balances of one asset, in base units: debit-normal (what there is), credit-normal (whose it is)."""

    asset: str
    debit_units: int
    credit_units: int


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """What was examined and what was found; no discrepancies means that the books are right."""

    accounts: int
    entries: int
    transfers: int
    open_holds: int
    assets: tuple[AssetTotals, ...]
    discrepancies: tuple[Discrepancy, ...]


class LedgerBroken(LedgerError):
    """The balances are not what the transfers and holds add up to, or a rule does not hold."""

    code: ClassVar[str] = "ledger.broken"

    def __init__(self, report: LedgerReport) -> None:
        first, *others = report.discrepancies
        more = f" (and {len(others)} more)" if others else ""
        super().__init__(f"the ledger is broken: {first}{more}")
        self.report = report


@dataclass(slots=True)
class Findings:
    """Discrepancies being gathered, at most :data:`MAX_DISCREPANCIES` of them."""

    found: list[Discrepancy] = field(default_factory=list)

    def add(self, kind: str, subject: str, detail: str) -> None:
        """Note a discrepancy."""
        if len(self.found) < MAX_DISCREPANCIES:
            self.found.append(Discrepancy(kind, subject, detail))
