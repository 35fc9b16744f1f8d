"""Checking the whole stored log against itself: every entry, every node of the tree, every signed checkpoint."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, or_, select

from holdfast.audit.checkpoints import Checkpoint, add_signature, open_checkpoint, verify_cosignature
from holdfast.audit.errors import AuditError, LogBroken
from holdfast.audit.log import READ_WINDOW, entry_rows, log_size, opened_row
from holdfast.audit.models import audit_checkpoint, audit_cosignature, audit_entry, audit_node
from holdfast.audit.tree import Frontier, Node


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What a check that found nothing wrong has covered.

    ``last`` is the newest signed checkpoint; for the entries after it, up to ``entries``, no signature vouches yet.
    ``cosignatures`` counts those verified, under the keys that were given.
    """

    entries: int
    checkpoints: int
    cosignatures: int
    last: Checkpoint | None


def audit(
    connection: Connection, log_name: str, log_public_key: bytes, cosigners: Mapping[str, bytes] | None = None
) -> AuditReport:
    """Rebuild the tree from the entries and compare everything that is stored with it.

    Run it in :func:`holdfast.store.snapshot`, so that it sees one state and stops no writer. A log cut back to an
    older state of its own agrees with itself: only a checkpoint kept elsewhere, as cosigners do, reveals that.

    :param cosigners: names and public keys of those whose stored cosignatures are verified too.
    :raises LogBroken: naming the first entry, node, checkpoint or cosignature that is wrong.
    """
    size = log_size(connection)
    comparison = _Comparison(connection, log_name, log_public_key, cosigners or {})
    comparison.compare_checkpoint(comparison.notes(0, 0))
    while comparison.tree.size < size:
        comparison.compare_entries(min(size, comparison.tree.size + READ_WINDOW))
    _refuse_surplus(connection, size)
    return AuditReport(size, comparison.checkpoints, comparison.cosignatures, comparison.last)


class _Comparison:
    """The tree as the entries read so far make it, and what has been compared with it."""

    def __init__(
        self, connection: Connection, log_name: str, log_public_key: bytes, cosigners: Mapping[str, bytes]
    ) -> None:
        self._connection = connection
        self._log_name = log_name
        self._log_public_key = log_public_key
        self._cosigners = cosigners
        self.tree = Frontier()
        self.checkpoints = 0
        self.cosignatures = 0
        self.last: Checkpoint | None = None

    def notes(self, start: int, end: int) -> dict[int, str]:
        """The stored checkpoints of these sizes, both included."""
        query = select(audit_checkpoint).where(audit_checkpoint.c.size.between(start, end))
        return {row.size: row.note for row in self._connection.execute(query)}

    def compare_entries(self, end: int) -> None:
        """Read the entries up to ``end``; compare the nodes and the checkpoints that they complete."""
        start = self.tree.size
        nodes = _nodes_completed(self._connection, start, end)
        notes = self.notes(start + 1, end)
        rows = entry_rows(self._connection, start, end - start)
        for index in range(start, end):
            if index - start >= len(rows):
                raise LogBroken(f"entry {index} is missing from the log")
            row = rows[index - start]
            opened_row(row, index)
            for node, expected in self.tree.append(bytes(row["leaf_hash"])):
                if nodes.get(node) != expected:
                    raise LogBroken(f"the tree's node {tuple(node)} (level, position) does not match its entries")
            self.compare_checkpoint(notes)

    def compare_checkpoint(self, notes: Mapping[int, str]) -> None:
        """Compare the checkpoint of the present size, if there is one, with the tree."""
        size = self.tree.size
        if size not in notes:
            return
        try:
            checkpoint = open_checkpoint(notes[size], self._log_name, self._log_public_key)
            self._verify_cosignatures(size, notes[size])
        except AuditError as fault:
            raise LogBroken(f"the checkpoint of {size} entries: {fault}") from fault
        if (checkpoint.size, checkpoint.root) != (size, self.tree.root()):
            since = 0 if self.last is None else self.last.size
            raise LogBroken(f"the checkpoint of {size} entries: entries {since} to {size - 1} are not those it signed")
        self.checkpoints += 1
        self.last = checkpoint

    def _verify_cosignatures(self, size: int, note: str) -> None:
        query = select(audit_cosignature).where(audit_cosignature.c.size == size).order_by(audit_cosignature.c.name)
        for row in self._connection.execute(query):
            if row.name in self._cosigners:
                verify_cosignature(add_signature(note, row.line), row.name, self._cosigners[row.name])
                self.cosignatures += 1


def _nodes_completed(connection: Connection, start: int, end: int) -> dict[Node, bytes]:
    """The stored inner nodes that a tree growing from ``start`` to ``end`` leaves completes."""
    levels = range(1, end.bit_length())
    completed = [
        and_(audit_node.c.level == level, audit_node.c.position.between(start >> level, (end >> level) - 1))
        for level in levels
        if start >> level < end >> level
    ]
    if not completed:
        return {}
    rows = connection.execute(select(audit_node).where(or_(*completed)))
    return {Node(row.level, row.position): bytes(row.hash) for row in rows}


def _refuse_surplus(connection: Connection, size: int) -> None:
    """Refuse rows that lie beyond the log's end, where nothing above has looked."""
    beyond = {
        "entry": select(audit_entry.c.sequence).where(or_(audit_entry.c.sequence < 0, audit_entry.c.sequence >= size)),
        "checkpoint": select(audit_checkpoint.c.size).where(
            or_(audit_checkpoint.c.size < 0, audit_checkpoint.c.size > size)
        ),
        "cosignature": select(audit_cosignature.c.size).where(
            audit_cosignature.c.size.not_in(select(audit_checkpoint.c.size))
        ),
    }
    for what, query in beyond.items():
        if (number := connection.execute(query.limit(1)).scalar()) is not None:
            raise LogBroken(f"a surplus {what} {number}: the log has {size} entries")
    expected = sum(size >> level for level in range(1, size.bit_length()))
    if connection.execute(select(func.count()).select_from(audit_node)).scalar_one() != expected:
        raise LogBroken(f"surplus nodes in the tree: {size} entries complete {expected}")
