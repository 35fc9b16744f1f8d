"""What the node remembers across restarts: every block and every accepted transaction, in order, in one file.

The kernel keeps its own databases, but flushes them only now and then; this journal is on the disk before
anybody hears of a block, so a kill at any instant loses nothing that was told.
"""

import enum
import fcntl
import os
import zlib
from collections.abc import Iterator
from pathlib import Path

from holdfast.demo.bitcoin_node.errors import JournalCorrupt, NodeDirectoryInUse

MAGIC = b"holdfast regtest journal 1\n"

# Kind (1 byte), length (4 bytes, little-endian), payload, CRC-32 of all before (4 bytes).
_HEAD_BYTES = 5
_CHECKSUM_BYTES = 4
_MAX_PAYLOAD_BYTES = 4_000_000


class Kind(enum.IntEnum):
    """What a record holds."""

    BLOCK = 1
    TRANSACTION = 2


class Journal:
    """An append-only file of checksummed records, owned by one process at a time.

    :raises NodeDirectoryInUse: another process has it open.
    :raises JournalCorrupt: the file is not a journal.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = open(path, "a+b", buffering=0)  # noqa: SIM115 - held, and locked, until close()
        try:
            self._lock()
            self._begin()
        except BaseException:
            self._file.close()
            raise

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NodeDirectoryInUse(f"another node is running on {self._path.parent}") from None

    def _begin(self) -> None:
        self._file.seek(0)
        magic = self._file.read(len(MAGIC))
        if magic == MAGIC:
            return
        if not MAGIC.startswith(magic):
            raise JournalCorrupt(f"{self._path} is not a node's journal")
        self._file.truncate(0)
        self._file.write(MAGIC)
        self.sync()

    def records(self) -> Iterator[tuple[Kind, bytes]]:
        """Every whole record, oldest first. A record torn by a crash can only be the last, and is cut off.

        :raises JournalCorrupt: a damaged record with others after it.
        """
        content = self._path.read_bytes()
        position = len(MAGIC)
        while position < len(content):
            end = position + _HEAD_BYTES + int.from_bytes(content[position + 1 : position + _HEAD_BYTES], "little")
            body, checksum = content[position:end], content[end : end + _CHECKSUM_BYTES]
            if len(body) < _HEAD_BYTES or len(checksum) < _CHECKSUM_BYTES:
                self._file.truncate(position)
                return
            if zlib.crc32(body).to_bytes(_CHECKSUM_BYTES, "little") != checksum or body[0] not in set(Kind):
                raise JournalCorrupt(f"{self._path} is damaged at byte {position}")
            yield Kind(body[0]), body[_HEAD_BYTES:]
            position = end + _CHECKSUM_BYTES

    def append(self, kind: Kind, payload: bytes) -> None:
        """Add a record; it is safe once :meth:`sync` returned."""
        if len(payload) > _MAX_PAYLOAD_BYTES:
            raise JournalCorrupt(f"a record of {len(payload)} bytes is never written")
        body = bytes([kind]) + len(payload).to_bytes(4, "little") + payload
        self._file.write(body + zlib.crc32(body).to_bytes(_CHECKSUM_BYTES, "little"))

    def sync(self) -> None:
        """Return when every record is on the disk."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Let another process have the file."""
        self._file.close()
