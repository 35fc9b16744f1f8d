"""Checkpoints and cosignatures in the database."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, func, select

from audit_events import frozen
from holdfast.audit import (
    EMPTY_ROOT,
    Checkpoint,
    CheckpointForged,
    CheckpointUnknown,
    CosignatureInvalid,
    LogBroken,
    LogSigner,
    NoteMalformed,
    add_cosignature,
    append,
    checkpoint,
    consistency_proof,
    cosign,
    cosigned_checkpoint,
    latest_checkpoint,
    log_size,
    open_checkpoint,
    verify_consistency,
    verify_cosignature,
    verify_cosignatures,
)
from holdfast.audit.models import audit_checkpoint, audit_cosignature, audit_entry, audit_node
from holdfast.store import snapshot, transaction


def test_the_empty_log_has_a_checkpoint(database: Engine, signer: LogSigner) -> None:
    with transaction(database) as connection:
        assert latest_checkpoint(connection) is None
        note = checkpoint(connection, signer)
    assert open_checkpoint(note, signer.name, signer.public_key) == Checkpoint(signer.name, 0, EMPTY_ROOT)


def test_a_state_is_signed_once(grown_log: Engine, signer: LogSigner) -> None:
    with transaction(grown_log) as connection:
        assert checkpoint(connection, signer) == latest_checkpoint(connection) == cosigned_checkpoint(connection, 21)
        assert connection.execute(select(func.count()).select_from(audit_checkpoint)).scalar_one() == 4


def test_the_log_as_a_cosigner_lives_it(
    database: Engine,
    grow: Callable[[int], None],
    signer: LogSigner,
    cosigner_keys: dict[str, Ed25519PrivateKey],
    cosigners: dict[str, bytes],
) -> None:
    """It pins the first state, follows each later one by proof, and its line reaches whoever reads the log."""
    name, key = next(iter(cosigner_keys.items()))
    pinned = Checkpoint(signer.name, 0, EMPTY_ROOT)
    for time_s, count in enumerate((1, 6, 9)):
        grow(count)
        with transaction(database) as connection:
            note = checkpoint(connection, signer)
            proof = consistency_proof(connection, pinned.size, log_size(connection))
        seen = open_checkpoint(note, signer.name, signer.public_key)
        verify_consistency(pinned.size, pinned.root, seen.size, seen.root, proof)
        pinned = seen
        with transaction(database) as connection:
            add_cosignature(connection, seen.size, cosign(note, name, key, time_s), cosigners[name])
    with snapshot(database) as connection:
        newest, first = latest_checkpoint(connection), cosigned_checkpoint(connection, 1)
    assert newest is not None
    assert verify_cosignature(newest, name, cosigners[name]) == 2
    assert verify_cosignature(first, name, cosigners[name]) == 0


def test_cosignatures_gather(
    grown_log: Engine, cosigner_keys: dict[str, Ed25519PrivateKey], cosigners: dict[str, bytes]
) -> None:
    for name, key in cosigner_keys.items():
        with transaction(grown_log) as connection:
            line = cosign(cosigned_checkpoint(connection, 21), name, key, 77)
            add_cosignature(connection, 21, line, cosigners[name])
    with snapshot(grown_log) as connection:
        assert verify_cosignatures(cosigned_checkpoint(connection, 21), cosigners) == dict.fromkeys(cosigners, 77)
        assert verify_cosignatures(cosigned_checkpoint(connection, 13), cosigners) == {}


def test_the_first_line_of_a_cosigner_stands(
    grown_log: Engine, cosigner_keys: dict[str, Ed25519PrivateKey], cosigners: dict[str, bytes]
) -> None:
    name, key = next(iter(cosigner_keys.items()))
    with transaction(grown_log) as connection:
        note = cosigned_checkpoint(connection, 21)
        for time_s in (5, 6, 5):
            add_cosignature(connection, 21, cosign(note, name, key, time_s), cosigners[name])
        assert verify_cosignature(cosigned_checkpoint(connection, 21), name, cosigners[name]) == 5


def test_false_cosignatures_are_not_stored(
    grown_log: Engine, cosigner_keys: dict[str, Ed25519PrivateKey], cosigners: dict[str, bytes]
) -> None:
    (name, key), (other, _), _ = cosigner_keys.items()
    with transaction(grown_log) as connection:
        line = cosign(cosigned_checkpoint(connection, 21), name, key, 5)
        for size, text, public_key, fault in (
            (13, line, cosigners[name], CosignatureInvalid),
            (21, line, cosigners[other], CosignatureInvalid),
            (21, line.replace(name, other), cosigners[other], CosignatureInvalid),
            (20, line, cosigners[name], CheckpointUnknown),
            (21, "signed: me", cosigners[name], NoteMalformed),
        ):
            with pytest.raises(fault):
                add_cosignature(connection, size, text, public_key)
        assert connection.execute(select(audit_cosignature)).all() == []


def test_another_key_signs_no_more_for_this_log(
    grown_log: Engine, signer: LogSigner, cosigner_keys: dict[str, Ed25519PrivateKey]
) -> None:
    stranger = LogSigner(signer.name, next(iter(cosigner_keys.values())))
    with transaction(grown_log) as connection, pytest.raises(CheckpointForged):
        checkpoint(connection, stranger)


def test_a_log_that_was_altered_under_its_checkpoint_signs_no_more(
    grown_log: Engine, signer: LogSigner, disarm: Callable[..., None]
) -> None:
    with transaction(grown_log) as connection:
        disarm(connection)
        position_16 = (audit_node.c.level == 4) & (audit_node.c.position == 0)
        connection.execute(audit_node.update().where(position_16).values(hash=bytes(32)))
        append(connection, frozen(1, "ada"), 1)
        with pytest.raises(LogBroken, match="checkpoint of 21"):
            checkpoint(connection, signer)


def test_a_log_that_lost_a_node_proves_and_signs_nothing(
    grown_log: Engine, signer: LogSigner, disarm: Callable[..., None]
) -> None:
    with transaction(grown_log) as connection:
        disarm(connection)
        connection.execute(audit_entry.delete().where(audit_entry.c.sequence == 20))
        for work in (lambda: checkpoint(connection, signer), lambda: consistency_proof(connection, 20, 21)):
            with pytest.raises(LogBroken, match="lacks its node"):
                work()
