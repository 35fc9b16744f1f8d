"""A page that does nothing but register passkeys and have one digest approved: what browsers do, seen by our checks."""

import json
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from webauthn.helpers import bytes_to_base64url

from holdfast.authority import (
    AuthorityError,
    Credential,
    RelyingParty,
    assertion_from_document,
    credential_from_document,
    verify_assertion,
)
from holdfast.pages import LOOPBACK_HOSTS, SHARED, TRUSTED, Assets, Perimeter

DIGEST = bytes(range(32))
"""What is approved."""

_HTML = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<link rel="icon" href="{mark}">
<title>A passkey</title>
<main>
  <h1>A passkey</h1>
  <p><button id="register">Register</button> <button id="approve">Approve</button></p>
  <p id="said" role="status"></p>
</main>
<script type="module" src="/page.js"></script>
"""

_SCRIPT = """
import { post, register, sign, whyNot } from "./static/passkey.js";

const said = document.getElementById("said");

const on = (id, ask) => document.getElementById(id).addEventListener("click", async () => {
  said.textContent = "";
  const { challenge, credentials } = await (await fetch("/challenge")).json();
  try {
    const answer = await ask(challenge, credentials);
    said.textContent = (await post("/" + id, answer)).said;
  } catch (fault) {
    said.textContent = fault instanceof DOMException ? whyNot(fault) : `${fault.code}: ${fault.message}`;
  }
});

on("register", (challenge) => register({ challenge, rpId: "localhost", rpName: "A page", name: "ada" }));
on("approve", (challenge, credentials) => sign({ challenge, rpId: "localhost", credentials }));
"""


class PasskeyPage:
    """The page's server, and whom it knows.

    :param origins: the pinned origins.
    """

    def __init__(self, *origins: str) -> None:
        self.pages = RelyingParty("localhost", origins)
        self.credential: Credential | None = None
        self.asks_by_name = True
        assets = Assets(*SHARED)
        html = _HTML.format(mark=assets["mark.svg"])
        routes = [
            Route("/", lambda _: HTMLResponse(html)),
            Route("/page.js", lambda _: Response(_SCRIPT, media_type="text/javascript")),
            Route("/static/{name}", assets.serve),
            Route("/challenge", self._challenge),
            Route("/register", self._register, methods=["POST"]),
            Route("/approve", self._approve, methods=["POST"]),
        ]
        self.app = Perimeter(Starlette(routes=routes), LOOPBACK_HOSTS, csp=TRUSTED, methods=("GET", "POST"))

    def _challenge(self, _request: Request) -> Response:
        known = [self.credential.credential_id] if self.credential and self.asks_by_name else []
        return JSONResponse({"challenge": bytes_to_base64url(DIGEST), "credentials": [*map(bytes_to_base64url, known)]})

    async def _register(self, request: Request) -> Response:
        return await _answered(self._registered, await request.body())

    async def _approve(self, request: Request) -> Response:
        return await _answered(self._approved, await request.body())

    def _registered(self, document: object) -> str:
        self.credential = credential_from_document(document, DIGEST, self.pages)
        return "Registered."

    def _approved(self, document: object) -> str:
        assert self.credential is not None
        facts = verify_assertion(assertion_from_document(document), self.credential, self.pages, DIGEST)
        return f"Approved on {facts.origin}, answer number {facts.sign_count}."


async def _answered(check: Callable[[object], str], body: bytes) -> Response:
    try:
        return JSONResponse({"said": await run_in_threadpool(check, json.loads(body))})
    except AuthorityError as refused:
        return JSONResponse({"error": {"code": refused.code, "message": str(refused)}}, 403)
