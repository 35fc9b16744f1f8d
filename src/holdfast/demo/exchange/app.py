"""The example exchange as an ASGI application: its pages, what their scripts ask, and how a refusal is told."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException

from holdfast.custody import ControlPlane
from holdfast.demo.exchange.accounts import Accounts, Place
from holdfast.demo.exchange.errors import RequestMalformed
from holdfast.demo.exchange.exchange import Exchange
from holdfast.demo.exchange.orders import Orders
from holdfast.demo.exchange.published import add_published_files
from holdfast.demo.exchange.rendering import renderer
from holdfast.demo.exchange.routes import add_account_routes, add_pages, add_withdrawal_routes
from holdfast.demo.exchange.sessions import Sessions
from holdfast.demo.exchange.simulated import add_simulated_routes
from holdfast.demo.exchange.simulation import Simulation
from holdfast.demo.exchange.words import said
from holdfast.errors import HoldfastError
from holdfast.pages import SHARED, TRUSTED, Assets, Perimeter

HOST = "localhost"
"""The only name that the page is asked for: passkeys are bound to it."""

_NOT_FOUND = "There is no such page"


def create_exchange(
    plane: ControlPlane,
    place: Place,
    reserves: Path,
    *,
    simulation: Simulation | None = None,
    console: str = "",
) -> Perimeter:
    """The customers' page of an example exchange.

    :param reserves: the folder of the published epochs.
    :param simulation: the demonstration's stand-ins; without one the page has none of their buttons and addresses.
    :param console: where the house's console is, for visitors of the demonstration.
    """
    # No generated documentation: its pages load scripts from elsewhere.
    app = FastAPI(title="Example exchange", docs_url=None, redoc_url=None, openapi_url=None)
    assets = Assets(__package__, *SHARED)
    exchange = Exchange(
        plane=plane,
        place=place,
        sessions=Sessions(plane.clock),
        accounts=Accounts(plane, place),
        orders=Orders(plane, place),
        reserves=reserves,
        simulation=simulation,
        console=console,
    )
    render = renderer(plane, assets)
    add_pages(app, exchange, render)
    add_account_routes(app, exchange)
    add_withdrawal_routes(app, exchange)
    add_published_files(app, exchange)
    if simulation is not None:
        add_simulated_routes(app, exchange, simulation)
    app.add_route("/static/{name}", assets.serve)
    # Pages that name no icon, such as the published verifier, are given this one.
    app.add_route("/favicon.ico", lambda _request: RedirectResponse(assets["exchange-mark.svg"]))
    _add_faults(app, render)
    own = plane.genesis.customer_pages().origins
    return Perimeter(app, (HOST,), csp=TRUSTED, methods=("GET", "POST"), origins=own)


def _add_faults(app: FastAPI, render: Callable[..., Response]) -> None:
    @app.exception_handler(HoldfastError)
    async def refused(request: Request, fault: HoldfastError) -> Response:
        told = said(fault)
        if _is_for_people(request):
            return render("message.html", status_code=told.status, title="Not possible", told=told)
        return JSONResponse({"error": {"code": told.code, "message": told.words}}, told.status)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, _fault: RequestValidationError) -> Response:
        return await refused(request, RequestMalformed("this is not what the page asks"))

    @app.exception_handler(HTTPException)
    async def unknown(request: Request, fault: HTTPException) -> Response:
        if _is_for_people(request):
            return render("message.html", status_code=fault.status_code, title=_NOT_FOUND, told=None)
        words: dict[str, Any] = {"code": "exchange.refused", "message": "There is no such thing here."}
        return JSONResponse({"error": words}, fault.status_code)


def _is_for_people(request: Request) -> bool:
    return request.method == "GET" and not request.url.path.endswith(".json")
