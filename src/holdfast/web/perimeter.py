"""What every answer passes: who may ask and how, the headers that bind the browser, and no fault shown inside out."""

import re
from collections.abc import Iterable, MutableMapping
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger()

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")

HEADERS: dict[bytes, bytes] = {
    # Nothing but our own style sheet and mark: no script, no frame, no form, no other site.
    b"content-security-policy": b"default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    b"form-action 'none'; frame-ancestors 'none'",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=(), publickey-credentials-get=()",
}

_HOST = re.compile(r"(?:(?P<name>[^\[\]:/@]+)|\[(?P<address>[0-9a-f:.]+)\])(?::[0-9]{1,5})?")

_TEXT = (b"content-type", b"text/plain; charset=utf-8")
_NO_STORE = (b"cache-control", b"no-store")


class Perimeter:
    """An ASGI middleware around the whole application.

    :param hosts: the names under which the page may be asked for. A page elsewhere that has its own name resolve to
        this machine (DNS rebinding) sends its own name, and is refused.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on."""
        if scope["type"] != "http":
            return
        if not self._is_own_host(scope):
            await _answer(send, 421, "This is not the name of this page.")
        elif scope["method"] != "GET":
            await _answer(send, 405, "This page is only read.", (b"allow", b"GET"))
        else:
            await self._pass_on(scope, receive, send)

    def _is_own_host(self, scope: Scope) -> bool:
        named = [value for name, value in scope["headers"] if name == b"host"]
        return len(named) == 1 and host_of(named[0].decode("latin-1")) in self._hosts

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                _bind(message)
            await send(message)

        try:
            await self._app(scope, receive, guarded)
        # The fault's text may hold anything: its kind goes to the log, and nothing of it to the browser.
        except Exception as fault:  # noqa: BLE001
            log.error("web.fault", fault=type(fault).__name__, path=scope["path"][:200])  # noqa: TRY400
            if not started:
                await _answer(send, 500, "Something went wrong here. The log of this process says what.")


def host_of(header: str) -> str | None:
    """The host of a ``Host`` header (RFC 9110, section 7.2) in lower case, without port and brackets; or None."""
    named = _HOST.fullmatch(header.lower())
    return (named["name"] or named["address"]) if named else None


def _bind(message: MutableMapping[str, Any]) -> None:
    present = {name.lower() for name, _ in message["headers"]}
    added = [*HEADERS.items(), *([] if b"cache-control" in present else [_NO_STORE])]
    message["headers"] = [*message["headers"], *added]


async def _answer(send: Send, status: int, text: str, *headers: tuple[bytes, bytes]) -> None:
    start: Message = {"type": "http.response.start", "status": status, "headers": [_TEXT, *headers]}
    _bind(start)
    await send(start)
    await send({"type": "http.response.body", "body": f"{text}\n".encode()})
