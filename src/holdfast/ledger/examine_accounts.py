"""Adding up every account again from its transfers and holds.

The database groups and sorts, by plain sums that no trigger had a part in; here the groups are merged in order
of account. Memory does not grow with the books.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, TextClause, select, text

from holdfast.amounts import MAX_UNITS
from holdfast.ledger.models import account as account_table
from holdfast.ledger.report import AssetTotals, Findings
from holdfast.store import LIMB

_STREAMED = {"yield_per": 1000}

# A limb is summed in halves of base 10^9, so that 64 bits suffice for 9 * 10^9 rows.
_HALF = 10**9


def _sum_of(name: str, where: str = "1") -> str:
    halves = (f"{name}_hi / {_HALF}", f"{name}_hi % {_HALF}", f"{name}_lo / {_HALF}", f"{name}_lo % {_HALF}")
    return ", ".join(f"sum(({half}) * {where}) AS part_{i}" for i, half in enumerate(halves))


def _side(side: str) -> TextClause:
    return text(
        f"SELECT {side}_account AS account_id, {_sum_of('amount')}, max(id) AS newest, count(*) AS rows_counted"  # noqa: S608
        f" FROM ledger_transfer GROUP BY {side}_account ORDER BY {side}_account"
    )


_OPEN = "CASE WHEN v.id IS NULL AND e.id IS NULL THEN 1 ELSE 0 END"
_DEBITS, _CREDITS = _side("debit"), _side("credit")
_HOLDS = text(
    f"SELECT h.account_id, {_sum_of('h.amount', _OPEN)}, max(h.id) AS newest, sum({_OPEN}) AS rows_counted,"  # noqa: S608
    " coalesce(max(v.id), 0) AS newest_void"
    " FROM ledger_hold h LEFT JOIN ledger_void v ON v.hold_id = h.id LEFT JOIN ledger_entry e ON e.hold_id = h.id"
    " GROUP BY h.account_id ORDER BY h.account_id"
)


@dataclass(frozen=True, slots=True)
class AccountsSummary:
    """What was added up."""

    accounts: int
    transfers: int
    open_holds: int
    assets: tuple[AssetTotals, ...]


class _Sums:
    """Sums by account, in order of account, read alongside the accounts."""

    def __init__(self, connection: Connection, query: TextClause, findings: Findings) -> None:
        self._rows: Iterator[Any] = iter(connection.execute(query, execution_options=_STREAMED))
        self._next = next(self._rows, None)
        self._findings = findings
        self.rows_counted = 0

    def take(self, account_id: int | None) -> Any:
        """The sums of this account, or None; with None, pass to the end. Accounts passed over do not exist."""
        while self._next is not None and (account_id is None or self._next.account_id < account_id):
            self._findings.add("account_unknown", f"account {self._next.account_id}", "has rows but is not open")
            self._next = next(self._rows, None)
        if self._next is None or self._next.account_id != account_id:
            return None
        row, self._next = self._next, next(self._rows, None)
        self.rows_counted += int(row.rows_counted)
        return row


def _units(row: Any) -> int:
    if row is None:
        return 0
    high = int(row.part_0) * _HALF + int(row.part_1)
    return high * LIMB + int(row.part_2) * _HALF + int(row.part_3)


def _newest(*rows: Any) -> int:
    return max((int(row.newest) for row in rows if row is not None), default=0)


def examine_accounts(connection: Connection, findings: Findings) -> AccountsSummary:
    """Compare each account with what its transfers and holds add up to, and each asset's two sides."""
    debits, credits_, holds = (_Sums(connection, query, findings) for query in (_DEBITS, _CREDITS, _HOLDS))
    by_asset: dict[str, list[int]] = {}
    counted = 0
    query = select(account_table).order_by(account_table.c.id)
    for account in connection.execute(query, execution_options=_STREAMED):
        counted += 1
        debit, credit, held = debits.take(account.id), credits_.take(account.id), holds.take(account.id)
        _compare(account, debit, credit, held, findings)
        sides = by_asset.setdefault(account.asset, [0, 0])
        sides[account.normal_side == "credit"] += account.total_hi * LIMB + account.total_lo
    for sums in (debits, credits_, holds):
        sums.take(None)
    for asset, (debit_units, credit_units) in by_asset.items():
        if debit_units != credit_units:
            findings.add("unbalanced", asset, f"debit-normal {debit_units}, credit-normal {credit_units}")
    assets = tuple(AssetTotals(asset, *sides) for asset, sides in sorted(by_asset.items()))
    return AccountsSummary(counted, debits.rows_counted, holds.rows_counted, assets)


def _compare(account: Any, debit: Any, credit: Any, held: Any, findings: Findings) -> None:
    subject = f"{account.code} in {account.asset}"
    sign = 1 if account.normal_side == "debit" else -1
    written = account.total_hi * LIMB + account.total_lo, account.held_hi * LIMB + account.held_lo
    derived = sign * (_units(debit) - _units(credit)), _units(held)
    for kind, was, is_ in zip(("balance", "held"), written, derived, strict=True):
        if was != is_:
            findings.add(kind, subject, f"the account says {was} base units, its rows add up to {is_}")
    if not 0 <= derived[1] <= derived[0] <= MAX_UNITS:
        findings.add("overdrawn", subject, f"total {derived[0]}, held {derived[1]} base units")
    newest = (_newest(debit, credit), _newest(held), int(held.newest_void) if held is not None else 0)
    marks = (account.last_transfer, account.last_hold, account.last_void)
    if marks != newest:
        findings.add("watermark", subject, f"the account includes rows up to {marks}, the newest are {newest}")
