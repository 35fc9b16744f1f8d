"""Finding entries by kind and time, and by their leaf, without reading the whole log."""

import pytest
from sqlalchemy import Engine

from audit_events import frozen
from holdfast.audit import (
    EntryUnknown,
    FreezeSet,
    LogBroken,
    ReorgSeen,
    append,
    entry,
    find_events,
    find_leaf,
    leaf_hash,
)
from holdfast.store import snapshot, transaction

AT_S = 1_760_000_000


@pytest.fixture
def log(database: Engine) -> Engine:
    """Ten events, one a second, every other one of another kind."""
    with transaction(database) as connection:
        for number in range(10):
            event = frozen(number, "ada") if number % 2 else ReorgSeen(number, "old", "new")
            append(connection, event, AT_S + number)
    return database


def test_entries_are_found_by_kind_and_time(log: Engine) -> None:
    with snapshot(log) as connection:
        assert [each.sequence for each in find_events(connection, [FreezeSet], AT_S)] == [1, 3, 5, 7, 9]
        assert [each.sequence for each in find_events(connection, [FreezeSet], AT_S + 3, AT_S + 6)] == [3, 5]
        assert [each.sequence for each in find_events(connection, [ReorgSeen, FreezeSet], AT_S + 8)] == [8, 9]
        assert find_events(connection, [FreezeSet], AT_S + 10) == []


def test_as_many_as_are_asked_for_and_no_more(log: Engine) -> None:
    with snapshot(log) as connection:
        assert [each.sequence for each in find_events(connection, [FreezeSet], AT_S, limit=2)] == [1, 3]
        for limit in (0, 1_001):
            with pytest.raises(EntryUnknown):
                find_events(connection, [FreezeSet], AT_S, limit=limit)


def test_an_altered_entry_is_not_told(log: Engine) -> None:
    with transaction(log) as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER audit_entry_no_update")
        else:
            connection.exec_driver_sql("ALTER TABLE audit_entry DISABLE TRIGGER ALL")
        connection.exec_driver_sql("UPDATE audit_entry SET at_s = at_s + 1 WHERE sequence = 3")
    with snapshot(log) as connection, pytest.raises(LogBroken):
        find_events(connection, [FreezeSet], AT_S)


def test_an_entry_is_found_by_its_leaf(log: Engine) -> None:
    with snapshot(log) as connection:
        assert find_leaf(connection, leaf_hash(entry(connection, 6).encoded())) == 6
        assert find_leaf(connection, bytes(32)) is None
