"""What the console changes: it plans payouts and cancels withdrawals. Neither moves a coin: approvals do, elsewhere."""

import re
from collections.abc import Callable
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from holdfast.custody import cancel_withdrawal, plan_payout
from holdfast.errors import HoldfastError
from holdfast.pages import NO_NUL
from holdfast.web.access import require_may_act, session_of
from holdfast.web.errors import RequestMalformed
from holdfast.web.site import Site
from holdfast.web.views.parameters import form_fields

log = structlog.get_logger()


def add(app: FastAPI, site: Site) -> None:
    """The actions' addresses: forms post to them, and are then sent on to what they made."""

    @app.post("/payouts")
    async def plan(request: Request) -> Response:
        person = session_of(request).person
        require_may_act(person)
        fields = await form_fields(request)
        vault = _field(fields, "vault")
        references = [_field(fields, "reference")] if "reference" in fields else None

        def work() -> str:
            intent = plan_payout(site.plane, vault, references).digest()
            log.info("web.payout_planned", person=person.name, vault=vault, intent=intent.hex())
            return f"/payouts/{intent.hex()}"

        return await _done(site, request, "No payout was planned", work)

    @app.post("/withdrawal/cancel")
    async def cancel(request: Request) -> Response:
        person = session_of(request).person
        require_may_act(person)
        reference = _field(await form_fields(request), "reference")

        def work() -> str:
            cancel_withdrawal(site.plane, reference)
            log.info("web.withdrawal_cancelled", person=person.name, reference=reference)
            return f"/withdrawal?reference={quote(reference, safe='')}"

        return await _done(site, request, "The withdrawal was not cancelled", work)


async def _done(site: Site, request: Request, otherwise: str, work: Callable[[], str]) -> Response:
    """Go on to the address of what was made, or say why nothing was."""
    try:
        return RedirectResponse(await run_in_threadpool(work), 303)
    except HoldfastError as refusal:
        status = 503 if refusal.exit_status == 3 else 409
        return site.page(
            request, "message.html", status_code=status, title=otherwise, words=str(refusal), code=refusal.code
        )


def _field(fields: dict[str, str], name: str) -> str:
    value = fields.get(name, "")
    if not 1 <= len(value) <= 200 or not re.fullmatch(NO_NUL, value):
        raise RequestMalformed(f"the form lacks its field {name}")
    return value
