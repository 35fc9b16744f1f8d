"""Files that only their owner reads: keys and sealed identities. Errors are the system's own, for callers to name."""

import errno
import os
import stat
from pathlib import Path


def write_new_private(path: Path, content: bytes) -> None:
    """Write a new file of mode 0600, on the disk before this returns.

    :raises FileExistsError: something of that name is there already, be it a link.
    :raises OSError: it cannot be written.
    """
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


def read_private(path: Path, max_bytes: int) -> bytes:
    """At most ``max_bytes`` of a file that :func:`write_new_private` made.

    :raises OSError: no such file, a link, or (EPERM) not a regular file of ours with mode 0600.
    """
    # Without O_NONBLOCK, opening a pipe that somebody left here would wait for ever.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:
        status = os.fstat(file.fileno())
        ours = status.st_uid == os.geteuid() and stat.S_ISREG(status.st_mode)
        if not ours or stat.S_IMODE(status.st_mode) & 0o077:
            raise OSError(errno.EPERM, "it must be a regular file of ours with mode 0600")
        return file.read(max_bytes)
