"""Epochs' numbers: taken in the database before signers are asked, used once, published or given up."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from holdfast.audit import ReservesPublished, append
from holdfast.authority import EpochHeader
from holdfast.reserves import models
from holdfast.reserves.errors import EpochConflict
from holdfast.reserves.types import House
from holdfast.store import transaction


@dataclass(frozen=True)
class KnownEpochs:
    """The header of every number that is taken, from the first, and the newest number that is published (0: none)."""

    headers: tuple[EpochHeader, ...]
    published: int

    @property
    def skipped(self) -> tuple[EpochHeader, ...]:
        """The numbers after the newest published one: the next epoch says that they are given up."""
        return self.headers[self.published :]


def known_epochs(connection: Connection) -> KnownEpochs:
    """What the database knows of epochs."""
    table = models.epochs
    rows = connection.execute(select(table.c.header, table.c.published_at_s).order_by(table.c.epoch)).all()
    headers = tuple(EpochHeader.decoded(bytes(row.header)) for row in rows)
    published = [header.epoch for header, row in zip(headers, rows, strict=True) if row.published_at_s is not None]
    return KnownEpochs(headers, max(published, default=0))


def is_published(connection: Connection, header: EpochHeader) -> bool:
    """Whether this very epoch is recorded as published."""
    table = models.epochs
    this = (table.c.epoch == header.epoch) & (table.c.super_root == header.super_root())
    return connection.execute(select(table.c.published_at_s).where(this)).scalar() is not None


def take_number(house: House, header: EpochHeader) -> None:
    """Take the epoch's number in the database; the same again changes nothing.

    :raises EpochConflict: another epoch has it, of another folder or another control plane.
    """
    table = models.epochs
    try:
        with transaction(house.engine) as connection:
            taken = connection.execute(select(table.c.super_root).where(table.c.epoch == header.epoch)).scalar()
            if taken is None:
                _insert(connection, header, house.clock.now_s())
                return
    except IntegrityError:
        taken = b""
    if bytes(taken) != header.super_root():
        raise EpochConflict(f"epoch {header.epoch} was prepared before, with other content")


def replace_unpublished(connection: Connection, headers: tuple[EpochHeader, ...], now_s: int) -> None:
    """Have the numbers from that of the first of these on taken by these, and by no others.

    :raises IntegrityError: one of them is published with other content.
    """
    table = models.epochs
    later = (table.c.epoch >= headers[0].epoch) & table.c.published_at_s.is_(None)
    connection.execute(delete(table).where(later))
    for header in headers:
        _insert(connection, header, now_s)


def record_published(house: House, header: EpochHeader, before: int) -> None:
    """Say in the database and in the audit log that the epoch is published, once.

    :param before: the number that the epoch says was published before it.
    :raises EpochConflict: a number after ``before`` was published meanwhile: the epoch says otherwise.
    """
    table, now_s = models.epochs, house.clock.now_s()
    with transaction(house.engine) as connection:
        if is_published(connection, header):
            return
        others = select(table.c.epoch).where((table.c.epoch > before) & table.c.published_at_s.is_not(None))
        if (other := connection.execute(others.limit(1)).scalar()) is not None:
            raise EpochConflict(f"epoch {header.epoch} was prepared without knowing that {other} is published")
        sequence = append(connection, ReservesPublished(header.epoch, header.super_root(), header.encoded()), now_s)
        connection.execute(
            update(table).where(table.c.epoch == header.epoch).values(published_at_s=now_s, log_sequence=sequence)
        )


def _insert(connection: Connection, header: EpochHeader, now_s: int) -> None:
    row = {
        "epoch": header.epoch,
        "header": header.encoded(),
        "super_root": header.super_root(),
        "prepared_at_s": now_s,
    }
    connection.execute(insert(models.epochs).values(row))
