"""Transactions: whole or nothing, run again when only a rival stood in the way, and snapshots."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError

from holdfast.store import DatabaseBusy, DatabaseUnavailable, open_engine, run_transaction, snapshot, transaction


@pytest.fixture
def counter(database: Engine) -> Engine:
    """A database with a table of one row: ``n`` is 0."""
    with transaction(database) as connection:
        connection.exec_driver_sql("CREATE TABLE counter (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)")
        connection.exec_driver_sql("INSERT INTO counter VALUES (1, 0)")
    return database


def read(connection: Connection) -> int:
    """The counter."""
    return int(connection.exec_driver_sql("SELECT n FROM counter").scalar() or 0)


def write(connection: Connection, n: int) -> None:
    """Set the counter."""
    connection.exec_driver_sql(f"UPDATE counter SET n = {n}")


def test_a_transaction_is_whole_or_nothing(counter: Engine) -> None:
    with transaction(counter) as connection:
        write(connection, 1)
    with pytest.raises(IntegrityError), transaction(counter) as connection:
        _write_then_fail(connection)
    with snapshot(counter) as connection:
        assert read(connection) == 1


def _write_then_fail(connection: Connection) -> None:
    write(connection, 2)
    connection.exec_driver_sql("INSERT INTO counter VALUES (1, 0)")


def test_read_then_write_loses_nothing(counter: Engine) -> None:
    def add(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
        write(connection, read(connection) + 1)

    def many(_thread: int) -> None:
        for _ in range(10):
            run_transaction(counter, add, attempts=50)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(many, range(3)))
    with snapshot(counter) as connection:
        assert read(connection) == 30


def test_a_deadlock_is_run_again(postgresql_url: str) -> None:
    engine = open_engine(postgresql_url)
    with transaction(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE pair (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)")
        connection.exec_driver_sql("INSERT INTO pair VALUES (1, 0), (2, 0)")
    both_hold_one = threading.Barrier(2, timeout=30)
    runs: list[int] = []

    def cross(first: int) -> None:
        def work(connection: Connection) -> None:
            runs.append(first)
            connection.exec_driver_sql("SET LOCAL deadlock_timeout = '20ms'")
            connection.exec_driver_sql(f"UPDATE pair SET n = n + 1 WHERE id = {first}")
            if len(runs) <= 2:
                both_hold_one.wait()
            connection.exec_driver_sql(f"UPDATE pair SET n = n + 1 WHERE id = {3 - first}")

        run_transaction(engine, work)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(cross, (1, 2)))
    with snapshot(engine) as connection:
        assert connection.exec_driver_sql("SELECT n FROM pair ORDER BY id").scalars().all() == [2, 2]
    assert len(runs) == 3
    engine.dispose()


def test_attempts_are_bounded(sqlite_url: str) -> None:
    holder, waiter = open_engine(sqlite_url), open_engine(sqlite_url)
    runs: list[int] = []

    def work(connection: Connection) -> None:
        runs.append(1)

    def impatient(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA busy_timeout = 1")

    with snapshot(waiter) as connection:
        impatient(connection)
    with transaction(holder), pytest.raises(DatabaseBusy) as fault:
        run_transaction(waiter, work, attempts=3)
    assert fault.value.exit_status == 3
    assert not runs
    run_transaction(waiter, work, attempts=3)
    assert runs == [1]
    for engine in (holder, waiter):
        engine.dispose()


def test_other_faults_are_not_run_again(counter: Engine) -> None:
    runs: list[int] = []

    def work(connection: Connection) -> None:
        runs.append(1)
        connection.exec_driver_sql("SELECT * FROM nowhere")

    with pytest.raises(DBAPIError):
        run_transaction(counter, work)
    assert runs == [1]
    with pytest.raises(ValueError, match="at least 1"):
        run_transaction(counter, work, attempts=0)


def test_a_snapshot_sees_one_moment_and_blocks_nobody(counter: Engine) -> None:
    with snapshot(counter) as before:
        assert read(before) == 0
        with transaction(counter) as connection:
            write(connection, 5)
        assert read(before) == 0
    with snapshot(counter) as after:
        assert read(after) == 5


def test_a_snapshot_writes_nothing(counter: Engine) -> None:
    with pytest.raises((DBAPIError, DatabaseUnavailable)), snapshot(counter) as connection:
        write(connection, 1)
    # Its connection writes again in the next transaction.
    for _ in range(3):
        with transaction(counter) as connection:
            write(connection, 2)
