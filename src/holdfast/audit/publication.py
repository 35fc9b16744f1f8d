"""Checkpoints and cosignatures in the database.

Hand a checkpoint to anyone only after the transaction that made it has committed: a signed state that was rolled
back and grown again differently is exactly what cosigners take for a rewritten history.
"""

from sqlalchemy import Connection, insert, select

from holdfast.audit.checkpoints import Checkpoint, add_signature, open_checkpoint, verify_cosignature
from holdfast.audit.errors import CheckpointUnknown, LogBroken
from holdfast.audit.log import locked_size, node_reader
from holdfast.audit.log_signer import LogSigner
from holdfast.audit.models import audit_checkpoint, audit_cosignature
from holdfast.audit.notes import parse_signature_line
from holdfast.audit.tree import root_hash


def checkpoint(connection: Connection, signer: LogSigner) -> str:
    """The log's present state, signed and stored; the stored note if this state was signed before.

    The last checkpoint is compared with the tree first, so that a log whose past was altered under it signs no more.

    :raises LogBroken: the tree contradicts the last checkpoint.
    :raises CheckpointForged: the last checkpoint is not by this signer.
    """
    size = locked_size(connection)
    read = node_reader(connection)
    newest = connection.execute(select(audit_checkpoint).order_by(audit_checkpoint.c.size.desc()).limit(1)).first()
    if newest is not None:
        last = open_checkpoint(newest.note, signer.name, signer.public_key)
        if last.size > size or root_hash(last.size, read) != last.root:
            raise LogBroken(f"the log's tree contradicts its checkpoint of {last.size} entries")
        if last.size == size:
            return str(newest.note)
    note = signer.sign(Checkpoint(signer.name, size, root_hash(size, read)))
    connection.execute(insert(audit_checkpoint).values(size=size, note=note))
    return note


def latest_checkpoint(connection: Connection) -> str | None:
    """The newest checkpoint with its cosignatures, or None if nothing was signed yet."""
    size = connection.execute(
        select(audit_checkpoint.c.size).order_by(audit_checkpoint.c.size.desc()).limit(1)
    ).scalar_one_or_none()
    return None if size is None else cosigned_checkpoint(connection, size)


def cosigned_checkpoint(connection: Connection, size: int) -> str:
    """The checkpoint of this size with the cosignatures that are stored for it.

    :raises CheckpointUnknown: none was signed at this size.
    """
    note = _stored_note(connection, size)
    lines = select(audit_cosignature.c.line).where(audit_cosignature.c.size == size)
    for line in connection.execute(lines.order_by(audit_cosignature.c.name)).scalars():
        note = add_signature(note, line)
    return note


def add_cosignature(connection: Connection, size: int, line: str, public_key: bytes) -> None:
    """Store a cosigner's line for the checkpoint of this size, verified under the cosigner's pinned key.

    The first line of a cosigner for a size stands; storing another changes nothing.

    :raises CheckpointUnknown: none was signed at this size.
    :raises NoteMalformed: not a signature line.
    :raises CosignatureInvalid: the line is not this key's signature of that checkpoint.
    """
    locked_size(connection)  # two that arrive at once would both find no line
    name = parse_signature_line(line).name
    verify_cosignature(add_signature(_stored_note(connection, size), line), name, public_key)
    present = select(audit_cosignature.c.name).where(audit_cosignature.c.size == size, audit_cosignature.c.name == name)
    if connection.execute(present).first() is None:
        connection.execute(insert(audit_cosignature).values(size=size, name=name, line=line))


def _stored_note(connection: Connection, size: int) -> str:
    note = connection.execute(select(audit_checkpoint.c.note).where(audit_checkpoint.c.size == size)).scalar()
    if note is None:
        raise CheckpointUnknown(f"no checkpoint of {size} entries was signed")
    return str(note)
