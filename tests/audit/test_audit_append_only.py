"""The databases themselves refuse to change the log."""

import sqlite3

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from holdfast.store import open_engine, transaction

TABLES = ("audit_entry", "audit_node", "audit_checkpoint", "audit_cosignature")
INSERT_ENTRY = "INSERT INTO audit_entry (sequence, at_s, domain, leaf_hash, data) VALUES ({}, 1, 'x', '', '')"


@pytest.fixture
def armed_log(grown_log: Engine) -> Engine:
    """A log with a row in every table; the cosignature's line is of no matter here."""
    with transaction(grown_log) as connection:
        connection.exec_driver_sql("INSERT INTO audit_cosignature (size, name, line) VALUES (8, 'x', 'y')")
    return grown_log


def refuses(log: Engine, statement: str) -> None:
    with pytest.raises(IntegrityError), transaction(log) as connection:
        connection.exec_driver_sql(spelled_for(log, statement))


def spelled_for(log: Engine, statement: str) -> str:
    """Empty bytes are text to PostgreSQL's parser, and must not be to SQLite's strict tables."""
    return statement.replace("''", "x''") if log.dialect.name == "sqlite" else statement


def test_rows_are_never_deleted(armed_log: Engine) -> None:
    for table in (*TABLES, "audit_head"):
        refuses(armed_log, f"DELETE FROM {table}")


def test_rows_are_never_changed(armed_log: Engine) -> None:
    for change in (
        "audit_entry SET at_s = at_s + 1",
        "audit_entry SET sequence = sequence + 100",
        "audit_node SET position = position + 100",
        "audit_checkpoint SET note = 'other'",
        "audit_cosignature SET line = 'other'",
        "audit_head SET size = size - 1",
        "audit_head SET size = size + 2",
        "audit_head SET size = size",
        "audit_head SET id = 2",
    ):
        refuses(armed_log, f"UPDATE {change}")


def test_inserts_out_of_order_are_refused(armed_log: Engine) -> None:
    for statement in (
        INSERT_ENTRY.format(20),
        INSERT_ENTRY.format(22),
        INSERT_ENTRY.format(-1),
        "INSERT INTO audit_node (level, position, hash) VALUES (1, 0, '')",
        "INSERT INTO audit_checkpoint (size, note) VALUES (8, 'again')",
        "INSERT INTO audit_checkpoint (size, note) VALUES (20, 'late')",
        "INSERT INTO audit_checkpoint (size, note) VALUES (22, 'early')",
        "INSERT INTO audit_cosignature (size, name, line) VALUES (8, 'x', 'again')",
        "INSERT INTO audit_cosignature (size, name, line) VALUES (9, 'x', 'unsigned')",
        "INSERT INTO audit_head (id, size) VALUES (2, 0)",
    ):
        refuses(armed_log, statement)


def test_an_entry_in_order_is_accepted(armed_log: Engine) -> None:
    """So the refusals above are for the order and not for something else in the statement."""
    with transaction(armed_log) as connection:
        connection.exec_driver_sql(spelled_for(armed_log, INSERT_ENTRY.format(21)))


def test_postgresql_truncates_nothing(postgresql_url: str) -> None:
    engine = open_engine(postgresql_url)
    for table in (*TABLES, "audit_head"):
        refuses(engine, f"TRUNCATE {table}")
    engine.dispose()


@pytest.mark.parametrize(
    "row",
    [
        "audit_head (id, size) VALUES (1, 0)",
        "audit_entry (sequence, at_s, domain, leaf_hash, data) VALUES (20, 1, 'x', x'', x'')",
        "audit_node (level, position, hash) VALUES (1, 0, x'')",
        "audit_checkpoint (size, note) VALUES (21, 'other')",
    ],
)
def test_sqlite_replaces_nothing_even_where_recursive_triggers_are_off(sqlite_url: str, row: str) -> None:
    """A program that opens the file by itself has SQLite's defaults, under which REPLACE deletes unseen."""
    connection = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
    for number in range(21):
        connection.execute("UPDATE audit_head SET size = size + 1")
        connection.execute(INSERT_ENTRY.format(number).replace("''", "x''"))
    connection.execute("INSERT INTO audit_node (level, position, hash) VALUES (1, 0, x'')")
    connection.execute("INSERT INTO audit_checkpoint (size, note) VALUES (21, 'note')")
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(f"INSERT OR REPLACE INTO {row}")
    connection.close()
