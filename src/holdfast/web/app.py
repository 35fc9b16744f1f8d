"""The pages and their addresses. Everything is read, nothing is changed, and no page is longer than fifty rows."""

from collections.abc import Callable, Iterable
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException

from holdfast.audit import log_size
from holdfast.custody import ControlPlane
from holdfast.errors import HoldfastError
from holdfast.pages import LOOPBACK_HOSTS, SHARED, Assets, Perimeter
from holdfast.store import snapshot
from holdfast.web.alerts import alerts
from holdfast.web.reading import PAGE_ROWS, Reading
from holdfast.web.rendering import renderer

OVERVIEW_ROWS = 6

Sequence = Annotated[int | None, Query(ge=0, le=2**62)]
Reference = Annotated[str | None, Query(min_length=1, max_length=200)]
Digest = Annotated[str | None, Query(pattern="^[0-9a-f]{64}$")]

_NOT_FOUND = (404, "There is no such page", "Nothing has this address, or what it named is gone.")
_UNAVAILABLE = (503, "Not available now", "Something that this page needs cannot be read now.")
_SAID = {
    400: (400, "This address cannot be right", "A part of it is not what it should be."),
    404: _NOT_FOUND,
}


def create_app(plane: ControlPlane, *, hosts: Iterable[str] = ()) -> FastAPI:
    """The console of a control plane, as an ASGI application.

    It asks nobody who they are: serve it on a loopback address, or behind something that does.

    :param hosts: names by which it may be asked for besides the loopback ones.
    """
    # No generated documentation: its pages load scripts from elsewhere.
    app = FastAPI(title="Holdfast", docs_url=None, redoc_url=None, openapi_url=None)
    reading = Reading(plane)
    assets = Assets("holdfast.web", SHARED)
    render = renderer(plane, assets)
    _add_pages(app, reading, render)
    app.add_route("/static/{name}", assets.serve)
    _add_faults(app, render)
    app.add_middleware(Perimeter, hosts=(*LOOPBACK_HOSTS, *hosts))
    return app


def _add_pages(app: FastAPI, reading: Reading, render: Callable[..., HTMLResponse]) -> None:
    engine = reading.plane.engine

    @app.get("/")
    def overview() -> HTMLResponse:
        with snapshot(engine) as connection:
            shown: dict[str, Any] = {
                "vaults": reading.vaults(connection),
                "payouts": reading.payouts(connection, OVERVIEW_ROWS),
                "withdrawals": list(reading.withdrawals(connection, OVERVIEW_ROWS)),
                "log": reading.log(connection),
                "entries": reading.entries(connection, log_size(connection), OVERVIEW_ROWS),
            }
        shown |= {"signers": reading.signers(), "ledger": reading.ledger(), "log_check": reading.log_check()}
        return render("overview.html", **shown, alerts=alerts(**shown))

    @app.get("/withdrawals")
    def withdrawals(after: Reference = None) -> HTMLResponse:
        with snapshot(engine) as connection:
            rows = list(reading.withdrawals(connection, PAGE_ROWS + 1, after=after))
        return render("withdrawals.html", withdrawals=rows[:PAGE_ROWS], more=len(rows) > PAGE_ROWS, first=after is None)

    @app.get("/payouts")
    def payouts(after: Digest = None) -> HTMLResponse:
        with snapshot(engine) as connection:
            rows = reading.payouts(connection, PAGE_ROWS + 1, bytes.fromhex(after) if after else None)
        return render("payouts.html", payouts=rows[:PAGE_ROWS], more=len(rows) > PAGE_ROWS, first=after is None)

    @app.get("/log")
    def log(before: Sequence = None) -> HTMLResponse:
        with snapshot(engine) as connection:
            state = reading.log(connection)
            rows = reading.entries(connection, min(before if before is not None else state.size, state.size), PAGE_ROWS)
        return render("log.html", log=state, entries=rows, log_check=reading.log_check(), first=before is None)

    @app.get("/healthz")
    def healthz() -> Response:
        try:
            with snapshot(engine) as connection:
                size = log_size(connection)
        except HoldfastError as fault:
            return JSONResponse({"status": "unavailable", "code": fault.code}, 503)
        return JSONResponse({"status": "ok", "log_size": size})


def _add_faults(app: FastAPI, render: Callable[..., HTMLResponse]) -> None:
    def say(said: tuple[int, str, str], code: str | None = None) -> HTMLResponse:
        status, title, words = said
        return render("message.html", status_code=status, title=title, words=words, code=code)

    @app.exception_handler(HoldfastError)
    async def refused(_request: Request, fault: HoldfastError) -> HTMLResponse:
        # The code is stable and public; the message may name files and addresses of this machine.
        return say(
            _NOT_FOUND if fault.exit_status == 2 and not fault.code.startswith("store.") else _UNAVAILABLE, fault.code
        )

    @app.exception_handler(RequestValidationError)
    async def malformed(_request: Request, _fault: RequestValidationError) -> HTMLResponse:
        return say(_SAID[400])

    @app.exception_handler(HTTPException)
    async def unknown(_request: Request, fault: HTTPException) -> HTMLResponse:
        return say(_SAID.get(fault.status_code, _NOT_FOUND))
