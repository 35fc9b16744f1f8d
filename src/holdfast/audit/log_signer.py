"""The log's own signing key, kept in a file that only its owner can read."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, NoReturn, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from holdfast.audit.checkpoints import Checkpoint, sign_checkpoint
from holdfast.audit.errors import KeyFileExists, KeyFileUnsafe, KeyMalformed
from holdfast.audit.notes import raw_public_key, require_name
from holdfast.encoding import Canonical, EncodingError
from holdfast.store import read_private, write_new_private

_MAX_FILE_BYTES = 1_024
_SEED_BYTES = 32


@dataclass(frozen=True)
class _KeyFile(Canonical):
    """What the file holds, as canonical bytes."""

    DOMAIN: ClassVar[str] = "holdfast/log-key"
    name: str
    seed: bytes = field(repr=False)


class LogSigner:
    """Signs the checkpoints of the log ``name``; the key never leaves it.

    The key proves only that this log spoke. That it did not speak twice is what cosigners are for.
    """

    __slots__ = ("_key", "name", "public_key")

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        self.name = require_name(name)
        self.public_key = raw_public_key(key)
        self._key = key

    def __repr__(self) -> str:
        return f"<LogSigner {self.name} redacted>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a log's key is not pickled or copied")

    def sign(self, checkpoint: Checkpoint) -> str:
        """The checkpoint as a signed note.

        :raises KeyMalformed: the checkpoint is of a log with another name.
        """
        if checkpoint.origin != self.name:
            raise KeyMalformed(f"the key of {self.name!r} does not sign for {checkpoint.origin!r}")
        return sign_checkpoint(checkpoint, self._key)

    @classmethod
    def create(cls, path: Path, name: str) -> Self:
        """A new key in a new file of mode 0600, on the disk before this returns.

        :raises KeyFileExists: there is a file already.
        :raises KeyFileUnsafe: the file cannot be written.
        """
        key = Ed25519PrivateKey.generate()
        signer = cls(name, key)
        try:
            write_new_private(path, _KeyFile(name, key.private_bytes_raw()).encoded())
        except FileExistsError:
            raise KeyFileExists(f"there is a log key at {path} already") from None
        except OSError as fault:
            raise KeyFileUnsafe(f"the log key {path} cannot be written: {fault.strerror}") from None
        return signer

    @classmethod
    def load(cls, path: Path) -> Self:
        """The key in a file that :meth:`create` wrote.

        :raises KeyFileUnsafe: no such file, a link, another's, or one that others may read or write.
        :raises KeyMalformed: it holds no log key.
        """
        try:
            content = read_private(path, _MAX_FILE_BYTES)
        except OSError as fault:
            raise KeyFileUnsafe(f"the log key {path} cannot be read: {fault.strerror}") from None
        try:
            stored = _KeyFile.decoded(content)
        except EncodingError:
            raise KeyMalformed(f"{path} does not hold a log key") from None
        if len(stored.seed) != _SEED_BYTES:
            raise KeyMalformed(f"{path} does not hold a log key")
        return cls(stored.name, Ed25519PrivateKey.from_private_bytes(stored.seed))
