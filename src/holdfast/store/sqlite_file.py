"""Looking over a SQLite file before anything trusts it: is it whole, and is it ours?"""

import os
import sqlite3
import time
from pathlib import Path

from holdfast.store.errors import DatabaseCorrupt, DatabaseUnavailable
from holdfast.store.faults import is_transient, named

APPLICATION_ID = 0x484F4C44
"""``HOLD``: what Holdfast writes into the header of its SQLite files (``PRAGMA application_id``)."""

_HEADER = b"SQLite format 3\x00"
_PROBE_ATTEMPTS = 50
_PROBE_PAUSE_S = 0.1


def probe(path: str) -> None:
    """Create the file if there is none; otherwise refuse one that is damaged or not Holdfast's.

    :raises DatabaseCorrupt: no SQLite header, cut short, ``PRAGMA quick_check`` complains, or another program's.
    :raises DatabaseUnavailable: the file cannot be opened or created, or stays locked.
    """
    for attempt in range(1, _PROBE_ATTEMPTS + 1):
        try:
            _require_header(path)
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


def _require_header(path: str) -> None:
    """Raise unless the file starts as SQLite's do; a missing one is created, readable by its owner only."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with open(descriptor, "rb") as file:
        header = file.read(len(_HEADER))
    if header and header != _HEADER:
        raise DatabaseCorrupt(f"{path} is not a SQLite database, or its beginning is damaged")
    log = Path(f"{path}-wal")
    # SQLite would take an empty file for a new database and drop the log with the last transactions.
    if not header and log.exists() and log.stat().st_size > 0:
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
