"""``holdfast withdrawal``: customers' withdrawals, and what became of each."""
# ruff: noqa: PLC0415 -- commands import what they work with when they run

from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli.errors import UsageInvalid
from holdfast.cli.options import Home, Json, Limit
from holdfast.cli.output import amount, moment, print_document, print_fields, print_lines, print_table

if TYPE_CHECKING:
    from holdfast.custody import PayoutView, WithdrawalState, WithdrawalView

app = typer.Typer(help="Customers' withdrawals.")

Reference = Annotated[str, typer.Argument(metavar="REFERENCE", help="The withdrawal's reference.", show_default=False)]


@app.command("list")
def list_withdrawals(
    home: Home = None,
    state: Annotated[str | None, typer.Option(help="Only those in this state.", show_default=False)] = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List the newest withdrawals."""
    from holdfast.cli.homes import opened_books
    from holdfast.custody import withdrawal_views
    from holdfast.store import snapshot

    wanted = _state(state)
    with opened_books(home) as engine, snapshot(engine) as connection:
        views = list(withdrawal_views(connection, limit, state=wanted))
    if as_json:
        print_document({"withdrawals": [_document(view) for view in views]})
        return
    rows = [
        (view.reference, view.customer, view.amount, view.destination, view.state, view.code or "") for view in views
    ]
    headings = ("REFERENCE", "CUSTOMER", "AMOUNT", "DESTINATION", "STATE", "CODE")
    print_table(headings, rows, "no withdrawal" + (f" is {wanted}" if wanted else " was requested yet"))


def _state(text: str | None) -> "WithdrawalState | None":
    from holdfast.custody import WithdrawalState

    try:
        return None if text is None else WithdrawalState(text)
    except ValueError:
        known = ", ".join(state.value for state in WithdrawalState)
        raise UsageInvalid(f"no state {text!r}; states are {known}") from None


@app.command("show")
def show_withdrawal(reference: Reference, home: Home = None, as_json: Json = False) -> None:
    """Show one withdrawal and the payout that settles it."""
    from holdfast.cli.homes import opened_plane
    from holdfast.custody import find_withdrawal, payout_view
    from holdfast.store import snapshot

    with opened_plane(home) as plane:
        view = find_withdrawal(plane, reference)
        with snapshot(plane.engine) as connection:
            payout = None if view.intent is None else payout_view(connection, view.intent)
    if as_json:
        print_document(_document(view) | {"payout": None if payout is None else _payout_document(payout)})
        return
    fields: dict[str, object] = {
        "withdrawal": view.reference,
        "customer": view.customer,
        "amount": view.amount,
        "destination": view.destination,
        "requested": moment(view.requested_at_s),
        "state": view.state,
    }
    if view.code:
        fields["refused"] = f"{view.code}: {view.reason}"
    if payout is not None:
        fields |= _payout_fields(payout)
    print_fields(fields)


@app.command("cancel")
def cancel(reference: Reference, home: Home = None, as_json: Json = False) -> None:
    """Cancel a withdrawal that no payout has taken up yet; the customer has the amount back."""
    from holdfast.cli.homes import opened_plane
    from holdfast.custody import cancel_withdrawal, find_withdrawal

    with opened_plane(home) as plane:
        cancel_withdrawal(plane, reference)
        view = find_withdrawal(plane, reference)
    if as_json:
        print_document(_document(view))
    else:
        print_lines(f"cancelled {view.reference}: {view.amount} is {view.customer}'s to use again")


@app.command("approve")
def approve(reference: Reference, home: Home = None, as_json: Json = False) -> None:
    """Say where people approve the payout of a withdrawal: on signers' own pages. This command approves nothing."""
    from holdfast.cli.homes import opened_plane
    from holdfast.custody import PayoutNotAwaited, collect_approvals, find_withdrawal

    with opened_plane(home) as plane:
        view = find_withdrawal(plane, reference)
        if view.intent is None:
            raise PayoutNotAwaited(f"withdrawal {reference} is {view.state}: no payout has taken it up")
        collect_approvals(plane)
        pages = [f"{signer.origin}/intents/{view.intent.hex()}" for signer in plane.roster.signers]
    if as_json:
        print_document({"intent": view.intent.hex(), "pages": pages})
    else:
        print_lines("each person approves with their passkey on another of these pages:", *pages)


def _document(view: "WithdrawalView") -> dict[str, Any]:
    return {
        "reference": view.reference,
        "customer": view.customer,
        "amount": amount(view.amount),
        "destination": view.destination,
        "state": view.state.value,
        "intent": view.intent.hex() if view.intent else None,
        "code": view.code,
        "reason": view.reason,
        "requested_at_s": view.requested_at_s,
    }


def _payout_document(payout: "PayoutView") -> dict[str, Any]:
    return {
        "intent": payout.intent.hex(),
        "vault": payout.vault,
        "state": payout.state.value,
        "total": amount(payout.total),
        "payments": payout.payments,
        "approved_by": list(payout.approved_by),
        "txid": payout.txid,
        "code": payout.code,
        "reason": payout.reason,
        "created_at_s": payout.created_at_s,
        "expires_at_s": payout.expires_at_s,
    }


def _payout_fields(payout: "PayoutView") -> dict[str, object]:
    fields: dict[str, object] = {
        "payout": payout.intent.hex(),
        "payout state": payout.state,
        "approved by": ", ".join(payout.approved_by) or "nobody yet",
        "transaction": payout.txid or "not signed yet",
    }
    if payout.code:
        fields["stopped by"] = f"{payout.code}: {payout.reason}"
    return fields
