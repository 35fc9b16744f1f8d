"""The published epochs, as a customer's page gives them out: the files as they are, and the customer's own proof."""

from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse

from holdfast.demo.exchange.exchange import Exchange
from holdfast.demo.exchange.forms import Document, Epoch
from holdfast.reserves import MANIFEST, PUBLISHED_FILES, EpochUnknown, EpochView, epoch_views, prove, public_folder

SHOWN_EPOCHS = 12

PROOF = "proof.json"

_JSON = "application/json"
_MEDIA_TYPES = {
    ".json": _JSON,
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".py": "text/x-python; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
}


def epochs_document(reserves: Path) -> list[Document]:
    """The newest epochs in short, newest first."""
    return [_shown(view) for view in epoch_views(reserves, SHOWN_EPOCHS)]


def _shown(view: EpochView) -> Document:
    return {
        "epoch": view.epoch,
        "at_s": view.at_s,
        "super_root": view.super_root.hex(),
        "height": view.block.height,
        "assets": [
            {"asset": cover.asset, "liabilities": cover.liabilities.on_page(), "coins": cover.coins.on_page()}
            for cover in view.assets
        ],
    }


def add_published_files(app: FastAPI, exchange: Exchange) -> None:
    """Every epoch's public files for anybody, and for who is signed in their own proof."""

    @app.get(f"/reserves/{{epoch}}/{PROOF}")
    def proof(request: Request, epoch: Epoch) -> Response:
        return Response(prove(exchange.reserves, exchange.customer(request), epoch), media_type=_JSON)

    @app.get("/reserves/{epoch}/{name}")
    def published(epoch: Epoch, name: str) -> Response:
        if name not in (MANIFEST, *PUBLISHED_FILES):
            raise EpochUnknown("no epoch has a file of this name")
        # Not through the manifest: a large one takes long to read, and anybody may ask.
        path = public_folder(exchange.reserves, epoch) / name
        if not path.is_file():
            raise EpochUnknown("this epoch was published without this file")
        return FileResponse(path, media_type=_MEDIA_TYPES[path.suffix])
