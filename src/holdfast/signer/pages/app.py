"""The addresses of a signer's page. Nobody signs in: whatever is done here is done by a passkey's own answer."""

import json
import re
import secrets
import unicodedata
from collections.abc import Callable
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp
from webauthn.helpers import bytes_to_base64url

from holdfast.authority import (
    NONCE_BYTES,
    OFFICER,
    Approval,
    AuthorityMalformed,
    FreezeOrder,
    RelyingParty,
    assertion_from_document,
    device_words,
    require_text,
    verify_assertion,
)
from holdfast.errors import HoldfastError
from holdfast.pages import SHARED, TRUSTED, Assets, Perimeter, age, host_of, machine_moment, moment, printed, short
from holdfast.signer.errors import InvitationInvalid, ProposalUnknown
from holdfast.signer.messages import FreezeRequest
from holdfast.signer.node import SignerNode
from holdfast.signer.pages.showing import Shown, ShownIntent, ShownRoster, show, show_all
from holdfast.signer.records import find_freeze, freezes_in_force
from holdfast.store import transaction

MAX_REASON = 200
"""The longest reason of a freeze, in characters."""

MAX_SHOWN_FREEZES = 5

_KINDS = {ShownIntent: "payout.html", ShownRoster: "roster.html"}


def create_page(node: SignerNode) -> ASGIApp:
    """The page of a signer, as an ASGI application for its own origin."""
    page = _Page(node)
    routes = [
        Route("/", page.waiting),
        Route("/intents/{subject}", page.subject),
        Route("/subjects/{subject}", page.subject),
        Route("/subjects/{subject}/approvals", page.approve, methods=["POST"]),
        Route("/freeze", page.freeze),
        Route("/freeze/order", page.freeze_order, methods=["POST"]),
        Route("/freeze", page.set_freeze, methods=["POST"]),
        Route("/enrol/{code}", page.enrol),
        Route("/enrol/{code}", page.register, methods=["POST"]),
        Route("/healthz", page.healthz),
        Route("/static/{name}", page.assets.serve),
    ]
    app = Starlette(routes=routes, exception_handlers={HoldfastError: page.refused, HTTPException: page.unknown})
    origin = node.home.identity.origin
    host = host_of(origin.split("://", 1)[-1]) or "localhost"
    return Perimeter(app, (host,), csp=TRUSTED, methods=("GET", "POST"), origins=(origin,))


class _Page:
    """The views. Each reads the node anew; a request's own parts are bounded before anything looks at them."""

    def __init__(self, node: SignerNode) -> None:
        self._node = node
        self.assets = Assets("holdfast.signer.pages", *SHARED)
        self._templates = Environment(
            loader=PackageLoader("holdfast.signer.pages"),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=printed,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(
            moment=moment, machine_moment=machine_moment, age=age, short=short, base64url=bytes_to_base64url
        )

    def _render(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        node = self._node
        with node.at_work(), transaction(node.home.engine) as connection:
            freezes = [find_freeze(connection, freeze) for freeze in freezes_in_force(connection)[:MAX_SHOWN_FREEZES]]
        html = self._templates.get_template(template).render(
            signer=node.home.identity,
            venue=node.genesis.venue,
            network=node.genesis.network,
            roster=node.roster,
            genesis_words=node.genesis.words(),
            freezes=freezes,
            now_s=node.clock.now_s(),
            assets=self.assets,
            **values,
        )
        return HTMLResponse(html, status)

    # Waiting, and one subject

    def waiting(self, _request: Request) -> Response:
        """Everything that waits here."""
        return self._render("waiting.html", lists=show_all(self._node))

    def subject(self, request: Request) -> Response:
        """One thing that waits, whole."""
        shown = show(self._node, _subject(request))
        name = _KINDS.get(type(shown), "lift.html")
        return self._render(name, shown=shown, about=shown.about, pages_left=self._pages_left(shown))

    def _pages_left(self, shown: Shown) -> list[tuple[str, str]]:
        """The pages on which nobody has approved this yet: name and address."""
        taken = {approval.signer for approval in shown.about.approvals}
        return [
            (signer.name, f"{signer.origin}{_address(shown)}")
            for signer in self._node.roster.signers
            if signer.name not in taken
        ]

    async def approve(self, request: Request) -> Response:
        """Keep a person's approval that was made on this page."""
        document, subject = await _document(request), _subject(request)

        def act() -> Response:
            with self._node.at_work():
                approval = self._node.proposals.approve(subject, assertion_from_document(document))
            about = show(self._node, subject).about
            return JSONResponse({"person": approval.person, "approved": len(about.approvals), "persons": about.persons})

        return await _acted(act)

    # Freezing

    def freeze(self, _request: Request) -> Response:
        """The page on which one officer stops everything."""
        officers = (person for person in self._node.roster.persons if OFFICER in person.roles)
        credentials = [credential.credential_id for person in officers for credential in person.credentials]
        return self._render("freeze.html", credentials=credentials)

    async def freeze_order(self, request: Request) -> Response:
        """The order that an officer would sign, for a reason: whole, and its digest."""
        document = await _document(request)

        def act() -> Response:
            order = self._order(document.get("reason"))
            return JSONResponse({"order": order.encoded().hex(), "challenge": bytes_to_base64url(order.digest())})

        return await _acted(act)

    def _order(self, reason: object) -> FreezeOrder:
        if not isinstance(reason, str):
            raise AuthorityMalformed("say why")
        # In a hurry nobody looks after blanks and the keyboard's own spelling.
        why = unicodedata.normalize("NFKC", reason[: 2 * MAX_REASON]).strip()
        why = re.sub(" +", " ", why)
        require_text(why, "the reason", MAX_REASON)
        node = self._node
        nonce = secrets.token_bytes(NONCE_BYTES)
        return FreezeOrder(node.genesis.digest(), node.home.identity.name, why, node.clock.now_s(), nonce)

    async def set_freeze(self, request: Request) -> Response:
        """Freeze, by an officer's assertion over the order, made on this page."""
        document = await _document(request)

        def act() -> Response:
            node = self._node
            try:
                order = FreezeOrder.decoded(bytes.fromhex(str(document.get("order"))[:2_000]))
            except ValueError:
                raise AuthorityMalformed("no freeze order") from None
            assertion = assertion_from_document(document.get("assertion"))
            person = node.proposals.whose(assertion.credential_id)
            own = RelyingParty(node.roster.relying_party, (node.home.identity.origin,))
            credential = next(each for each in person.credentials if each.credential_id == assertion.credential_id)
            verify_assertion(assertion, credential, own, order.digest())
            if order.signer != node.home.identity.name:
                raise AuthorityMalformed("a freeze order of another signer's page")
            node.freeze(FreezeRequest(order, Approval(person.name, assertion)))
            return JSONResponse({"person": person.name})

        return await _acted(act)

    # Registering a device

    def enrol(self, request: Request) -> Response:
        """The page on which somebody with an invitation registers a device."""
        node, code = self._node, _code(request)
        with node.at_work():
            name, challenge = node.enrolments.invited(code), node.enrolments.challenge(code)
        known = [credential.credential_id for person in node.roster.persons for credential in person.credentials]
        return self._render("enrol.html", name=name, challenge=challenge, known=known, code=code.hex())

    async def register(self, request: Request) -> Response:
        """Keep the device that was registered on this page."""
        document, code = await _document(request), _code(request)

        def act() -> Response:
            with self._node.at_work():
                credential = self._node.enrolments.register(code, document)
            return JSONResponse({"words": device_words(credential)})

        return await _acted(act)

    # The rest

    def healthz(self, _request: Request) -> Response:
        """Whether this signer answers."""
        with self._node.at_work():
            return JSONResponse({"status": "ok", "signer": self._node.home.identity.name})

    def refused(self, request: Request, fault: Exception) -> Response:
        """A refusal with its code, as a page or as JSON."""
        code = getattr(fault, "code", "signer.internal_fault")
        # What is wrong with a database may name files of this machine.
        words = "This signer cannot read its records." if code.startswith("store.") else str(fault)
        status = {1: 403, 2: 400}.get(getattr(fault, "exit_status", 3), 503)
        if isinstance(fault, ProposalUnknown | InvitationInvalid):
            status = 404
        if request.method == "POST":
            return JSONResponse({"error": {"code": code, "message": words}}, status)
        return self._render("message.html", status, title="This page cannot be shown", words=words, code=code)

    def unknown(self, request: Request, fault: Exception) -> Response:
        """No such address."""
        status = getattr(fault, "status_code", 404)
        if request.method == "POST":
            return JSONResponse({"error": {"code": "page.unknown", "message": "There is no such page."}}, status)
        return self._render(
            "message.html", status, title="There is no such page", words="Nothing has this address.", code=None
        )


def _address(shown: Shown) -> str:
    return f"/{'intents' if isinstance(shown, ShownIntent) else 'subjects'}/{shown.about.subject.hex()}"


def _subject(request: Request) -> bytes:
    return _hex(request.path_params["subject"], 32, ProposalUnknown("no digest of anything that waits here"))


def _code(request: Request) -> bytes:
    return _hex(request.path_params["code"], 16, InvitationInvalid("no invitation has this code"))


def _hex(text: str, length: int, otherwise: HoldfastError) -> bytes:
    try:
        found = bytes.fromhex(text) if len(text) == 2 * length else b""
    except ValueError:
        raise otherwise from None
    if len(found) != length:
        raise otherwise
    return found


async def _document(request: Request) -> dict[str, Any]:
    """The request's body, which is one JSON object; its size is bounded by the perimeter."""
    try:
        document = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise AuthorityMalformed("the request is not JSON") from None
    if not isinstance(document, dict):
        raise AuthorityMalformed("the request is not a JSON object")
    return document


async def _acted(act: Callable[[], Response]) -> Response:
    """Run what takes the signer's lock beside the event loop."""
    return await run_in_threadpool(act)
