"""Reserves: the published epochs, and their public files for whoever wants to check them."""

from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.exceptions import HTTPException

from holdfast.reserves import EpochUnknown, EpochView, epoch_view, epoch_views
from holdfast.web.site import Site
from holdfast.web.views.parameters import EpochNumber

MAX_EPOCHS_SHOWN = 20
MAX_FILES_SHOWN = 200


def add(app: FastAPI, site: Site) -> None:
    """The reserves' addresses."""

    @app.get("/reserves")
    def reserves(request: Request) -> HTMLResponse:
        epochs = [] if site.reserves is None else epoch_views(site.reserves, MAX_EPOCHS_SHOWN)
        return site.page(request, "reserves.html", epochs=epochs)

    @app.get("/reserves/{epoch}")
    def reserve_epoch(request: Request, epoch: EpochNumber) -> HTMLResponse:
        view = _epoch(site, epoch)
        return site.page(request, "reserve_epoch.html", epoch=view, files=_files(view.public))

    @app.get("/reserves/{epoch}/{name}")
    def reserve_file(epoch: EpochNumber, name: str) -> Response:
        # Only a name from the folder's own list is opened, so that no name leads out of it.
        for path, _ in _files(_epoch(site, epoch).public):
            if path.name == name:
                headers = {"content-disposition": f'attachment; filename="{path.name}"'}
                return FileResponse(path, media_type="application/octet-stream", headers=headers)
        raise HTTPException(404)


def _epoch(site: Site, epoch: int) -> EpochView:
    try:
        if site.reserves is not None:
            return epoch_view(site.reserves, epoch)
    except EpochUnknown:
        pass
    raise HTTPException(404)


def _files(public: Path) -> list[tuple[Path, int]]:
    """The plain files of an epoch's public folder, with their sizes."""
    files = (path for path in sorted(public.iterdir()) if path.is_file() and not path.is_symlink())
    return [(path, path.stat().st_size) for path, _ in zip(files, range(MAX_FILES_SHOWN), strict=False)]
