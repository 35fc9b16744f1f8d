"""Finding entries of the log without reading all of it: by kind and time, or by a leaf's hash."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from holdfast.audit.errors import EntryUnknown
from holdfast.audit.events import Event, LogEntry
from holdfast.audit.log import MAX_ENTRIES_READ, opened_row
from holdfast.audit.models import audit_entry


def find_events(
    connection: Connection, kinds: Sequence[type[Event]], from_s: int, until_s: int | None = None, limit: int = 200
) -> list[LogEntry]:
    """The oldest entries of these kinds from ``from_s`` to ``until_s``, both included; at most ``limit``.

    Entries are found by the time that stands in them, which the writer's clock gave: not a proof of order.

    :raises EntryUnknown: a limit that is not from 1 to 1,000.
    :raises LogBroken: a row does not hold the log entry that belongs there.
    """
    if not 1 <= limit <= MAX_ENTRIES_READ:
        raise EntryUnknown(f"at most {MAX_ENTRIES_READ} entries are read at a time")
    columns = audit_entry.c
    query = select(audit_entry).where(columns.domain.in_([kind.DOMAIN for kind in kinds]), columns.at_s >= from_s)
    if until_s is not None:
        query = query.where(columns.at_s <= until_s)
    rows = connection.execute(query.order_by(columns.at_s, columns.sequence).limit(limit)).mappings()
    return [opened_row(row, row["sequence"]) for row in rows]


def find_leaf(connection: Connection, leaf_hash: bytes) -> int | None:
    """The sequence number of the entry with this leaf hash (RFC 6962, section 2.1), if there is one."""
    return connection.execute(select(audit_entry.c.sequence).where(audit_entry.c.leaf_hash == leaf_hash)).scalar()
