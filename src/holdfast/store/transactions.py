"""Transactions: all or nothing, and again when only another transaction stood in the way."""

import random
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection, Engine

from holdfast.store.engine import READ_ONLY
from holdfast.store.errors import DatabaseBusy
from holdfast.store.faults import faults_named

Result = TypeVar("Result")

DEFAULT_ATTEMPTS = 8
_FIRST_PAUSE_S = 0.005


@contextmanager
def transaction(engine: Engine) -> Generator[Connection, None, None]:
    """One transaction: committed when the block ends, rolled back when it raises. Nothing is retried.

    :raises DatabaseBusy: another transaction stood in the way; :func:`run_transaction` tries again.
    :raises DatabaseUnavailable: the database went out of reach.
    :raises DatabaseCorrupt: it turned out to be damaged.
    """
    with faults_named(engine), engine.begin() as connection:
        yield connection


@contextmanager
def snapshot(engine: Engine) -> Generator[Connection, None, None]:
    """A read-only transaction that sees one moment of the database and keeps no writer waiting."""
    sqlite = engine.dialect.name == "sqlite"
    with faults_named(engine), engine.connect() as connection:
        connection.execution_options(**{READ_ONLY: True})
        if not sqlite:
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            if sqlite:
                connection.exec_driver_sql("PRAGMA query_only = ON")
            try:
                yield connection
            finally:
                if sqlite:
                    connection.exec_driver_sql("PRAGMA query_only = OFF")


def run_transaction(
    engine: Engine, work: Callable[[Connection], Result], *, attempts: int = DEFAULT_ATTEMPTS
) -> Result:
    """Run ``work`` in a transaction, again from its start after a serialization failure, deadlock or held lock.

    ``work`` must do nothing outside the database that a second run would repeat.

    :raises DatabaseBusy: every attempt met such a fault.
    """
    for attempt in range(1, attempts + 1):
        try:
            with transaction(engine) as connection:
                return work(connection)
        except DatabaseBusy:
            if attempt == attempts:
                raise
        # Random pauses keep two losers from meeting again; nothing secret depends on them.
        time.sleep(_FIRST_PAUSE_S * 2**attempt * random.random())  # noqa: S311
    raise ValueError("attempts must be at least 1")
