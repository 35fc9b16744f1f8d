"""Reading every entry again: is it whole, unaltered, and within the rules that the triggers enforce?"""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, text

from holdfast.amounts import Amount
from holdfast.errors import HoldfastError
from holdfast.ledger.report import Findings
from holdfast.ledger.types import Entry, OwnerClass, Transfer
from holdfast.store import LIMB, units

_STREAMED = {"yield_per": 1000}

_ENTRIES = text(
    "SELECT e.id, e.kind, e.reference, e.idempotency_key, e.digest, e.transfer_count, e.hold_id,"
    " t.position, t.amount_hi, t.amount_lo, d.id AS debit_id, d.code AS debit_code, d.asset AS debit_asset,"
    " d.owner_class AS debit_class, c.id AS credit_id, c.code AS credit_code, c.asset AS credit_asset,"
    " c.owner_class AS credit_class, h.account_id AS held_account, h.amount_hi AS held_hi, h.amount_lo AS held_lo,"
    " v.id AS void_id"
    " FROM ledger_entry e"
    " LEFT JOIN ledger_transfer t ON t.entry_id = e.id"
    " LEFT JOIN ledger_account d ON d.id = t.debit_account"
    " LEFT JOIN ledger_account c ON c.id = t.credit_account"
    " LEFT JOIN ledger_hold h ON h.id = e.hold_id"
    " LEFT JOIN ledger_void v ON v.hold_id = e.hold_id"
    " ORDER BY e.id, t.position"
)

_ORPHANS = text(
    "SELECT t.id, t.entry_id FROM ledger_transfer t"
    " WHERE NOT EXISTS (SELECT 1 FROM ledger_entry e WHERE e.id = t.entry_id) ORDER BY t.id LIMIT 10"
)


def examine_entries(connection: Connection, findings: Findings) -> int:
    """Examine every entry with its transfers, one at a time; returns how many there are."""
    for orphan in connection.execute(_ORPHANS):
        findings.add("entry_unknown", f"transfer {orphan.id}", f"belongs to entry {orphan.entry_id}, which is missing")
    rows: Iterator[Any] = iter(connection.execute(_ENTRIES, execution_options=_STREAMED))
    counted = 0
    for _, group in groupby(rows, key=lambda row: row.id):
        counted += 1
        _examine(list(group), findings)
    return counted


def _examine(rows: list[Any], findings: Findings) -> None:
    head = rows[0]
    subject = f"entry {head.id}"
    if [row.position for row in rows] != list(range(1, head.transfer_count + 1)):
        present = sum(row.position is not None for row in rows)
        findings.add("entry_incomplete", subject, f"{present} of {head.transfer_count} transfers, or out of order")
        return
    if any(row.debit_id is None or row.credit_id is None for row in rows):
        findings.add("account_unknown", subject, "a transfer names an account that is not open")
        return
    if any(row.debit_asset != row.credit_asset for row in rows):
        findings.add("asset_mismatch", subject, "a transfer joins accounts of different assets")
        return
    if not _unaltered(rows):
        findings.add("entry_altered", subject, "its content does not have the digest it was posted with")
    if any(_spends_customer_money(row) for row in rows):
        findings.add("customer_money", subject, "a customer's account pays the house other than at house:fees")
    if head.hold_id is not None:
        _examine_hold(rows, subject, findings)


def _unaltered(rows: list[Any]) -> bool:
    head = rows[0]
    try:
        moves = tuple(
            Transfer(row.debit_code, row.credit_code, Amount(row.debit_asset, units(row.amount_hi, row.amount_lo)))
            for row in rows
        )
        entry = Entry(head.kind, head.reference, head.idempotency_key, moves)
    except HoldfastError:
        # What cannot be an entry at all was not posted like this.
        return False
    return entry.digest() == bytes(head.digest)


def _spends_customer_money(row: Any) -> bool:
    fees = row.credit_code == "house:fees" or row.credit_code.startswith("house:fees:")
    return bool(row.debit_class == OwnerClass.CUSTOMER and row.credit_class == OwnerClass.HOUSE and not fees)


def _examine_hold(rows: list[Any], subject: str, findings: Findings) -> None:
    head = rows[0]
    if head.held_account is None:
        findings.add("hold_mismatch", subject, f"settles hold {head.hold_id}, which is missing")
        return
    taken = sum(
        row.amount_hi * LIMB + row.amount_lo for row in rows if head.held_account in (row.debit_id, row.credit_id)
    )
    held = head.held_hi * LIMB + head.held_lo
    if taken != held:
        findings.add("hold_mismatch", subject, f"takes {taken} base units; hold {head.hold_id} is of {held}")
    if head.void_id is not None:
        findings.add("hold_resolved_twice", f"hold {head.hold_id}", f"is voided, and settled by {subject}")
