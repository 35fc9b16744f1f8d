"""Writing the log to a file that can be verified without the database, by this project's verifier or another's.

JSON Lines, one object a line, in the log's own order: a header, then entries, with each signed checkpoint after the
last entry that it covers. ``docs/internals/audit-log.md`` has the format.
"""

import base64
import json
from typing import BinaryIO

from sqlalchemy import Connection, select

from holdfast.audit.checkpoints import open_checkpoint
from holdfast.audit.errors import CheckpointUnknown, LogBroken
from holdfast.audit.log import READ_WINDOW, entry_rows
from holdfast.audit.models import audit_checkpoint
from holdfast.audit.publication import cosigned_checkpoint, latest_checkpoint

FORMAT = "holdfast/audit-export"
VERSION = 1


def export(connection: Connection, stream: BinaryIO, log_name: str, log_public_key: bytes) -> int:
    """Write the log up to its newest checkpoint; returns how many entries that are.

    Run it in :func:`holdfast.store.snapshot`. Entries that no checkpoint covers yet are left out: sign one first.
    Nothing is verified here but the newest checkpoint's signature.

    :raises CheckpointUnknown: no checkpoint was signed yet.
    :raises CheckpointForged: the newest checkpoint is not by this log and key.
    :raises LogBroken: an entry is missing.
    """
    newest = latest_checkpoint(connection)
    if newest is None:
        raise CheckpointUnknown("the log has no checkpoint yet: there is nothing to export")
    size = open_checkpoint(newest, log_name, log_public_key).size
    key = base64.b64encode(log_public_key).decode()
    _write(stream, {"format": FORMAT, "version": VERSION, "origin": log_name, "log_key": key})
    if 0 in _checkpoint_sizes(connection, 0, 0):
        _write(stream, {"checkpoint": cosigned_checkpoint(connection, 0)})
    for start in range(0, size, READ_WINDOW):
        _write_entries(connection, stream, start, min(size, start + READ_WINDOW))
    return size


def _write_entries(connection: Connection, stream: BinaryIO, start: int, end: int) -> None:
    checkpoints = _checkpoint_sizes(connection, start + 1, end)
    rows = entry_rows(connection, start, end - start)
    for index in range(start, end):
        if index - start >= len(rows) or rows[index - start]["sequence"] != index:
            raise LogBroken(f"entry {index} is missing from the log")
        _write(stream, {"entry": base64.b64encode(bytes(rows[index - start]["data"])).decode()})
        if index + 1 in checkpoints:
            _write(stream, {"checkpoint": cosigned_checkpoint(connection, index + 1)})


def _checkpoint_sizes(connection: Connection, smallest: int, largest: int) -> set[int]:
    query = select(audit_checkpoint.c.size).where(audit_checkpoint.c.size.between(smallest, largest))
    return set(connection.execute(query).scalars())


def _write(stream: BinaryIO, record: dict[str, str | int]) -> None:
    stream.write(json.dumps(record, separators=(",", ":")).encode() + b"\n")
