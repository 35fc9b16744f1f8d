"""A package's own style sheets, scripts, images and fonts, each under an address that changes with its content."""

import hashlib
import importlib.resources
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".html": "text/html; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}

_IMPORTED = re.compile(rb'(?<= from "\./)[a-z_]+\.js(?=";)')

SHARED = ("holdfast.pages", "holdfast.pages.vendor")
"""The packages whose assets every page may use: the style sheet, the passkey script, the mark; and others' fonts."""


class Assets(Mapping[str, str]):
    """Maps a file's name to its address, and serves it: ``/static/NAME?v=DIGEST``, kept by browsers for a day.

    Everything is read once, at the start: nothing that is asked for is ever looked up on the disk. Scripts import each
    other by those addresses too, so that a page that is opened again asks for nothing but itself.

    :param packages: packages with a folder ``static``; the first that has a name gives it.
    """

    def __init__(self, *packages: str) -> None:
        files: dict[str, bytes] = {}
        for package in packages:
            for file in importlib.resources.files(package).joinpath("static").iterdir():
                if PurePosixPath(file.name).suffix in MEDIA_TYPES:
                    files.setdefault(file.name, file.read_bytes())
        self._contents: dict[str, bytes] = {}
        for name in files:
            self._take(name, files)

    def _take(self, name: str, files: Mapping[str, bytes]) -> str:
        """Take a file in, after the scripts that it imports; its name with its digest."""
        if name not in self._contents:
            self._contents[name] = _IMPORTED.sub(
                lambda imported: self._take(imported.group().decode(), files).encode(), files[name]
            )
        return f"{name}?v={hashlib.sha256(self._contents[name]).hexdigest()[:12]}"

    def __getitem__(self, name: str) -> str:
        """The address of a file."""
        return f"/static/{self._take(name, self._contents)}"

    def __iter__(self) -> Iterator[str]:
        return iter(self._contents)

    def __len__(self) -> int:
        return len(self._contents)

    def serve(self, request: Request) -> Response:
        """Answer ``/static/{name}``."""
        name = request.path_params["name"]
        if name not in self._contents:
            raise HTTPException(404)
        kept = "public, max-age=86400" if "v" in request.query_params else "no-cache"
        media_type = MEDIA_TYPES[PurePosixPath(name).suffix]
        return Response(self._contents[name], media_type=media_type, headers={"cache-control": kept})
