"""Looking over a SQLite file before anything trusts it: is it whole, and is it ours?"""

import os
import sqlite3
import time
from contextlib import suppress
from pathlib import Path

from holdfast.store.errors import DatabaseCorrupt, DatabaseUnavailable
from holdfast.store.faults import is_transient, named

APPLICATION_ID = 0x484F4C44
"""``HOLD``: what Holdfast writes into the header of its SQLite files (``PRAGMA application_id``)."""

_PROBE_ATTEMPTS = 50
_PROBE_PAUSE_S = 0.1


def probe(path: str) -> None:
    """Create the file if there is none; otherwise refuse one that is damaged or not Holdfast's.

    :raises DatabaseCorrupt: no SQLite header, cut short, ``PRAGMA quick_check`` complains, or another program's.
    :raises DatabaseUnavailable: the file cannot be opened or created, or stays locked.
    """
    for attempt in range(1, _PROBE_ATTEMPTS + 1):
        try:
            _require_file(path)
            _look_over(path)
        except sqlite3.Error as fault:
            # Several processes may set up one new file; switching to WAL does not wait for locks by itself.
            if is_transient(fault) and attempt < _PROBE_ATTEMPTS:
                time.sleep(_PROBE_PAUSE_S)
                continue
            unnamed = DatabaseUnavailable(f"the database {path} cannot be opened: {fault}")
            raise named(fault, path) or unnamed from fault
        except OSError as fault:
            raise DatabaseUnavailable(f"the database {path} cannot be opened: {fault.strerror}") from fault
        return


def _require_file(path: str) -> None:
    """Create the file, readable by its owner only, if there is none; refuse one that was cut to nothing.

    A file that exists is never opened here: POSIX cancels all of a process's locks on a file when the process closes
    any descriptor of it, and with them those of SQLite's connections that are open in this very process. Another
    process that closes the database then takes itself for the last one and deletes the write-ahead log in use
    (https://sqlite.org/howtocorrupt.html, section 2.2).
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    log = Path(f"{path}-wal")
    # SQLite would take an empty file for a new database and drop the log with the last transactions.
    if Path(path).stat().st_size == 0 and log.exists() and log.stat().st_size > 0:
        raise DatabaseCorrupt(f"{path} is empty, but its write-ahead log is not: the file was cut short")


def _look_over(path: str) -> None:
    connection = sqlite3.connect(path, timeout=30, isolation_level=None)
    try:
        (problem,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if problem != "ok":
            raise DatabaseCorrupt(f"the database {path} is damaged: {' '.join(problem.split())[:200]}")
        (identity,) = connection.execute("PRAGMA application_id").fetchone()
        if identity != APPLICATION_ID:
            _claim_if_new(connection, path)
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()


def _claim_if_new(connection: sqlite3.Connection, path: str) -> None:
    connection.execute("BEGIN IMMEDIATE")
    (identity,) = connection.execute("PRAGMA application_id").fetchone()
    (objects,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if identity != APPLICATION_ID and (identity or objects):
        raise DatabaseCorrupt(f"{path} is another program's database, not one of Holdfast's")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("COMMIT")
