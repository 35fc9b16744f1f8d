"""The overview: what there is, what waits and why, what somebody should look at; and the health check."""

from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from holdfast.audit import log_size
from holdfast.custody import waiting_withdrawals
from holdfast.errors import HoldfastError
from holdfast.web.alerts import alerts
from holdfast.web.reading.log import log_state, shown_entries
from holdfast.web.reading.payouts import shown_open_payouts
from holdfast.web.reading.vaults import shown_assets, shown_vaults
from holdfast.web.site import Site

ENTRIES = 8


def add(app: FastAPI, site: Site) -> None:
    """The overview's addresses."""

    @app.get("/")
    def overview(request: Request) -> HTMLResponse:
        site.kept.begin()
        signers = site.kept.signers()
        with site.reading() as connection:
            vaults = shown_vaults(connection, signers)
            shown: dict[str, Any] = {
                "vaults": vaults,
                "holdings": shown_assets(connection, vaults),
                "waiting": waiting_withdrawals(connection),
                "payouts": shown_open_payouts(site.plane, connection),
                "log": log_state(site.plane, connection),
                "entries": shown_entries(connection, log_size(connection), ENTRIES),
            }
        shown |= {"signers": signers, "ledger": site.kept.ledger(), "log_check": site.kept.log_check()}
        return site.page(request, "overview.html", **shown, flows=site.kept.flows(), alerts=alerts(**shown))

    @app.get("/healthz")
    def healthz() -> Response:
        try:
            with site.reading() as connection:
                size = log_size(connection)
        except HoldfastError as fault:
            return JSONResponse({"status": "unavailable", "code": fault.code}, 503)
        return JSONResponse({"status": "ok", "log_size": size})
