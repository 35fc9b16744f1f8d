"""What every answer passes: who may ask and how, the headers that bind the browser, and no fault shown inside out."""

import re
from collections.abc import Iterable, MutableMapping
from typing import Any

import structlog
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger()

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")

MAX_BODY_BYTES = 65_536
"""The largest request body that a page of ours takes."""

_OWN_FILES = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)

READ_ONLY = f"{_OWN_FILES}; form-action 'none'"
"""The content security policy of pages without scripts and forms."""

SCRIPTED = f"{_OWN_FILES}; form-action 'self'; script-src 'self'; connect-src 'self'"
"""The same for pages with scripts of their own, which may swap in what the server sends as markup."""

TRUSTED = f"{SCRIPTED}; require-trusted-types-for 'script'; trusted-types 'none'"
"""The same for pages whose scripts call the authenticator: no script there can turn text into markup or code."""

HEADERS: dict[bytes, bytes] = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=(), payment=(), usb=(), "
    b"publickey-credentials-get=(self), publickey-credentials-create=(self)",
}

_TLS_ONLY = {b"strict-transport-security": b"max-age=31536000"}

_HOST = re.compile(r"(?:(?P<name>[^\[\]:/@]+)|\[(?P<address>[0-9a-f:.]+)\])(?::[0-9]{1,5})?")

_TEXT = (b"content-type", b"text/plain; charset=utf-8")
_NO_STORE = (b"cache-control", b"no-store")


class Perimeter:
    """An ASGI middleware around a whole application.

    What changes anything is asked for from the page itself: a request that is no GET names its origin, and that origin
    is the page's, or where that is not known, this host. Bodies are bounded, and a fault of ours is shown as nothing
    but that.

    :param hosts: the names under which the page may be asked for. A page elsewhere that has its own name resolve to
        this machine (DNS rebinding) sends its own name, and is refused.
    :param csp: the content security policy of every answer that names none itself.
    :param origins: the exact origins at which the page is found, where they are known: what changes anything is asked
        from there only. If all are over TLS, browsers are told never to come without it (HSTS, RFC 6797).
    :param methods: what may be asked at all.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: Iterable[str],
        *,
        csp: str = READ_ONLY,
        methods: Iterable[str] = ("GET",),
        origins: Iterable[str] = (),
    ) -> None:
        self._app = app
        self._origins = tuple(origins)
        over_tls = bool(self._origins) and all(origin.startswith("https://") for origin in self._origins)
        self._headers = HEADERS | (_TLS_ONLY if over_tls else {})
        self._hosts = frozenset(host.lower() for host in hosts)
        self._csp = csp.encode()
        self._methods = tuple(methods)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on."""
        if scope["type"] != "http":
            return
        refusal = self._refusal(scope)
        if refusal is None:
            await self._pass_on(scope, receive, send)
        else:
            status, text, headers = refusal
            await self._answer(send, status, text, *headers)

    def _refusal(self, scope: Scope) -> tuple[int, str, tuple[tuple[bytes, bytes], ...]] | None:
        host = _only(scope, b"host")
        if host is None or host_of(host) not in self._hosts:
            return 421, "This is not the name of this page.", ()
        if scope["method"] not in self._methods:
            words = "This page is only read." if self._methods == ("GET",) else "This cannot be asked of this page."
            return 405, words, ((b"allow", ", ".join(self._methods).encode()),)
        # A form or script of another site can send a request here, but not in this origin's name.
        own = self._origins or (f"http://{host}", f"https://{host}")
        if scope["method"] != "GET" and _only(scope, b"origin") not in own:
            return 403, "This can only be asked from the page itself.", ()
        length = _only(scope, b"content-length") or "0"
        if not length.isdecimal() or int(length[:9]) > MAX_BODY_BYTES:
            return 413, "This is more than the page takes.", ()
        return None

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        started, received = False, 0

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._bind(message)
            await send(message)

        async def bounded() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > MAX_BODY_BYTES:
                raise HTTPException(413)
            return message

        try:
            await self._app(scope, bounded, guarded)
        # The fault's text may hold anything: its kind goes to the log, and nothing of it to the browser.
        except Exception as fault:  # noqa: BLE001
            log.error("web.fault", fault=type(fault).__name__, path=scope["path"][:200])  # noqa: TRY400
            if not started:
                await self._answer(send, 500, "Something went wrong here. The log of this process says what.")

    def _bind(self, message: MutableMapping[str, Any]) -> None:
        present = {name.lower() for name, _ in message["headers"]}
        defaults = ((b"content-security-policy", self._csp), _NO_STORE)
        added = [*self._headers.items(), *(header for header in defaults if header[0] not in present)]
        message["headers"] = [*message["headers"], *added]

    async def _answer(self, send: Send, status: int, text: str, *headers: tuple[bytes, bytes]) -> None:
        start: Message = {"type": "http.response.start", "status": status, "headers": [_TEXT, *headers]}
        self._bind(start)
        await send(start)
        await send({"type": "http.response.body", "body": f"{text}\n".encode()})


def _only(scope: Scope, wanted: bytes) -> str | None:
    """The value of a header that is there exactly once."""
    named = [value for name, value in scope["headers"] if name == wanted]
    return named[0].decode("latin-1") if len(named) == 1 else None


def host_of(header: str) -> str | None:
    """The host of a ``Host`` header (RFC 9110, section 7.2) in lower case, without port and brackets; or None."""
    named = _HOST.fullmatch(header.lower())
    return (named["name"] or named["address"]) if named else None
