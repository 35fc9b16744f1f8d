"""The audit log as pages show it: its state, its entries in words, and one entry with its proof."""

import dataclasses
from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.audit import (
    AuditError,
    Checkpoint,
    Event,
    LogBroken,
    LogEntry,
    entries,
    entry,
    inclusion_proof,
    latest_checkpoint,
    leaf_hash,
    log_size,
    open_checkpoint,
    verify_cosignatures,
    verify_inclusion,
)
from holdfast.custody import ControlPlane
from holdfast.pages import count
from holdfast.web.words import Told, tell

ALTERED = Told("This entry has been altered in the database: it is not what was logged", "bad", LogBroken.code)

MAX_SHOWN_BYTES = 4_096
"""The most bytes of a field that a page shows; the export has all of them."""


@dataclass(frozen=True)
class ShownEntry:
    """An entry of the log in words."""

    sequence: int
    at_s: int | None
    told: Told


@dataclass(frozen=True)
class ShownLog:
    """The log's state: its size, its newest checkpoint and who has cosigned that; ``code``: what is wrong with it."""

    size: int
    checkpoint: Checkpoint | None
    cosigners: tuple[str, ...]
    code: str | None = None


@dataclass(frozen=True)
class ShownProof:
    """An entry's fields, its leaf hash, and the path from it to the newest checkpoint's root, verified.

    Without a checkpoint that covers the entry, ``path`` is None.
    """

    entry: ShownEntry
    kind: str
    fields: tuple[tuple[str, str], ...]
    leaf: bytes
    data: bytes
    checkpoint: Checkpoint | None
    path: tuple[bytes, ...] | None


def cosigner_keys(plane: ControlPlane) -> dict[str, bytes]:
    """The signers' keys, by which checkpoints are cosigned."""
    return {signer.name: signer.signing_key for signer in plane.roster.signers}


def log_state(plane: ControlPlane, connection: Connection) -> ShownLog:
    """The log's state. A forged checkpoint is shown as such: it is what people look here for."""
    size = log_size(connection)
    try:
        note = latest_checkpoint(connection)
        if note is None:
            return ShownLog(size, None, ())
        checkpoint = open_checkpoint(note, plane.genesis.log_name, plane.genesis.log_key)
        cosigned = verify_cosignatures(note, cosigner_keys(plane))
    except AuditError as fault:
        return ShownLog(size, None, (), fault.code)
    return ShownLog(size, checkpoint, tuple(sorted(cosigned)))


def shown_entries(connection: Connection, before: int, count: int) -> list[ShownEntry]:
    """The entries below sequence ``before``, newest first, at most ``count``."""
    start = max(0, before - count)
    if before <= start:
        return []
    try:
        found = entries(connection, start, before - start)
        return [shown(each) for each in reversed(found)]
    except LogBroken:
        return [_shown_or_altered(connection, sequence) for sequence in reversed(range(start, before))]


def shown(logged: LogEntry) -> ShownEntry:
    """An entry in words."""
    return ShownEntry(logged.sequence, logged.at_s, tell(logged.opened()))


def _shown_or_altered(connection: Connection, sequence: int) -> ShownEntry:
    try:
        return shown(entry(connection, sequence))
    except AuditError:
        return ShownEntry(sequence, None, ALTERED)


def proof_of(plane: ControlPlane, connection: Connection, sequence: int) -> ShownProof:
    """One entry with its inclusion proof, which is verified before it is shown.

    :raises EntryUnknown: beyond the log.
    :raises LogBroken, InclusionProofInvalid: the row, or the tree above it, has been altered.
    """
    logged = entry(connection, sequence)
    event, data = logged.opened(), logged.encoded()
    checkpoint = log_state(plane, connection).checkpoint
    path = None
    if checkpoint is not None and sequence < checkpoint.size:
        hashes = inclusion_proof(connection, sequence, checkpoint.size)
        verify_inclusion(leaf_hash(data), sequence, checkpoint.size, hashes, checkpoint.root)
        path = tuple(hashes)
    return ShownProof(
        entry=shown(logged),
        kind=event.DOMAIN,
        fields=tuple(_fields(event)),
        leaf=leaf_hash(data),
        data=data[:MAX_SHOWN_BYTES],
        checkpoint=checkpoint,
        path=path,
    )


def _fields(event: Event) -> list[tuple[str, str]]:
    return [(field.name, _text(getattr(event, field.name))) for field in dataclasses.fields(event)]


def _text(value: object) -> str:
    if isinstance(value, bytes):
        more = f" … ({count(len(value))} bytes)" if len(value) > MAX_SHOWN_BYTES else ""
        return value[:MAX_SHOWN_BYTES].hex() + more
    return str(value)
