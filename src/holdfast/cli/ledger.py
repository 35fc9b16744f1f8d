"""``holdfast ledger``: whether the books are right."""
# ruff: noqa: PLC0415 -- commands import what they work with when they run

from typing import TYPE_CHECKING, Any

import typer

from holdfast.cli.errors import RefusedWithDetails
from holdfast.cli.options import Home, Json
from holdfast.cli.output import print_document, print_lines, print_table, progress

if TYPE_CHECKING:
    from holdfast.ledger import LedgerReport

app = typer.Typer(help="The books, and whether they are right.")


@app.callback()
def group() -> None:
    """The books, and whether they are right."""


@app.command("check")
def check(home: Home = None, as_json: Json = False) -> None:
    """Derive every balance and rule again from transfers and holds; exit status 1 if anything differs."""
    from holdfast.amounts import Amount
    from holdfast.cli.homes import opened_books
    from holdfast.ledger import LedgerBroken, examine
    from holdfast.store import snapshot

    with opened_books(home) as engine, progress("deriving every balance again"), snapshot(engine) as connection:
        report = examine(connection)
    if not as_json:
        rows = [
            (asset.asset, Amount(asset.asset, asset.debit_units), Amount(asset.asset, asset.credit_units))
            for asset in report.assets
        ]
        print_table(("ASSET", "IN THE VAULTS", "OWED AND OWNED"), rows, "no money has moved yet")
        for discrepancy in report.discrepancies:
            print_lines(str(discrepancy))
    if report.discrepancies:
        raise RefusedWithDetails(LedgerBroken(report), _document(report))
    if as_json:
        print_document(_document(report))
        return
    print_lines(
        f"the books are right: {report.accounts} accounts, {report.entries} entries, {report.transfers} transfers, "
        f"{report.open_holds} open holds"
    )


def _document(report: "LedgerReport") -> dict[str, Any]:
    return {
        "right": not report.discrepancies,
        "accounts": report.accounts,
        "entries": report.entries,
        "transfers": report.transfers,
        "open_holds": report.open_holds,
        "assets": [
            {"asset": each.asset, "debit_units": str(each.debit_units), "credit_units": str(each.credit_units)}
            for each in report.assets
        ],
        "discrepancies": [
            {"kind": each.kind, "subject": each.subject, "detail": each.detail} for each in report.discrepancies
        ],
    }
