"""A control plane that has lost its records learns them again: from its folders, and from what signers are bound to."""

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from holdfast.authority import EVERYONE, Envelope, EpochHeader, Header, seal_envelope
from holdfast.encoding import Canonical, EncodingError
from holdfast.reserves import AttestationUnavailable, Manifest, check_epoch, models
from holdfast.signer import EpochShown, EpochsShow, Reply, SignerNode
from holdfast.store import snapshot, transaction
from reserves_rig import House


def forget(house: House, after: int) -> None:
    """The database as restored from a backup of before."""
    with transaction(house.world.plane.engine) as connection:
        connection.execute(models.epochs.delete().where(models.epochs.c.epoch > after))


def recorded(house: House) -> list[tuple[int, bool]]:
    """Every number that is taken, and whether it is published."""
    table = models.epochs
    with snapshot(house.world.plane.engine) as connection:
        rows = connection.execute(select(table.c.epoch, table.c.published_at_s).order_by(table.c.epoch)).all()
    return [(row.epoch, row.published_at_s is not None) for row in rows]


def test_from_the_folders_of_what_is_published(house: House) -> None:
    house.publish()
    for after in (1, 0):
        forget(house, after)
        newest = house.publish()
        assert newest.epoch == len(recorded(house))
        assert all(published for _, published in recorded(house))
        assert not check_epoch(house.world.plane, house.directory).findings


def test_from_the_signers_when_the_folder_is_lost_too(house: House, tmp_path: Path) -> None:
    lost = house.publish()
    (house.directory / "2").rename(tmp_path / "gone")
    forget(house, 1)
    view = house.publish()
    assert (view.epoch, view.previous) == (3, lost.super_root)
    # What it cannot show, it says that it gave up: whoever has a proof in it knows better.
    assert Manifest.decoded(house.manifest(3)).before[0] == 1
    assert recorded(house) == [(1, True), (2, False), (3, True)]


def test_from_the_signers_alone(house: House, tmp_path: Path) -> None:
    house.publish()
    for number in (1, 2):
        (house.directory / str(number)).rename(tmp_path / str(number))
    forget(house, 0)
    assert house.publish().epoch == 3


def test_when_the_number_was_taken_anew_while_signers_were_away(house: House, tmp_path: Path) -> None:
    house.publish()
    (house.directory / "2").rename(tmp_path / "gone")
    forget(house, 1)
    plane = house.world.plane
    alone = House(replace(house.world, plane=replace(plane, transports={})))
    with pytest.raises(AttestationUnavailable):
        alone.publish()
    assert recorded(house) == [(1, True), (2, False)]
    view = house.publish()
    assert (view.epoch, {path.name for path in house.directory.iterdir()}) == (3, {".lock", "1", "2.abandoned", "3"})


def test_what_was_given_up_is_known_from_its_folder(house: House) -> None:
    plane = house.world.plane
    two = {name: plane.transports[name] for name in sorted(plane.transports)[:2]}
    with pytest.raises(AttestationUnavailable):
        House(replace(house.world, plane=replace(plane, transports=two))).publish()
    house.world.clock.advance(7_200)
    house.publish()
    for name in ("2.abandoned", "3"):
        assert (house.directory / name).is_dir()
    forget(house, 1)
    house.publish()
    assert recorded(house) == [(1, True), (2, False), (3, True), (4, True)]


class Inventive:
    """A transport to a signer that says it is bound to epochs that never were."""

    def __init__(self, node: SignerNode, invented: Iterable[EpochHeader]) -> None:
        self._node, self._invented = node, tuple(invented)

    def call(self, request: bytes) -> bytes:
        """The signer's answer, but for what it is bound to."""
        try:
            asked = EpochsShow.decoded(request)
        except EncodingError:
            return self._node.respond(request)
        later = tuple(each for each in self._invented if each.epoch > asked.after)
        return Reply((self._letter(EpochShown(len(later), bytes(32), later), asked.digest()),), None).encoded()

    def _letter(self, body: Canonical, session: bytes) -> Envelope:
        home = self._node.home
        header = Header(home.identity.name, EVERYONE, session, 0, 0)
        return seal_envelope(header, body.encoded(), home.keys.signing)


def test_fewer_signers_than_could_block_are_not_believed(house: House) -> None:
    plane, first = house.world.plane, Manifest.decoded(house.manifest()).header
    invented = replace(first, epoch=2, previous=first.super_root(), height=2**50, at_s=2**36, block_hash=os.urandom(32))
    lying = {
        name: Inventive(house.world.signers[name], [invented]) if number < 2 else transport
        for number, (name, transport) in enumerate(sorted(plane.transports.items()))
    }
    misled = House(replace(house.world, plane=replace(plane, transports=lying)))
    assert misled.publish().epoch == 2
    assert recorded(house) == [(1, True), (2, True)]
