"""The gate: in front of every page but the sign-in, what that needs, and the health check."""

from typing import Any
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from holdfast.pages import host_of
from holdfast.web.access.sessions import LONGEST_S, Session, Sessions
from holdfast.web.errors import SessionRequired

OPEN_PATHS = ("/sign-in", "/sign-in/challenge", "/healthz")
OPEN_PREFIX = "/static/"

_REDIRECT = "hx-redirect"


class Gate:
    """An ASGI middleware that lets signed-in people through; what it does not name as open, it closes.

    :param origin: where the console is; people who come by another of its names are sent there, since a passkey
        works on the exact origin only.
    """

    def __init__(self, app: ASGIApp, sessions: Sessions, origin: str) -> None:
        self._app = app
        self._sessions = sessions
        self._origin = origin
        self._host = host_of(urlsplit(origin).netloc)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on with the session."""
        request = Request(scope)
        answer = self._answer(request)
        await (self._app if answer is None else answer)(scope, receive, send)

    def _answer(self, request: Request) -> Response | None:
        path = request.url.path
        if path == "/healthz" or path.startswith(OPEN_PREFIX):
            return None
        if request.method == "GET" and host_of(request.headers.get("host", "")) != self._host:
            return RedirectResponse(self._origin + _local(request), 303)
        if path in OPEN_PATHS:
            return None
        try:
            token = request.cookies.get(cookie_name(self._origin), "")
            request.state.session = self._sessions.find(token, by_a_person=not _asked_by_the_page(request))
        except SessionRequired as refusal:
            return _turn_away(request, refusal)
        return None


def _asked_by_the_page(request: Request) -> bool:
    return request.method == "GET" and "hx-request" in request.headers


def _turn_away(request: Request, refusal: SessionRequired) -> Response:
    address = f"/sign-in?next={quote(_local(request), safe='')}"
    if "hx-request" in request.headers:
        # A page that refreshes a part of itself is to go as a whole; where to, its browser knows best.
        return PlainTextResponse(f"{refusal}\n", refusal.status, {_REDIRECT: "/sign-in"})
    if request.method == "GET":
        return RedirectResponse(address, 303)
    return JSONResponse({"error": {"code": refusal.code, "message": str(refusal)}}, refusal.status)


def _local(request: Request) -> str:
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{request.url.path}{query}"


def session_of(request: Request) -> Session:
    """The session that the gate found for this request.

    :raises SessionRequired: the request did not pass the gate.
    """
    session: Any = getattr(request.state, "session", None)
    if not isinstance(session, Session):
        raise SessionRequired("nobody is signed in here")
    return session


def cookie_name(origin: str) -> str:
    """The session cookie's name; over TLS one that no other host of the domain can set (RFC 6265bis, 4.1.3)."""
    return "__Host-holdfast" if origin.startswith("https:") else "holdfast-console"


def set_cookie(response: Response, origin: str, token: str) -> None:
    """Give the browser the session's token, out of reach of scripts and of other sites' requests."""
    response.set_cookie(
        cookie_name(origin),
        token,
        max_age=LONGEST_S,
        path="/",
        secure=origin.startswith("https:"),
        httponly=True,
        samesite="strict",
    )


def clear_cookie(response: Response, origin: str) -> None:
    """Have the browser forget it."""
    response.delete_cookie(
        cookie_name(origin), path="/", secure=origin.startswith("https:"), httponly=True, samesite="strict"
    )
