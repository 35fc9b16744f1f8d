"""The databases' own faults, named as ours: what retrying may cure, what is damaged, what is out of reach."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from holdfast.store.errors import DatabaseBusy, DatabaseCorrupt, DatabaseUnavailable, StoreError

# SQLSTATE classes of PostgreSQL: connection, resources, operator intervention, system and internal faults.
_UNAVAILABLE_CLASSES = ("08", "53", "57", "58")
_CORRUPT_CLASSES = ("XX",)
_TRANSIENT_STATES = ("40001", "40P01")

_SQLITE_CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_SQLITE_TRANSIENT = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_SQLITE_UNAVAILABLE = (
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_PROTOCOL,
)


def _line(fault: BaseException) -> str:
    return (str(fault).strip().splitlines() or [type(fault).__name__])[0][:200]


def _primary_code(fault: sqlite3.Error) -> int:
    """SQLite's primary result code: the low byte of the extended one. 0 when the driver itself complains."""
    return getattr(fault, "sqlite_errorcode", 0) & 0xFF


def is_transient(fault: BaseException) -> bool:
    """Whether the same transaction, run again, may succeed: serialization failure, deadlock, lock held."""
    if isinstance(fault, sqlite3.Error):
        return _primary_code(fault) in _SQLITE_TRANSIENT
    return isinstance(fault, psycopg.Error) and fault.sqlstate in _TRANSIENT_STATES


def named(fault: BaseException, database: str) -> StoreError | None:
    """Our error for a driver's fault, or None where the fault is about a statement and not the database."""
    if is_transient(fault):
        return DatabaseBusy(f"other transactions stood in the way: {_line(fault)}")
    if isinstance(fault, sqlite3.Error):
        code = _primary_code(fault)
        if code in _SQLITE_CORRUPT:
            return DatabaseCorrupt(f"the database {database} is damaged: {_line(fault)}")
        if code in _SQLITE_UNAVAILABLE:
            return DatabaseUnavailable(f"the database {database} cannot be used: {_line(fault)}")
    if isinstance(fault, psycopg.Error):
        state = fault.sqlstate or ""
        if state.startswith(_CORRUPT_CLASSES):
            return DatabaseCorrupt(f"the database {database} is damaged: {_line(fault)}")
        # Without a state the server never answered, or the connection broke.
        if state.startswith(_UNAVAILABLE_CLASSES) or (not state and isinstance(fault, psycopg.OperationalError)):
            return DatabaseUnavailable(f"the database {database} cannot be reached: {_line(fault)}")
    return None


@contextmanager
def faults_named(engine: Engine) -> Generator[None, None, None]:
    """Raise the databases' own faults in a block as this package's errors; a statement's faults stay as they are.

    Not a listener on the engine: the workflow engine, on the same engine, retries the drivers' faults by itself.
    """
    try:
        yield
    except DBAPIError as fault:
        error = named(fault.orig or fault, engine.url.render_as_string(hide_password=True))
        if error is None:
            raise
        raise error from fault
