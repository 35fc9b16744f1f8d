"""A second engine on one SQLite file in one process must not cost the first one its locks, and with them its log."""

import subprocess
import sys
from pathlib import Path

from sqlalchemy import text

from holdfast.store import open_engine, transaction

READ_ELSEWHERE = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
print(*connection.execute("SELECT count(*) FROM item").fetchone())
connection.close()
"""


def counted_elsewhere(path: Path) -> int:
    """How many items another process sees, which opens and closes the database."""
    seen = subprocess.run([sys.executable, "-c", READ_ELSEWHERE, str(path)], capture_output=True, check=True, text=True)
    return int(seen.stdout)


def test_what_is_written_after_a_second_engine_came_and_went_is_seen_by_other_processes(tmp_path: Path) -> None:
    path = tmp_path / "items.db"
    first = open_engine(f"sqlite:///{path}")
    with transaction(first) as connection:
        connection.execute(text("CREATE TABLE item (id INTEGER PRIMARY KEY)"))
    open_engine(f"sqlite:///{path}").dispose()
    # Were the locks gone, this process would take itself for the last one and delete the log under the first.
    assert counted_elsewhere(path) == 0
    with transaction(first) as connection:
        connection.execute(text("INSERT INTO item DEFAULT VALUES"))
    assert counted_elsewhere(path) == 1
    first.dispose()
