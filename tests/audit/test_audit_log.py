"""The log in both databases: numbering, proofs, and writers that race."""

import functools
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import pytest
from sqlalchemy import Connection, Engine, select

from audit_events import frozen
from holdfast.audit import (
    EMPTY_ROOT,
    DepositCredited,
    EntryUnknown,
    Event,
    EventMalformed,
    EventUnknown,
    FreezeSet,
    IntentFixed,
    LogBroken,
    LogSigner,
    append,
    audit,
    checkpoint,
    consistency_proof,
    entries,
    entry,
    inclusion_proof,
    leaf_hash,
    log_size,
    verify_consistency,
    verify_inclusion,
)
from holdfast.audit.models import audit_entry, audit_node
from holdfast.audit.tree import Frontier, Node
from holdfast.encoding import EncodingError
from holdfast.store import open_engine, run_transaction, snapshot, transaction


def test_events_are_numbered_from_zero_without_gaps(database: Engine) -> None:
    with transaction(database) as connection:
        numbers = [append(connection, frozen(version, "ada"), 50) for version in range(5)]
    with snapshot(database) as connection:
        assert numbers == [0, 1, 2, 3, 4]
        assert log_size(connection) == 5
        third = entry(connection, 3)
    assert (third.sequence, third.at_s, third.opened()) == (3, 50, frozen(3, "ada"))


def test_an_amount_beyond_64_bits_is_logged(database: Engine) -> None:
    event = DepositCredited("alice", "ab" * 32, 0, "ETH", 10**36)
    with transaction(database) as connection:
        append(connection, event, 1)
    with snapshot(database) as connection:
        assert entry(connection, 0).opened() == event


def test_a_rolled_back_event_never_was(database: Engine, grow: Callable[[int], None]) -> None:
    grow(2)
    with database.connect() as connection:
        assert append(connection, frozen(1, "ada"), 50) == 2
        connection.rollback()
    with transaction(database) as connection:
        assert append(connection, frozen(2, "grace"), 50) == 2
    with snapshot(database) as connection:
        assert entry(connection, 2).opened() == frozen(2, "grace")


def test_nodes_stored_are_the_complete_subtrees(database: Engine, grow: Callable[[int], None]) -> None:
    grow(37)
    tree = Frontier()
    with snapshot(database) as connection:
        expected: dict[Node, bytes] = {}
        for row in connection.execute(select(audit_entry).order_by(audit_entry.c.sequence)):
            expected.update(tree.append(leaf_hash(bytes(row.data))))
        stored = {Node(row.level, row.position): bytes(row.hash) for row in connection.execute(select(audit_node))}
    assert stored == expected


def test_proofs_from_the_database_verify(grown_log: Engine) -> None:
    tree, roots, leaves = Frontier(), [EMPTY_ROOT], []
    with snapshot(grown_log) as connection:
        for found in entries(connection, 0, 21):
            leaves.append(leaf_hash(found.encoded()))
            tree.append(leaves[-1])
            roots.append(tree.root())
        for size in (1, 2, 8, 13, 20, 21):
            for index in range(size):
                proof = inclusion_proof(connection, index, size)
                verify_inclusion(leaves[index], index, size, proof, roots[size])
            for old in range(size + 1):
                verify_consistency(old, roots[old], size, roots[size], consistency_proof(connection, old, size))


def test_entries_are_read_in_pieces(grown_log: Engine) -> None:
    with snapshot(grown_log) as connection:
        assert [found.sequence for found in entries(connection, 4, 3)] == [4, 5, 6]
        assert [found.sequence for found in entries(connection, 19, 100)] == [19, 20]
        assert entries(connection, 21, 5) == []


def test_what_is_beyond_the_log_is_unknown(grown_log: Engine) -> None:
    with snapshot(grown_log) as connection:
        for read in (
            lambda: entry(connection, 21),
            lambda: entry(connection, -1),
            lambda: entries(connection, 0, 0),
            lambda: entries(connection, 0, 1_001),
            lambda: inclusion_proof(connection, 0, 22),
            lambda: inclusion_proof(connection, 21, 21),
            lambda: consistency_proof(connection, 5, 22),
            lambda: consistency_proof(connection, 6, 5),
            lambda: consistency_proof(connection, -1, 5),
        ):
            with pytest.raises(EntryUnknown):
                read()


