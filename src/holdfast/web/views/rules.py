"""The policy in force, in words; and the signers' health."""

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

from holdfast.audit import log_size
from holdfast.authority import fingerprint_words
from holdfast.web.reading.policy import rules_in_words
from holdfast.web.site import Site


def add(app: FastAPI, site: Site) -> None:
    """The addresses of policy and signers."""

    @app.get("/policy")
    def policy(request: Request) -> HTMLResponse:
        digest = site.plane.policy.digest()
        return site.page(
            request,
            "policy.html",
            rules=rules_in_words(site.plane.policy),
            digest_hex=digest.hex(),
            words=fingerprint_words(digest).split(),
        )

    @app.get("/signers")
    def signers(request: Request) -> HTMLResponse:
        shown = site.kept.signers()
        with site.reading() as connection:
            size = log_size(connection)
        answered = [signer.status for signer in shown if signer.status is not None]
        return site.page(
            request,
            "signers.html",
            signers=shown,
            origins={signer.name: signer.origin for signer in site.plane.roster.signers},
            size=size,
            highest={
                name: max((getattr(status, name) for status in answered), default=0)
                for name in ("roster_version", "policy_version", "screening_number")
            },
        )
