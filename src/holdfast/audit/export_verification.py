"""Verifying an exported log from the file alone, in one pass and constant memory."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from holdfast.audit.checkpoints import Checkpoint, open_checkpoint, verify_cosignatures
from holdfast.audit.errors import (
    CheckpointForged,
    CosignaturesTooFew,
    EntriesAltered,
    EntryMissing,
    EntryOutOfOrder,
    ExportMalformed,
    ExportTruncated,
    NoteMalformed,
)
from holdfast.audit.events import LogEntry
from holdfast.audit.exports import FORMAT, VERSION
from holdfast.audit.notes import decode_base64
from holdfast.audit.tree import Frontier, leaf_hash
from holdfast.encoding import EncodingError

MAX_LINE_BYTES = 1_500_000
"""The longest line that is read: base64 of the largest canonical bytes, with room to spare."""


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What a verified export holds.

    ``log_key_pinned`` is false when the key was taken from the file itself: then the file agrees with itself, but
    anyone could have written it. ``cosigned_at_s`` says which of the given cosigners signed ``last``, and when.
    """

    origin: str
    log_public_key: bytes
    log_key_pinned: bool
    entries: int
    checkpoints: int
    last: Checkpoint
    cosigned_at_s: Mapping[str, int]


def verify_export(
    path: Path,
    *,
    log_key: bytes | None,
    cosigners: Mapping[str, bytes] | None = None,
    minimum_cosigners: int = 0,
    known: Checkpoint | None = None,
) -> ExportReport:
    """Check every entry and checkpoint of an exported log.

    :param log_key: the log's public key from a source that is not this file; None trusts the file's own.
    :param cosigners: names and public keys of the cosigners, from such a source too.
    :param minimum_cosigners: how many of them, by distinct keys, must have signed the last checkpoint.
    :param known: a state of the log seen elsewhere, which the file must contain. Without one, a file that ends at an
        older checkpoint than the newest is a true, older export.
    :raises ExportMalformed: not such a file, or it cannot be read.
    :raises ExportTruncated: it ends too early.
    :raises EntryMissing, EntryOutOfOrder, EntriesAltered: the history is not the signed one.
    :raises EventUnknown: an event that this release does not know.
    :raises CheckpointForged, CosignatureInvalid: a false signature of the log, or of one of the cosigners.
    :raises CosignaturesTooFew: fewer than ``minimum_cosigners``.
    """
    try:
        # A pipe would have us wait for ever.
        if path.exists() and not path.is_file():
            raise ExportMalformed(f"{path} is no regular file")
        with path.open("rb") as file:
            origin, stated_key = _header(file)
            replay = _Replay(origin, stated_key if log_key is None else log_key, cosigners or {}, known)
            for where, kind, content in _records(file):
                replay.read(where, kind, content)
    except OSError as fault:
        raise ExportMalformed(f"{path} cannot be read: {fault.strerror}") from None
    last = replay.finished()
    cosigned_at_s = replay.cosigned_at_s
    distinct = {replay.cosigners[name] for name in cosigned_at_s}
    if len(distinct) < minimum_cosigners:
        raise CosignaturesTooFew(f"{len(distinct)} cosigners signed the last checkpoint; {minimum_cosigners} must have")
    return ExportReport(
        origin, replay.log_key, log_key is not None, replay.tree.size, replay.checkpoints, last, cosigned_at_s
    )


