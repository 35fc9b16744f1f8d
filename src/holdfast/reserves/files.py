"""Files that are on the disk before anything says that they are there."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from holdfast.reserves.errors import EpochBusy, EpochFolderDamaged

PUBLIC_MODE, PRIVATE_MODE = 0o644, 0o600

_LOCK = ".lock"


def write_durably(path: Path, content: bytes, mode: int) -> None:
    """Write a file, over whatever an interrupted run left there."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Bring a folder's names to the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def move_durably(source: Path, target: Path) -> None:
    """Give a whole folder its name, at once."""
    source.rename(target)
    sync_folder(target.parent)


def read_bounded(path: Path, limit: int) -> bytes:
    """A file's content, at most ``limit`` bytes and one more.

    :raises EpochFolderDamaged: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError as fault:
        raise EpochFolderDamaged(f"{path} cannot be read: {fault.strerror}") from None


@contextmanager
def sole_publisher(directory: Path) -> Generator[None]:
    """Hold the folder's lock, which the system lets go of when the process ends, however it ends.

    :raises EpochBusy: another process holds it.
    :raises EpochFolderDamaged: the folder cannot be made or written to.
    """
    try:
        directory.mkdir(mode=0o755, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(directory / _LOCK, flags, PRIVATE_MODE)
    except OSError as fault:
        raise EpochFolderDamaged(f"{directory} cannot be used: {fault.strerror}") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EpochBusy(f"another process is publishing an epoch in {directory}") from None
        yield
    finally:
        os.close(descriptor)
