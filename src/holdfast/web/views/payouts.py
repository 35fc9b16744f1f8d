"""Payouts: the list, and one with its course and with the pages on which people approve it."""

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

from holdfast.authority import fingerprint_words
from holdfast.web.reading.payouts import payout_page, shown_payouts
from holdfast.web.reading.timeline import payout_timeline
from holdfast.web.site import Site
from holdfast.web.views.parameters import Digest, Intent

PAYOUT_ROWS = 25
"""The most rows of the list: each payout's intent is read whole, with all of its payments."""


def add(app: FastAPI, site: Site) -> None:
    """The payouts' addresses."""

    @app.get("/payouts")
    def payouts(request: Request, after: Digest = None) -> HTMLResponse:
        with site.reading() as connection:
            last = bytes.fromhex(after) if after else None
            rows = shown_payouts(site.plane, connection, PAYOUT_ROWS + 1, last)
        more = len(rows) > PAYOUT_ROWS
        return site.page(request, "payouts.html", payouts=rows[:PAYOUT_ROWS], more=more, first=after is None)

    @app.get("/payouts/{intent}")
    def payout(request: Request, intent: Intent) -> HTMLResponse:
        digest = bytes.fromhex(intent)
        with site.reading() as connection:
            page = payout_page(site.plane, connection, digest)
            steps = payout_timeline(site.plane, connection, page)
        words = fingerprint_words(digest).split()
        return site.page(request, "payout.html", page=page, view=page.record.view, steps=steps, words=words)
