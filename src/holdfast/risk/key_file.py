"""The engine's key on disk: one file, its owner's alone."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from holdfast.encoding import Canonical, EncodingError
from holdfast.risk.errors import RiskKeyUnsafe

_SEED_BYTES = 32
_MAX_FILE_BYTES = 1_000


@dataclass(frozen=True, repr=False)
class _KeyFile(Canonical):
    DOMAIN = "holdfast/risk-key"

    seed: bytes


def create_risk_key(path: Path) -> Ed25519PrivateKey:
    """Make a key and keep it in a new file that only its owner reads (mode 0600), on the disk before this returns.

    :raises RiskKeyUnsafe: there is something of that name already, or it cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    try:
        _write_new(path, _KeyFile(key.private_bytes_raw()).encoded())
    except OSError as fault:
        raise RiskKeyUnsafe(f"the risk engine's key {path} cannot be written: {fault.strerror}") from None
    return key


def load_risk_key(path: Path) -> Ed25519PrivateKey:
    """The key in a file that :func:`create_risk_key` made.

    :raises RiskKeyUnsafe: no such file, a link, another's, one that others may read, or no risk engine's key.
    """
    try:
        stored = _KeyFile.decoded(_read_private(path))
    except OSError as fault:
        raise RiskKeyUnsafe(f"the risk engine's key {path} cannot be read: {fault.strerror}") from None
    except EncodingError:
        raise RiskKeyUnsafe(f"{path} does not hold a risk engine's key") from None
    if len(stored.seed) != _SEED_BYTES:
        raise RiskKeyUnsafe(f"{path} does not hold a risk engine's key")
    return Ed25519PrivateKey.from_private_bytes(stored.seed)


def _write_new(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    # The name is on the disk only when its folder is.
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read_private(path: Path) -> bytes:
    # Without O_NONBLOCK, opening a pipe that somebody left here would wait for ever.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:
        status = os.fstat(file.fileno())
        ours = status.st_uid == os.geteuid() and stat.S_ISREG(status.st_mode)
        if not ours or stat.S_IMODE(status.st_mode) & 0o077:
            raise RiskKeyUnsafe(f"the risk engine's key {path} must be a regular file of ours with mode 0600")
        return file.read(_MAX_FILE_BYTES)
