"""The log in the database: appending, reading, proving.

Every function works on the caller's connection, inside its transaction, so that an event and what it tells of
commit together. Appending locks the log until that transaction ends: make it the transaction's last step.
"""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, RowMapping, insert, select, tuple_, update

from holdfast.audit.errors import EntryUnknown, EventMalformed, EventUnknown, LogBroken
from holdfast.audit.events import Event, LogEntry, decode_event
from holdfast.audit.models import audit_entry, audit_head, audit_node
from holdfast.audit.tree import (
    MAX_SIZE,
    Node,
    NodeReader,
    leaf_hash,
    left_siblings,
    node_hash,
    prove_consistency,
    prove_inclusion,
)
from holdfast.encoding import EncodingError

MAX_EVENT_BYTES = 900_000
"""The largest event: with the entry around it, it stays within what canonical bytes may be."""

MAX_ENTRIES_READ = 1_000

READ_WINDOW = 256
"""How many entries a walk over the whole log holds in memory at a time."""


def append(connection: Connection, event: Event, at_s: int) -> int:
    """Add an event that happened ``at_s`` seconds after 1970; returns its sequence number, from 0 up without gaps.

    Two writers never get the same number: the second waits for the first's transaction to end. If this raises,
    roll the transaction back.

    :raises EventMalformed: the event is too large, or the time is none.
    :raises EventUnknown: not an event of this release.
    :raises EncodingError: a field holds another type than it declares.
    """
    encoded = event.encoded()
    decode_event(encoded)  # what no verifier could read must not become history
    if len(encoded) > MAX_EVENT_BYTES:
        raise EventMalformed(f"the event has {len(encoded)} bytes; at most {MAX_EVENT_BYTES} are logged")
    if type(at_s) is not int or not 0 <= at_s <= MAX_SIZE:
        raise EventMalformed("an event's time is in seconds since 1970")
    # The update is the lock: it waits for the other writer and then sees what that one committed, or, where the
    # isolation level forbids seeing it, fails as a serialization failure that the store retries.
    grown = connection.execute(
        update(audit_head).where(audit_head.c.id == 1).values(size=audit_head.c.size + 1).returning(audit_head.c.size)
    )
    sequence = _counted(grown.scalar_one_or_none()) - 1
    data = LogEntry(sequence, at_s, encoded).encoded()
    leaf = leaf_hash(data)
    connection.execute(
        insert(audit_entry).values(sequence=sequence, at_s=at_s, domain=event.DOMAIN, leaf_hash=leaf, data=data)
    )
    _complete_subtrees(connection, sequence, leaf)
    return sequence


def _complete_subtrees(connection: Connection, sequence: int, leaf: bytes) -> None:
    siblings = left_siblings(sequence)
    if not siblings:
        return
    hashes = node_reader(connection)(siblings)
    subtree, completed = leaf, []
    for sibling in siblings:
        subtree = node_hash(hashes[sibling], subtree)
        level = sibling.level + 1
        completed.append({"level": level, "position": sequence >> level, "hash": subtree})
    connection.execute(insert(audit_node), completed)


def log_size(connection: Connection) -> int:
    """How many entries the log holds."""
    return _counted(connection.execute(select(audit_head.c.size)).scalar_one_or_none())


def locked_size(connection: Connection) -> int:
    """How many entries the log holds; nobody appends until this transaction ends."""
    return _counted(connection.execute(select(audit_head.c.size).with_for_update()).scalar_one_or_none())


def _counted(size: int | None) -> int:
    if size is None:
        raise LogBroken("the log's head is missing")
    return size


def node_reader(connection: Connection) -> NodeReader:
    """The stored tree, as the port of :mod:`holdfast.audit.tree`.

    The reader raises :class:`LogBroken` for a node that should be there and is not.
    """

    def read(nodes: Iterable[Node]) -> Mapping[Node, bytes]:
        wanted = set(nodes)
        found = _leaves(connection, [node.position for node in wanted if node.level == 0])
        found |= _inner_nodes(connection, [node for node in wanted if node.level > 0])
        if missing := wanted - found.keys():
            raise LogBroken(f"the log's tree lacks its node {tuple(min(missing))} (level, position)")
        return found

    return read


