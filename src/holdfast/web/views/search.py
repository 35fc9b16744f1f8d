"""Search: what a text may be the beginning of, as suggestions while it is typed and as a page of its own."""

from dataclasses import dataclass
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from holdfast.audit import find_leaf, log_size
from holdfast.custody import Hit, search
from holdfast.pages import short
from holdfast.web.site import Site
from holdfast.web.views.parameters import Words

SUGGESTIONS = 5
RESULTS = 20

_KINDS = {
    "withdrawal": ("Withdrawal", "/withdrawal?reference="),
    "payout": ("Payout", "/payouts/"),
    "customer": ("Customer", "/customer?name="),
    "vault": ("Vault", "/vault?name="),
    "entry": ("Log entry", "/log/"),
}


@dataclass(frozen=True)
class Found:
    """Something that a search leads to; ``matched`` if it is found by something else than its own name."""

    kind: str
    name: str
    address: str
    matched: str | None


def add(app: FastAPI, site: Site) -> None:
    """The search's addresses."""

    @app.get("/search")
    def find(request: Request, q: Words = "") -> Response:
        found = _found(site, q, RESULTS)
        if len(found) == 1:
            return RedirectResponse(found[0].address, 303)
        return site.page(request, "search.html", query=q.strip(), found=found)

    @app.get("/search/suggestions")
    def suggest(request: Request, q: Words = "") -> HTMLResponse:
        return site.page(request, "suggestions.html", query=q.strip(), found=_found(site, q, SUGGESTIONS))


def _found(site: Site, text: str, limit: int) -> list[Found]:
    with site.reading() as connection:
        hits = [*search(connection, text, limit), *_entries(connection, text.strip())]
    return [_shown(hit) for hit in hits]


def _entries(connection: Connection, text: str) -> list[Hit]:
    """The log's entry of this number, or with this leaf hash."""
    digits = text.removeprefix("#")
    if digits.isascii() and digits.isdecimal() and len(digits) <= 15 and int(digits) < log_size(connection):
        return [Hit("entry", str(int(digits)), str(int(digits)))]
    try:
        leaf = bytes.fromhex(text) if len(text) == 64 else b""
    except ValueError:
        return []
    sequence = find_leaf(connection, leaf) if leaf else None
    return [] if sequence is None else [Hit("entry", str(sequence), text)]


def _shown(hit: Hit) -> Found:
    kind, address = _KINDS[hit.kind]
    name = short(hit.key) if hit.kind == "payout" else hit.key
    return Found(kind, name, address + quote(hit.key, safe=""), None if hit.matched == hit.key else hit.matched)
