"""Signing in and out. The page carries the passkey script and nothing of others, so that Trusted Types can be on."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from fastapi import FastAPI, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from holdfast.authority import AssertionMalformed, assertion_from_document
from holdfast.pages import CHALLENGE_BYTES, TRUSTED
from holdfast.web.access.gate import clear_cookie, cookie_name, set_cookie
from holdfast.web.access.sign_in import MAX_NAME
from holdfast.web.errors import RequestMalformed, WebError
from holdfast.web.site import Site
from holdfast.web.views.parameters import json_document

HOME = "/"


def add(app: FastAPI, site: Site) -> None:
    """The sign-in's addresses."""

    @app.get("/sign-in")
    def sign_in(request: Request, wanted: str = Query(HOME, alias="next", max_length=2_000)) -> HTMLResponse:
        page = site.page(request, "sign_in.html", next=local_path(wanted))
        page.headers["content-security-policy"] = TRUSTED
        return page

    @app.post("/sign-in/challenge")
    async def challenge(request: Request) -> Response:
        try:
            document = await json_document(request)
            name = document.get("name", "")
            # JSON can spell half a character, which no name has and no encoding takes.
            if not isinstance(name, str) or len(name) > MAX_NAME or not name.isprintable():
                raise RequestMalformed(f"a name has at most {MAX_NAME} printable characters")
            invitation = site.sign_in.invite(name)
        except WebError as refusal:
            return _refused(refusal)
        return JSONResponse(
            {
                "challenge": _base64url(invitation.challenge),
                "relying_party": invitation.relying_party,
                "credentials": [_base64url(credential) for credential in invitation.credentials],
            }
        )

    @app.post("/sign-in")
    async def accept(request: Request) -> Response:
        try:
            document = await json_document(request)
            given = _challenge(document)
            assertion = assertion_from_document(document.get("assertion"))
            token = await run_in_threadpool(site.sign_in.accept, given, assertion, _address(request))
        except (WebError, AssertionMalformed) as refusal:
            return _refused(refusal)
        # The overview comes next, and shows what takes a while to find.
        site.kept.begin()
        answer = JSONResponse({"signed_in": True})
        set_cookie(answer, site.origin, token)
        return answer

    @app.post("/sign-out")
    def sign_out(request: Request) -> Response:
        site.sessions.end(request.cookies.get(cookie_name(site.origin), ""))
        answer = RedirectResponse("/sign-in", 303)
        clear_cookie(answer, site.origin)
        return answer


def local_path(wanted: str) -> str:
    """Where to go after signing in: an address of this console, else its first page."""
    # Browsers read "//host" and "/\\host" as another site's address.
    own = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if own and not wanted.startswith("/sign-") else HOME


def _challenge(document: dict[str, Any]) -> bytes:
    text = document.get("challenge")
    try:
        challenge = urlsafe_b64decode(text + "=" * (-len(text) % 4)) if isinstance(text, str) else b""
    except ValueError:
        challenge = b""
    if len(challenge) != CHALLENGE_BYTES:
        raise RequestMalformed("the challenge is not one of ours")
    return challenge


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _refused(refusal: WebError | AssertionMalformed) -> JSONResponse:
    status = refusal.status if isinstance(refusal, WebError) else 400
    return JSONResponse({"error": {"code": refusal.code, "message": str(refusal)}}, status)
