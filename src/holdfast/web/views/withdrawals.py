"""Withdrawals: the list with its filters, and one with its course."""

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

from holdfast.custody import WithdrawalState, vault_views, withdrawal_record, withdrawal_views, withdrawals_matching
from holdfast.web.reading.payouts import payout_page
from holdfast.web.reading.timeline import withdrawal_timeline
from holdfast.web.site import PAGE_ROWS, Site
from holdfast.web.views.parameters import OptionalReference, Reference, State, Words


def add(app: FastAPI, site: Site) -> None:
    """The withdrawals' addresses."""

    @app.get("/withdrawals")
    def withdrawals(
        request: Request,
        state: State = "",
        customer: Words = "",
        search: Words = "",
        after: OptionalReference = None,
    ) -> HTMLResponse:
        with site.reading() as connection:
            vaults = [vault.name for vault in vault_views(connection)]
            if search.strip():
                rows = list(withdrawals_matching(connection, search, PAGE_ROWS + 1))
            else:
                in_state, of = WithdrawalState(state) if state else None, customer.strip() or None
                rows = list(withdrawal_views(connection, PAGE_ROWS + 1, after=after, state=in_state, customer=of))
        return site.page(
            request,
            "withdrawals.html",
            withdrawals=rows[:PAGE_ROWS],
            more=len(rows) > PAGE_ROWS,
            states=list(WithdrawalState),
            filters={"state": state, "customer": customer.strip(), "search": search.strip()},
            first=after is None,
            vaults=vaults,
        )

    @app.get("/withdrawal")
    def withdrawal(request: Request, reference: Reference) -> HTMLResponse:
        with site.reading() as connection:
            record = withdrawal_record(connection, reference)
            intent = record.view.intent
            payout = None if intent is None else payout_page(site.plane, connection, intent)
            steps = withdrawal_timeline(site.plane, connection, record, payout)
            vaults = [vault.name for vault in vault_views(connection) if vault.asset == record.view.amount.asset]
        return site.page(
            request, "withdrawal.html", record=record, view=record.view, payout=payout, steps=steps, vaults=vaults
        )
