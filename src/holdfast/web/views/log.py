"""The audit log: its entries, each with its proof, and the export that anybody can verify elsewhere."""

import tempfile
from collections.abc import Iterator
from typing import IO

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from holdfast.audit import export
from holdfast.web.reading.log import log_state, proof_of, shown_entries
from holdfast.web.site import PAGE_ROWS, Site
from holdfast.web.views.parameters import EntryNumber, Sequence

EXPORT_NAME = "audit-log.jsonl"

_IN_MEMORY_BYTES = 4_000_000
_CHUNK_BYTES = 65_536


def add(app: FastAPI, site: Site) -> None:
    """The log's addresses."""

    @app.get("/log")
    def log(request: Request, before: Sequence = None) -> HTMLResponse:
        with site.reading() as connection:
            state = log_state(site.plane, connection)
            end = min(before if before is not None else state.size, state.size)
            rows = shown_entries(connection, end, PAGE_ROWS)
        checked = site.kept.log_check()
        return site.page(request, "log.html", log=state, entries=rows, log_check=checked, first=before is None)

    @app.get("/log/export")
    def log_export() -> Response:
        genesis = site.plane.genesis
        # A whole log does not fit in memory; nor may a slow reader hold the database's snapshot.
        file: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115 - closed when it is sent
        with site.reading() as connection:
            export(connection, file, genesis.log_name, genesis.log_key)  # type: ignore[arg-type]
        file.seek(0)
        headers = {"content-disposition": f'attachment; filename="{EXPORT_NAME}"'}
        return StreamingResponse(_chunks(file), media_type="application/jsonl", headers=headers)

    @app.get("/log/{sequence}")
    def log_entry(request: Request, sequence: EntryNumber) -> HTMLResponse:
        with site.reading() as connection:
            proof = proof_of(site.plane, connection, sequence)
            size = log_state(site.plane, connection).size
        return site.page(request, "entry.html", proof=proof, size=size)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk
