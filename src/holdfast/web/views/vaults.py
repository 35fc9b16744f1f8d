"""Vaults: what each holds, and whose signatures it takes."""

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

from holdfast.web.reading.vaults import shown_assets, shown_vaults, vault_page
from holdfast.web.site import Site
from holdfast.web.views.parameters import Reference


def add(app: FastAPI, site: Site) -> None:
    """The vaults' addresses."""

    @app.get("/vaults")
    def vaults(request: Request) -> HTMLResponse:
        signers = site.kept.signers()
        with site.reading() as connection:
            rows = shown_vaults(connection, signers)
            holdings = shown_assets(connection, rows)
        return site.page(request, "vaults.html", vaults=rows, holdings=holdings, signers=signers)

    @app.get("/vault")
    def vault(request: Request, name: Reference) -> HTMLResponse:
        signers = site.kept.signers()
        with site.reading() as connection:
            page = vault_page(site.plane, connection, name, signers)
        return site.page(request, "vault.html", page=page, vault=page.vault, signers=signers)