class _Replay:
    """The log as far as the file has told it."""

    def __init__(self, origin: str, log_key: bytes, cosigners: Mapping[str, bytes], known: Checkpoint | None) -> None:
        self.origin = origin
        self.log_key = log_key
        self.cosigners = cosigners
        self.tree = Frontier()
        self.checkpoints = 0
        self.cosigned_at_s: Mapping[str, int] = {}
        if known is not None and known.origin != origin:
            raise CheckpointForged(f"an export of the log {origin!r}, not of {known.origin!r}")
        self._known = known
        self._last: Checkpoint | None = None

    def read(self, where: str, kind: str, content: str) -> None:
        """Take the next line."""
        if kind == "entry":
            self._read_entry(where, content)
        elif kind == "checkpoint":
            self._read_checkpoint(where, content)
        else:
            raise ExportMalformed(f"{where}: neither an entry nor a checkpoint")

    def finished(self) -> Checkpoint:
        """The last checkpoint, if it closes the file and the file reaches what was known before."""
        if self._last is None or self._last.size != self.tree.size:
            raise ExportTruncated(
                f"the file ends after entry {self.tree.size - 1}, without a checkpoint that covers it"
            )
        if self._known is not None and self._known.size > self.tree.size:
            raise ExportTruncated(f"the file has {self.tree.size} entries; {self._known.size} are known to exist")
        return self._last

    def _read_entry(self, where: str, content: str) -> None:
        try:
            encoded = decode_base64(content)
        except NoteMalformed:
            raise ExportMalformed(f"{where}: an entry is not base64") from None
        try:
            entry = LogEntry.decoded(encoded)
            entry.opened()
        except EncodingError as fault:
            raise EntriesAltered(f"{where}: entry {self.tree.size} is not a log entry: {fault}") from None
        if entry.sequence > self.tree.size:
            raise EntryMissing(f"{where}: entry {entry.sequence} stands where entry {self.tree.size} belongs")
        if entry.sequence < self.tree.size:
            raise EntryOutOfOrder(f"{where}: entry {entry.sequence} comes after entry {self.tree.size - 1}")
        self.tree.append(leaf_hash(encoded))
        self._compare_known()

    def _compare_known(self) -> None:
        if self._known is not None and self._known.size == self.tree.size and self._known.root != self.tree.root():
            raise EntriesAltered(f"the first {self.tree.size} entries are not those that were known before")

    def _read_checkpoint(self, where: str, note: str) -> None:
        checkpoint = open_checkpoint(note, self.origin, self.log_key)
        size = self.tree.size
        if checkpoint.size > size:
            raise EntryMissing(f"{where}: a checkpoint of {checkpoint.size} entries after only {size}")
        if checkpoint.size < size or (self._last is not None and self._last.size == size):
            raise EntryOutOfOrder(f"{where}: a checkpoint of {checkpoint.size} entries comes late, or again")
        if checkpoint.root != self.tree.root():
            since = 0 if self._last is None else self._last.size
            raise EntriesAltered(f"{where}: entries {since} to {size - 1} are not those that the checkpoint signed")
        self.cosigned_at_s = verify_cosignatures(note, self.cosigners)
        self.checkpoints += 1
        self._last = checkpoint


def _header(file: BinaryIO) -> tuple[str, bytes]:
    header = _parsed(file, "line 1")
    match header:
        # To Python, true is an integer too.
        case {"format": str(name), "version": int(version), "origin": str(origin), "log_key": str(key), **others} if (
            type(version) is int
        ):
            pass
        case _:
            raise ExportMalformed("line 1: not the header of an audit export")
    if name != FORMAT or version != VERSION or others:
        raise ExportMalformed(f"line 1: not an audit export of version {VERSION}")
    try:
        return origin, decode_base64(key)
    except NoteMalformed:
        raise ExportMalformed("line 1: the log's key is not base64") from None


def _records(file: BinaryIO) -> Iterator[tuple[str, str, str]]:
    """Every line after the header: where it stands, its one key, and that key's text."""
    number = 2
    while (parsed := _parsed(file, f"line {number}")) is not None:
        ((kind, content), *others) = parsed.items() or [("", "")]
        if others or not isinstance(content, str):
            raise ExportMalformed(f"line {number}: a line is an entry or a checkpoint")
        yield f"line {number}", kind, content
        number += 1


def _parsed(file: BinaryIO, where: str) -> dict[str, object] | None:
    """The object on the next line, or None at the end of the file."""
    line = file.readline(MAX_LINE_BYTES + 1)
    if not line:
        return None
    if len(line) > MAX_LINE_BYTES:
        raise ExportMalformed(f"{where}: longer than {MAX_LINE_BYTES} bytes")
    if not line.endswith(b"\n"):
        raise ExportTruncated(f"{where}: the file ends within it")
    try:
        parsed = json.loads(line, object_pairs_hook=_without_repetition)
    # Nested deep enough, a short line exhausts the parser's stack.
    except (ValueError, RecursionError):
        raise ExportMalformed(f"{where}: not a JSON object") from None
    if not isinstance(parsed, dict):
        raise ExportMalformed(f"{where}: not a JSON object")
    return parsed


def _without_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object, unless a key comes twice: two readers could each see another value."""
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a repeated key")
    return dict(pairs)
