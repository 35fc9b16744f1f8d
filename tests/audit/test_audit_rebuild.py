"""The stored log against itself: an honest one passes, and each kind of meddling is named."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Engine, Executable, delete, insert, select, update

from audit_events import frozen
from holdfast.audit import (
    Checkpoint,
    FreezeSet,
    LogBroken,
    LogEntry,
    LogSigner,
    add_cosignature,
    append,
    audit,
    cosign,
    cosigned_checkpoint,
    leaf_hash,
)
from holdfast.audit.models import audit_checkpoint, audit_cosignature, audit_entry, audit_head, audit_node
from holdfast.audit.tree import Frontier
from holdfast.store import snapshot, transaction

Meddling = Callable[[Connection], Any]


@pytest.fixture
def meddled(grown_log: Engine, signer: LogSigner, disarm: Meddling) -> Iterator[Callable[[Meddling], str]]:
    """Audit the log after meddling with it, and undo the meddling: what was said of the log."""
    with grown_log.connect() as connection:
        disarm(connection)

        def meddle(meddling: Meddling) -> str:
            attempt = connection.begin_nested()
            meddling(connection)
            with pytest.raises(LogBroken) as found:
                audit(connection, signer.name, signer.public_key)
            attempt.rollback()
            assert found.value.code == "audit.log_broken"
            return str(found.value)

        yield meddle


def test_an_honest_log_passes(grown_log: Engine, signer: LogSigner) -> None:
    with snapshot(grown_log) as connection:
        report = audit(connection, signer.name, signer.public_key)
    assert (report.entries, report.checkpoints, report.cosignatures) == (21, 4, 0)
    assert report.last is not None
    assert report.last.size == 21


def test_an_empty_log_passes(database: Engine, signer: LogSigner) -> None:
    with snapshot(database) as connection:
        report = audit(connection, signer.name, signer.public_key)
    assert (report.entries, report.checkpoints, report.last) == (0, 0, None)


def test_a_log_longer_than_one_reading_passes(database: Engine, grow: Callable[[int], None], signer: LogSigner) -> None:
    grow(700)
    with snapshot(database) as connection:
        assert audit(connection, signer.name, signer.public_key).entries == 700


def executing(statement: Executable) -> Meddling:
    return lambda connection: connection.execute(statement)


ENTRY_9 = audit_entry.c.sequence == 9


def test_an_altered_entry_is_named(meddled: Callable[[Meddling], str]) -> None:
    changes: list[dict[str, Any]] = [
        {"at_s": 1},
        {"domain": "holdfast/event/freeze-set"},
        {"leaf_hash": bytes(32)},
        {"data": b""},
        {"data": LogEntry(9, 1, frozen(1, "mallory").encoded()).encoded()},
        {"data": LogEntry(9, 1, b"no event").encoded()},
    ]
    for values in changes:
        statement = update(audit_entry).where(ENTRY_9).values(**values)
        assert meddled(executing(statement)).startswith("entry 9 of the log has been altered")


def test_a_dropped_entry_is_named(meddled: Callable[[Meddling], str]) -> None:
    assert meddled(executing(delete(audit_entry).where(ENTRY_9))) == ("entry 9 is missing from the log")


def test_a_dropped_last_entry_is_named(meddled: Callable[[Meddling], str]) -> None:
    last = audit_entry.c.sequence == 20
    assert "entry 20 is missing" in meddled(executing(delete(audit_entry).where(last)))


def test_exchanged_entries_are_named(meddled: Callable[[Meddling], str]) -> None:
    def exchange(connection: Connection) -> None:
        for old, new in ((9, 100), (10, 9), (100, 10)):
            connection.execute(update(audit_entry).where(audit_entry.c.sequence == old).values(sequence=new))

    assert meddled(exchange).startswith("entry 9 of the log has been altered")


def rewrite(connection: Connection) -> None:
    """Replace entry 9 and everything in the tree that follows from it, as a careful forger does."""
    data = LogEntry(9, 1, frozen(1, "mallory").encoded()).encoded()
    connection.execute(
        update(audit_entry).where(ENTRY_9).values(data=data, at_s=1, domain=FreezeSet.DOMAIN, leaf_hash=leaf_hash(data))
    )
    connection.execute(delete(audit_node))
    tree = Frontier()
    for leaf in connection.execute(select(audit_entry.c.leaf_hash).order_by(audit_entry.c.sequence)).scalars().all():
        for node, completed in tree.append(bytes(leaf)):
            connection.execute(insert(audit_node).values(level=node.level, position=node.position, hash=completed))


def test_a_rewritten_history_contradicts_its_first_checkpoint(meddled: Callable[[Meddling], str]) -> None:
    said = meddled(rewrite)
    assert said == "the checkpoint of 13 entries: entries 8 to 12 are not those it signed"


def test_a_rewritten_history_with_forged_checkpoints_is_named(
    meddled: Callable[[Meddling], str], signer: LogSigner
) -> None:
    mallory = LogSigner(signer.name, Ed25519PrivateKey.generate())

    def forge(connection: Connection) -> None:
        rewrite(connection)
        tree = Frontier()
        leaves = connection.execute(select(audit_entry.c.leaf_hash).order_by(audit_entry.c.sequence)).scalars().all()
        for leaf in leaves:
            tree.append(bytes(leaf))
            note = mallory.sign(Checkpoint(signer.name, tree.size, tree.root()))
            connection.execute(update(audit_checkpoint).where(audit_checkpoint.c.size == tree.size).values(note=note))

    assert "the checkpoint of 8 entries: the log 'holdfast.example/log' did not sign" in meddled(forge)


def test_a_checkpoint_filed_under_another_size_is_named(meddled: Callable[[Meddling], str]) -> None:
    at_13 = audit_checkpoint.c.size == 13
    said = meddled(executing(update(audit_checkpoint).where(at_13).values(size=14)))
    assert said.startswith("the checkpoint of 14 entries")


def test_a_log_cut_back_below_its_checkpoint_is_named(meddled: Callable[[Meddling], str]) -> None:
    def cut(connection: Connection) -> None:
        connection.execute(delete(audit_entry).where(audit_entry.c.sequence >= 20))
        connection.execute(update(audit_head).values(size=20))

    assert meddled(cut) == "a surplus checkpoint 21: the log has 20 entries"


def test_other_meddling_is_named(meddled: Callable[[Meddling], str]) -> None:
    for statement, said in (
        (update(audit_node).where(audit_node.c.level == 3).values(hash=bytes(32)), "node (3, 0)"),
        (delete(audit_node).where(audit_node.c.level == 4), "node (4, 0)"),
        (insert(audit_node).values(level=5, position=0, hash=bytes(32)), "surplus nodes"),
        (insert(audit_node).values(level=1, position=10, hash=bytes(32)), "surplus nodes"),
        (update(audit_head).values(size=20), "surplus entry 20"),
        (delete(audit_head), "head is missing"),
        (update(audit_head).values(size=22), "entry 21 is missing"),
        (insert(audit_cosignature).values(size=9, name="x", line="y"), "surplus cosignature 9"),
        (insert(audit_entry).values(sequence=-1, at_s=1, domain="", leaf_hash=b"", data=b""), "surplus entry -1"),
        (update(audit_checkpoint).where(audit_checkpoint.c.size == 13).values(note="no note"), "checkpoint of 13"),
    ):
        assert said in meddled(executing(statement))


def test_stored_cosignatures_are_verified_for_known_cosigners(
    grown_log: Engine,
    signer: LogSigner,
    cosigner_keys: dict[str, Ed25519PrivateKey],
    cosigners: dict[str, bytes],
    disarm: Meddling,
) -> None:
    name, key = next(iter(cosigner_keys.items()))
    with transaction(grown_log) as connection:
        line = cosign(cosigned_checkpoint(connection, 13), name, key, 5)
        add_cosignature(connection, 13, line, cosigners[name])
    with snapshot(grown_log) as connection:
        assert audit(connection, signer.name, signer.public_key, cosigners).cosignatures == 1
    with transaction(grown_log) as connection:
        disarm(connection)
        connection.execute(
            update(audit_cosignature).values(line=cosign(cosigned_checkpoint(connection, 8), name, key, 5))
        )
    with snapshot(grown_log) as connection:
        assert audit(connection, signer.name, signer.public_key).cosignatures == 0
        with pytest.raises(LogBroken, match="checkpoint of 13 entries: a false cosignature"):
            audit(connection, signer.name, signer.public_key, cosigners)


def test_entries_after_the_last_checkpoint_are_compared_with_their_own_hashes_only(
    grown_log: Engine, signer: LogSigner
) -> None:
    with transaction(grown_log) as connection:
        append(connection, frozen(1, "ada"), 1)
    with snapshot(grown_log) as connection:
        report = audit(connection, signer.name, signer.public_key)
    assert report.entries == 22
    assert report.last is not None
    assert report.last.size == 21