def _leaves(connection: Connection, positions: list[int]) -> dict[Node, bytes]:
    if not positions:
        return {}
    query = select(audit_entry.c.sequence, audit_entry.c.leaf_hash).where(audit_entry.c.sequence.in_(positions))
    return {Node(0, row.sequence): bytes(row.leaf_hash) for row in connection.execute(query)}


def _inner_nodes(connection: Connection, nodes: list[Node]) -> dict[Node, bytes]:
    if not nodes:
        return {}
    query = select(audit_node).where(tuple_(audit_node.c.level, audit_node.c.position).in_(nodes))
    return {Node(row.level, row.position): bytes(row.hash) for row in connection.execute(query)}


def inclusion_proof(connection: Connection, index: int, size: int) -> list[bytes]:
    """The proof that entry ``index`` is in the log's first ``size`` entries; see :func:`verify_inclusion`.

    :raises EntryUnknown: beyond the log.
    """
    _require_within(connection, size)
    return prove_inclusion(index, size, node_reader(connection))


def consistency_proof(connection: Connection, old_size: int, new_size: int) -> list[bytes]:
    """The proof that the log at ``new_size`` continues the one at ``old_size``; see :func:`verify_consistency`.

    :raises EntryUnknown: beyond the log, or the old size above the new.
    """
    _require_within(connection, new_size)
    return prove_consistency(old_size, new_size, node_reader(connection))


def entry(connection: Connection, index: int) -> LogEntry:
    """One entry.

    :raises EntryUnknown: beyond the log.
    :raises LogBroken: the row does not hold a log entry of that index.
    """
    found = entries(connection, index, 1)
    if not found:
        raise EntryUnknown(f"the log has no entry {index}")
    return found[0]


def entries(connection: Connection, start: int, count: int) -> list[LogEntry]:
    """The entries from ``start``, at most ``count``; fewer at the log's end.

    :raises EntryUnknown: a start below 0, or a count that is not from 1 to :data:`MAX_ENTRIES_READ`.
    :raises LogBroken: a row does not hold the log entry that belongs there.
    """
    if start < 0 or not 1 <= count <= MAX_ENTRIES_READ:
        raise EntryUnknown(f"entries are read from 0 up, 1 to {MAX_ENTRIES_READ} at a time")
    return [opened_row(row, start + offset) for offset, row in enumerate(entry_rows(connection, start, count))]


def entry_rows(connection: Connection, start: int, count: int) -> list[RowMapping]:
    """The stored rows from ``start``, at most ``count``."""
    query = select(audit_entry).where(audit_entry.c.sequence >= start).order_by(audit_entry.c.sequence).limit(count)
    return list(connection.execute(query).mappings())


def opened_row(row: RowMapping, index: int) -> LogEntry:
    """The entry that a row holds, if it is entry ``index`` and every column agrees with its bytes.

    :raises LogBroken: it is not.
    """
    if row["sequence"] != index:
        raise LogBroken(f"entry {index} is missing from the log")
    try:
        opened = LogEntry.decoded(bytes(row["data"]))
        domain = opened.opened().DOMAIN
    except (EncodingError, EventUnknown) as fault:
        raise LogBroken(f"entry {index} of the log has been altered: {fault}") from None
    columns = (row["sequence"], row["at_s"], row["domain"], bytes(row["leaf_hash"]))
    if columns != (opened.sequence, opened.at_s, domain, leaf_hash(bytes(row["data"]))):
        raise LogBroken(f"entry {index} of the log has been altered")
    return opened


def _require_within(connection: Connection, size: int) -> None:
    if not 0 <= size <= log_size(connection):
        raise EntryUnknown(f"the log has no state of {size} entries")