@dataclass(frozen=True)
class _Unregistered(Event):
    DOMAIN: ClassVar[str] = "holdfast/event/of-a-test"


def test_an_event_that_could_not_be_read_back_is_not_written(database: Engine) -> None:
    refused: list[tuple[Event, int, type[Exception]]] = [
        (_Unregistered(), 1, EventUnknown),
        (FreezeSet("one", "ada", "bern", "a drill"), 1, EncodingError),  # type: ignore[arg-type]
        (IntentFixed(b"", bytes(900_001)), 1, EventMalformed),
        (frozen(1, "ada"), -1, EventMalformed),
        (frozen(1, "ada"), 2**63, EventMalformed),
    ]
    with transaction(database) as connection:
        for event, at_s, fault in refused:
            with pytest.raises(fault):
                append(connection, event, at_s)
        assert log_size(connection) == 0
        assert append(connection, frozen(1, "ada"), 1) == 0


def test_the_largest_event_is_written_and_read(database: Engine) -> None:
    event = IntentFixed(b"", bytes(890_000))
    with transaction(database) as connection:
        append(connection, event, 2**63 - 1)
        assert entry(connection, 0).opened() == event


def test_a_row_that_was_altered_is_not_read(grown_log: Engine, disarm: Callable[..., None], signer: LogSigner) -> None:
    with transaction(grown_log) as connection:
        data = bytes(connection.execute(select(audit_entry.c.data).where(audit_entry.c.sequence == 4)).scalar_one())
        disarm(connection)
        connection.execute(
            audit_entry.update().where(audit_entry.c.sequence == 4).values(data=data.replace(b"old 4", b"old 5"))
        )
        with pytest.raises(LogBroken, match="entry 4"):
            entry(connection, 4)
        assert entry(connection, 5).sequence == 5


def _race(database_url: str, work: Callable[[Engine, int], None]) -> None:
    """Run ``work`` in three threads, each with connections of its own."""
    faults: list[Exception] = []
    ready = threading.Barrier(3)

    def run(writer: int) -> None:
        engine = open_engine(database_url)
        try:
            ready.wait()
            work(engine, writer)
        except Exception as fault:  # noqa: BLE001 -- shown by the assertion below
            faults.append(fault)
        finally:
            engine.dispose()

    threads = [threading.Thread(target=run, args=(writer,)) for writer in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


@pytest.mark.parametrize("isolation", ["READ COMMITTED", "SERIALIZABLE"])
def test_writers_that_race_never_fork_the_log(
    database_url: str, database: Engine, signer: LogSigner, isolation: str
) -> None:
    def write(engine: Engine, writer: int) -> None:
        if engine.dialect.name == "postgresql":
            engine = engine.execution_options(isolation_level=isolation)
        for number in range(15):
            run_transaction(engine, functools.partial(step, frozen(number, f"writer {writer}")), attempts=40)

    def step(event: FreezeSet, connection: Connection) -> None:
        append(connection, event, 1)
        if int.from_bytes(event.freeze) % 5 == 4:
            checkpoint(connection, signer)

    _race(database_url, write)
    with snapshot(database) as connection:
        report = audit(connection, signer.name, signer.public_key)
        written = [found.opened() for found in entries(connection, 0, 100)]
    assert (report.entries, report.checkpoints) == (45, 9)
    for writer in range(3):
        mine = [event for event in written if isinstance(event, FreezeSet) and event.person == f"writer {writer}"]
        assert [int.from_bytes(event.freeze) for event in mine] == list(range(15))


def test_checkpoints_that_race_are_one(
    database_url: str, database: Engine, grow: Callable[[int], None], signer: LogSigner
) -> None:
    grow(7)
    notes: list[str] = []

    def sign(engine: Engine, writer: int) -> None:
        for _ in range(5):
            with transaction(engine) as connection:
                notes.append(checkpoint(connection, signer))

    _race(database_url, sign)
    assert len(notes) == 15
    assert len(set(notes)) == 1
