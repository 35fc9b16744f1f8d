"""The console as one application: its pages, the gate before them, the perimeter around all, faults in words."""

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from holdfast.custody import ControlPlane
from holdfast.errors import HoldfastError
from holdfast.pages import LOOPBACK_HOSTS, SCRIPTED, SHARED, Assets, Perimeter, host_of
from holdfast.web.access import Gate
from holdfast.web.errors import WebError
from holdfast.web.site import Site
from holdfast.web.views import PAGES

VENDORED = "holdfast.web.vendor"
"""Where the files of others are; their origin and licences are beside them."""

_NOT_FOUND = (404, "There is no such page", "Nothing has this address, or what it named is gone.")
_UNAVAILABLE = (503, "Not available now", "Something that this page needs cannot be read now.")
_SAID = {
    400: (400, "This address cannot be right", "A part of it is not what it should be."),
    404: _NOT_FOUND,
}


def create_app(plane: ControlPlane, *, origin: str, hosts: Iterable[str] = (), reserves: Path | None = None) -> FastAPI:
    """The console of a control plane, as an ASGI application.

    Sessions, challenges and counts of attempts are in its memory: one process serves one console.

    :param origin: where it is, exactly as browsers say it (``https://console.example``): passkeys are asked there
        only, and its host must be the roster's relying party or one of that domain.
    :param hosts: names by which it may be asked for besides the origin's and the loopback ones.
    :param reserves: the folder with the published epochs.
    """
    # No generated documentation: its pages load scripts from elsewhere.
    app = FastAPI(title="Holdfast", docs_url=None, redoc_url=None, openapi_url=None)
    assets = Assets("holdfast.web", VENDORED, *SHARED)
    site = Site(plane, origin, assets, reserves)
    for page in PAGES:
        page.add(app, site)
    app.add_route("/static/{name}", assets.serve)
    _add_faults(app, site)
    app.add_middleware(Gate, sessions=site.sessions, origin=origin)
    own = host_of(urlsplit(origin).netloc)
    names = (*LOOPBACK_HOSTS, *hosts, *((own,) if own else ()))
    app.add_middleware(Perimeter, hosts=names, csp=SCRIPTED, methods=("GET", "POST"), origins=(origin,))
    return app


def _add_faults(app: FastAPI, site: Site) -> None:
    def say(request: Request, said: tuple[int, str, str], code: str | None = None) -> HTMLResponse:
        status, title, words = said
        return site.page(request, "message.html", status_code=status, title=title, words=words, code=code)

    @app.exception_handler(WebError)
    async def declined(request: Request, refusal: WebError) -> HTMLResponse:
        return say(request, (refusal.status, "That is not possible here", f"{refusal}."), refusal.code)

    @app.exception_handler(HoldfastError)
    async def refused(request: Request, fault: HoldfastError) -> HTMLResponse:
        # The code is stable and public; the message may name files and addresses of this machine.
        missing = fault.exit_status == 2 and not fault.code.startswith("store.")
        return say(request, _NOT_FOUND if missing else _UNAVAILABLE, fault.code)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, _fault: RequestValidationError) -> HTMLResponse:
        return say(request, _SAID[400])

    @app.exception_handler(HTTPException)
    async def unknown(request: Request, fault: HTTPException) -> HTMLResponse:
        return say(request, _SAID.get(fault.status_code, _NOT_FOUND))
