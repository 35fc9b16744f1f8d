"""Where a process could die: after every write to any of its databases, and after every commit of one.

Nothing here lists the writes of any flow: whatever SQLAlchemy sends to whatever engine is seen, ours and the
workflow engine's alike.
"""

import re
import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.default import DefaultDialect

_WRITE = re.compile(r"\s*(?:WITH\b.*?\)\s*)?(INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(\S+)", re.IGNORECASE | re.DOTALL)


def observe_writes(act: Callable[[str], None]) -> None:
    """From now on and in this whole process, call ``act`` after every write and every commit of writes.

    ``act`` is told the write, ``INSERT INTO payout`` or ``COMMIT after INSERT INTO payout`` (the transaction's first
    write). One call at a time, from any thread.
    """
    # Of this observer alone: several may watch one process.
    turn, wrote = threading.Lock(), object()

    def reach(point: str) -> None:
        with turn:
            act(point)

    @event.listens_for(Engine, "after_cursor_execute")
    def executed(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        written = _WRITE.match(statement)
        if written:
            point = f"{written[1]} {written[2]}".replace('"', "")
            connection.info.setdefault(wrote, point)
            reach(point)

    @event.listens_for(Engine, "rollback")
    def rolled_back(connection: Connection) -> None:
        connection.info.pop(wrote, None)

    # The commit event comes before the commit; the dialect's own method returns after it.
    original = DefaultDialect.do_commit

    def do_commit(dialect: DefaultDialect, connection: Any) -> None:
        original(dialect, connection)  # type: ignore[no-untyped-call]
        first_write = connection.info.pop(wrote, None)
        if first_write is not None:
            reach(f"COMMIT after {first_write}")

    DefaultDialect.do_commit = do_commit  # type: ignore[method-assign]
