"""Files that a person names: read whole, within a bound, and only if they are files."""

from pathlib import Path

from holdfast.cli.errors import FileUnreadable


def read_file(path: Path, limit: int) -> bytes:
    """A file's content, at most ``limit`` bytes and one more.

    :raises FileUnreadable: it is not there, not ours to read, or no regular file.
    """
    try:
        # Opening a pipe would wait for whoever writes to it.
        if path.exists() and not path.is_file():
            raise FileUnreadable(f"{path} is no regular file")
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError as fault:
        raise FileUnreadable(f"{path} cannot be read: {fault.strerror}") from None
