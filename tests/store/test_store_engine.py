"""Opening databases: what is accepted, and one clear line for what is not."""

import shutil
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from holdfast.errors import HoldfastError
from holdfast.store import (
    DatabaseCorrupt,
    DatabaseUnavailable,
    DatabaseUrlInvalid,
    open_engine,
    transaction,
    upgrade,
)


def refused(path: Path) -> HoldfastError:
    """The error that opening the file meets; the file stays as it is."""
    before = path.read_bytes()
    with pytest.raises(HoldfastError) as fault:
        open_engine(f"sqlite:///{path}")
    assert path.read_bytes() == before
    assert "\n" not in str(fault.value)
    return fault.value


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A database file of many pages, all checkpointed."""
    path = tmp_path / "filled.db"
    engine = open_engine(f"sqlite:///{path}")
    with transaction(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE pages (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT")
        for _ in range(50):
            connection.exec_driver_sql("INSERT INTO pages (body) VALUES (hex(randomblob(2000)))")
    engine.dispose()
    return path


def test_pragmas(sqlite_database: Engine) -> None:
    with sqlite_database.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers", "busy_timeout")
        }
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "recursive_triggers": 1,
        "busy_timeout": 30_000,
    }


def test_a_whole_file_opens_again(filled: Path) -> None:
    open_engine(f"sqlite:///{filled}").dispose()


def test_a_new_file_is_its_owners_only(tmp_path: Path) -> None:
    open_engine(f"sqlite:///{tmp_path / 'new.db'}").dispose()
    assert stat.S_IMODE((tmp_path / "new.db").stat().st_mode) == 0o600


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear customer, this is not a database.")
    assert refused(path).code == "store.corrupt"


@pytest.mark.parametrize("keep", [10, 100, 4096, 4096 * 7, 4096 * 7 + 13])
def test_a_truncated_file(filled: Path, keep: int) -> None:
    filled.write_bytes(filled.read_bytes()[:keep])
    assert refused(filled).code == "store.corrupt"


def test_a_damaged_page(filled: Path) -> None:
    content = bytearray(filled.read_bytes())
    content[4096 * 3 : 4096 * 3 + 64] = bytes(64)
    filled.write_bytes(content)
    assert refused(filled).code == "store.corrupt"


def test_a_file_emptied_beside_its_log(tmp_path: Path) -> None:
    path = tmp_path / "holdfast.db"
    engine = open_engine(f"sqlite:///{path}")
    with transaction(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE things (id INTEGER)")
    # As after a crash: the log is there, the file's content is not.
    copy = tmp_path / "copy.db"
    copy.touch()
    shutil.copy(f"{path}-wal", f"{copy}-wal")
    engine.dispose()
    assert "cut short" in str(refused(copy))


def test_another_programs_database(tmp_path: Path) -> None:
    for number, statement in enumerate(("CREATE TABLE things (id INTEGER)", "PRAGMA application_id = 7")):
        path = tmp_path / f"other{number}.db"
        other = sqlite3.connect(path)
        other.execute(statement)
        other.commit()
        other.close()
        assert "another program's" in str(refused(path))


def test_a_file_damaged_while_open(filled: Path) -> None:
    engine = open_engine(f"sqlite:///{filled}")
    content = filled.read_bytes()
    filled.write_bytes(b"x" * len(content))
    with pytest.raises(DatabaseCorrupt), transaction(engine) as connection:
        connection.exec_driver_sql("SELECT count(*) FROM pages").scalar()
    engine.dispose()


def test_places_where_no_database_can_be(tmp_path: Path) -> None:
    for path in (tmp_path / "missing" / "holdfast.db", tmp_path):
        with pytest.raises(DatabaseUnavailable) as fault:
            open_engine(f"sqlite:///{path}")
        assert (fault.value.code, fault.value.exit_status) == ("store.unavailable", 3)


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    for begin_immediate in (True, False):
        with pytest.raises(DatabaseUnavailable) as fault:
            open_engine(f"postgresql://me:secret@/holdfast?host={tmp_path}", begin_immediate=begin_immediate)
        assert fault.value.exit_status == 3
        assert "secret" not in str(fault.value)
        assert "\n" not in str(fault.value)


def cut(connection: Connection, killer: Engine) -> None:
    """Have the server end a connection, and use it."""
    pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
    with transaction(killer) as other:
        other.exec_driver_sql(f"SELECT pg_terminate_backend({pid})")
    connection.exec_driver_sql("SELECT 1")


def test_a_server_that_goes_away(empty_postgresql_url: str) -> None:
    engine, killer = open_engine(empty_postgresql_url), open_engine(empty_postgresql_url)
    with pytest.raises(DatabaseUnavailable), transaction(engine) as connection:
        cut(connection, killer)
    # Whoever drives the engine by itself meets the driver's own fault, and may try again.
    with pytest.raises(OperationalError), engine.connect() as connection:
        cut(connection, killer)
    with transaction(engine) as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    engine.dispose()
    killer.dispose()


@pytest.mark.parametrize("url", ["", "holdfast.db", "mysql://host/db", "sqlite://", "sqlite:///:memory:", "sqlite:"])
def test_addresses_that_are_refused(url: str) -> None:
    with pytest.raises(DatabaseUrlInvalid) as fault:
        open_engine(url)
    assert (fault.value.code, fault.value.exit_status) == ("store.url_invalid", 2)


OPEN_AND_UPGRADE = """
import sys
from holdfast.store import open_engine, require_current, upgrade
engine = open_engine(sys.argv[1])
upgrade(engine)
require_current(engine)
"""


def test_processes_may_set_up_one_database_together(empty_database_url: str) -> None:
    command = [sys.executable, "-c", OPEN_AND_UPGRADE, empty_database_url]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    upgrade(engine := open_engine(empty_database_url))
    engine.dispose()
