"""What servers share: one process a folder, a word when they are ready, an orderly end."""

import fcntl
import json
import os
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from holdfast.cli.errors import AlreadyServing, FileUnavailable
from holdfast.cli.output import print_lines

LOCK = "serving.lock"


@contextmanager
def sole_process(folder: Path) -> Generator[None]:
    """Hold the folder's lock, which the system lets go of when the process ends, however it ends.

    :raises AlreadyServing: another process holds it.
    :raises FileUnavailable: the folder cannot be written to.
    """
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as fault:
        raise FileUnavailable(f"{folder} cannot be served: {fault.strerror}") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyServing(f"another process serves {folder}") from None
        yield
    finally:
        os.close(descriptor)


def _end(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


@contextmanager
def ended_by_sigterm() -> Generator[None]:
    """Turn SIGTERM into an orderly end with status 0, which is what a service manager's stop should be."""
    previous = signal.signal(signal.SIGTERM, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def announce(address: str, *, as_json: bool) -> None:
    """Say on stdout where the server listens, once it does."""
    if as_json:
        sys.stdout.write(json.dumps({"event": "serving", "address": address}) + "\n")
        sys.stdout.flush()
    else:
        print_lines(f"serving {address}")
