"""Checking the whole ledger: every balance and rule, derived again from transfers and holds.

What the ledger cannot notice by itself is a history that somebody with full rights over the database replaced
whole, balances and all; that is what the audit log is for.
"""

from sqlalchemy import Connection

from holdfast.ledger.examine_accounts import examine_accounts
from holdfast.ledger.examine_entries import examine_entries
from holdfast.ledger.guards import examine_guards
from holdfast.ledger.report import Findings, LedgerBroken, LedgerReport


def examine(connection: Connection) -> LedgerReport:
    """Derive everything again and report what was found, right or wrong.

    Use a connection of :func:`holdfast.store.snapshot`, so that all reads see one moment. Reads every row;
    memory does not grow with them.
    """
    findings = Findings()
    examine_guards(connection, findings)
    summary = examine_accounts(connection, findings)
    entries = examine_entries(connection, findings)
    return LedgerReport(
        accounts=summary.accounts,
        entries=entries,
        transfers=summary.transfers,
        open_holds=summary.open_holds,
        assets=summary.assets,
        discrepancies=tuple(findings.found),
    )


def check(connection: Connection) -> LedgerReport:
    """:func:`examine`, and refuse books that are not right.

    :raises LedgerBroken: at least one discrepancy; its ``report`` names them.
    """
    report = examine(connection)
    if report.discrepancies:
        raise LedgerBroken(report)
    return report
