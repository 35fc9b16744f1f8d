"""Opening a database: SQLite by default, PostgreSQL in production."""

import sqlite3
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from holdfast.store.errors import DatabaseUrlInvalid, StoreError
from holdfast.store.faults import faults_named
from holdfast.store.sqlite_file import probe

READ_ONLY = "holdfast_read_only"
"""The execution option of a connection that takes no write lock; see :func:`holdfast.store.snapshot`."""

_CONNECT_TIMEOUT_S = 5


def open_engine(url: str, *, begin_immediate: bool = True) -> Engine:
    """An engine on ``sqlite:///path`` or ``postgresql://...`` that has been reached and looked over.

    :param begin_immediate: every SQLite transaction takes the write lock at its start (without it, read-then-write
        loses updates). False for an engine that another library drives by its own rules.
    :raises DatabaseUrlInvalid: another kind of database, or one in memory.
    :raises DatabaseCorrupt: a damaged, truncated or foreign file.
    :raises DatabaseUnavailable: no such folder, no permission, or no server.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "postgresql":
        return _postgresql(parsed)
    engine = _sqlite(parsed)
    if begin_immediate:
        event.listen(engine, "connect", _leave_begin_to_us)
        event.listen(engine, "begin", _begin_immediate)
    return engine


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        # The text may hold a password: it is not repeated.
        raise DatabaseUrlInvalid("not a database address: write sqlite:///path or postgresql://host/name") from None
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise DatabaseUrlInvalid(f"{parsed.get_backend_name()[:40]} is not supported: use SQLite or PostgreSQL")
    if parsed.get_backend_name() == "sqlite" and (parsed.database or ":memory:") == ":memory:":
        raise DatabaseUrlInvalid("a database in memory would be forgotten: write sqlite:///path")
    return parsed


def _sqlite(url: URL) -> Engine:
    # With fewer connections the holder of the write lock can wait for a connection that waits for the lock.
    engine = create_engine(url.set(drivername="sqlite+pysqlite"), pool_size=20, max_overflow=-1)
    event.listen(engine, "connect", _set_pragmas)
    probe(str(url.database))
    return engine


def _set_pragmas(connection: sqlite3.Connection, _record: Any) -> None:
    for pragma in (
        "busy_timeout = 30000",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        # Without it INSERT OR REPLACE deletes the old row unseen by the triggers that forbid deleting.
        "recursive_triggers = ON",
        "trusted_schema = OFF",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _leave_begin_to_us(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None


def _begin_immediate(connection: Connection) -> None:
    read_only = connection.get_execution_options().get(READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _postgresql(url: URL) -> Engine:
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=20,
        pool_pre_ping=True,
        connect_args={"connect_timeout": _CONNECT_TIMEOUT_S},
    )
    try:
        with faults_named(engine):
            engine.connect().close()
    except StoreError:
        engine.dispose()
        raise
    return engine
