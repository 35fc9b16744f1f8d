"""Publishing: whole or not at all, gone on with after any interruption, and never a second time differently."""

import fcntl
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from holdfast.audit import ReservesPublished, entries, log_size
from holdfast.authority import NO_EPOCH, EpochHeader, KeyOrder
from holdfast.custody import ControlPlane, VaultHoldings, generate_key
from holdfast.demo.deployment import ASSET, NETWORK, PERSONS
from holdfast.reserves import (
    PUBLISHED_FILES,
    AttestationUnavailable,
    CoinsInsufficient,
    EpochBusy,
    EpochConflict,
    EpochNotLater,
    Manifest,
    NothingToProve,
    attest_epoch,
    check_epoch,
    epoch_views,
    models,
    newest_epoch,
    numbers,
    publication,
    publish_epoch,
    verify_proof,
)
from holdfast.reserves.preparation import listed_vaults
from holdfast.store import snapshot, transaction
from reserves_rig import BOB, BOB_SAT, House
from world import CUSTOMER, DEPOSIT_SAT, World


def published_events(world: World) -> list[ReservesPublished]:
    """What the audit log says of epochs."""
    with snapshot(world.plane.engine) as connection:
        events = [entry.opened() for entry in entries(connection, 0, log_size(connection))]
    return [event for event in events if isinstance(event, ReservesPublished)]


def folders(house: House) -> set[str]:
    """What there is beside the lock."""
    return {path.name for path in house.directory.iterdir()} - {".lock"}


def test_an_epoch_is_a_folder_of_plain_files(house: House) -> None:
    view = newest_epoch(house.directory)
    assert view is not None
    assert view.public == house.directory / "1" / "public"
    assert {path.name for path in view.public.iterdir()} == {"manifest.json", *PUBLISHED_FILES}
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in view.public.iterdir())
    private = house.directory / "1" / "private"
    assert private.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in private.iterdir())
    (cover,) = view.assets
    assert cover.liabilities.units == DEPOSIT_SAT + BOB_SAT
    assert cover.covered
    assert view.venue == house.world.plane.genesis.venue
    assert view.previous == NO_EPOCH
    assert b"alice" not in house.manifest() + b"bob" not in house.manifest()


def test_epochs_follow_one_another(house: House) -> None:
    second, third = house.publish(), house.publish()
    first = epoch_views(house.directory)[2]
    assert [view.epoch for view in epoch_views(house.directory)] == [3, 2, 1]
    assert [view.epoch for view in epoch_views(house.directory, 1)] == [3]
    assert (second.previous, third.previous) == (first.super_root, second.super_root)
    events = published_events(house.world)
    assert [(event.epoch, event.super_root) for event in events] == [
        (view.epoch, view.super_root) for view in (first, second, third)
    ]
    assert {view.super_root for view in (first, second, third)} == {event.super_root for event in events}


class Crash(BaseException):
    """The process ends here."""


@pytest.mark.parametrize(
    "step", ["take_number", "_attested", "_write_public", "record_published", "move_durably", "epoch_view"]
)
def test_a_crash_leaves_no_half_epoch(house: House, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    for before in (True, False):
        number = len(epoch_views(house.directory)) + 1
        original: Callable[..., object] = getattr(publication, step)

        def dies(*given: object, original: Callable[..., object] = original, before: bool = before) -> None:
            if not before:
                original(*given)
            raise Crash

        with monkeypatch.context() as patch:
            patch.setattr(publication, step, dies)
            with pytest.raises(Crash):
                house.publish()
        done = step == "epoch_view" or (step == "move_durably" and not before)
        assert next(view.epoch for view in epoch_views(house.directory)) == number - (not done)
        prepared = house.directory / f"{number}.prepared" / "private" / "unsigned.json"
        promised = None if done else Manifest.decoded(prepared.read_bytes()).header
        if not done:
            view = house.publish()
            assert (view.epoch, view.super_root) == (number, promised.super_root() if promised else b"")
        assert not check_epoch(house.world.plane, house.directory, number).findings
        assert folders(house) == {str(each) for each in range(1, number + 1)}
        assert [event.epoch for event in published_events(house.world)] == list(range(1, number + 1))


def test_what_was_left_half_built_is_swept_away(house: House) -> None:
    (house.directory / ".building-x" / "private").mkdir(parents=True)
    house.publish()
    assert folders(house) == {"1", "2"}


def reaching(house: House, *signers: str) -> House:
    """The same house with a way to these signers only."""
    plane = house.world.plane
    narrowed = replace(plane, transports={name: plane.transports[name] for name in signers})
    return House(replace(house.world, plane=narrowed))


def test_too_few_signers_leave_it_prepared(house: House) -> None:
    signers = sorted(house.world.signers)
    few = reaching(house, *signers[:2])
    with pytest.raises(AttestationUnavailable):
        few.publish()
    assert folders(house) == {"1", "2.prepared"}
    # Bob is paid in meanwhile: what is prepared stays what it was.
    house.world.fund(BOB, 5_000)
    view = attest_epoch(reaching(house, *signers[2:]).world.plane, house.directory)
    assert view is not None
    assert verify_proof(house.manifest(2), house.proof(BOB)).balances[0].amount.units == BOB_SAT
    assert attest_epoch(house.world.plane, house.directory) is None
    # The two that missed it are shown it on the way to the next.
    assert reaching(house, signers[0], signers[1], signers[4]).publish().epoch == 3


def test_a_lost_folder_leaves_a_gap_and_no_second_version(house: House) -> None:
    with pytest.raises(AttestationUnavailable):
        reaching(house, *sorted(house.world.signers)[:2]).publish()
    lost = house.directory / "2.prepared"
    root = Manifest.decoded((lost / "private" / "unsigned.json").read_bytes()).header.super_root()
    lost.rename(house.directory.parent / "lost")
    view = house.publish()
    assert (view.epoch, view.previous) == (3, root)
    published = Manifest.decoded(house.manifest(3))
    assert ([each.epoch for each in published.skipped], published.before[0]) == ([2], 1)
    (house.directory.parent / "lost").rename(lost)
    with transaction(house.world.plane.engine) as connection:
        rows = connection.execute(select(models.epochs.c.epoch, models.epochs.c.published_at_s)).all()
    assert [row.epoch for row in rows if row.published_at_s is None] == [2]
    # What was given up stays so, also when it is found again.
    assert (house.publish().epoch, folders(house)) == (4, {"1", "2.abandoned", "3", "4"})


def test_a_replaced_block_gives_the_prepared_epoch_up(house: House) -> None:
    world = house.world
    with pytest.raises(AttestationUnavailable):
        reaching(house, *sorted(world.signers)[:2]).publish()
    # A longer branch from below the block at which coins were counted.
    height = world.node.tip().height
    ref = world.node.block_hash(height - 4)
    assert ref is not None
    world.node.mine_on(ref, 8)
    world.mine(1)
    view = house.publish()
    assert view.epoch == 3
    assert folders(house) == {"1", "2.abandoned", "3"}
    assert not check_epoch(world.plane, house.directory).findings


def test_a_number_that_another_control_plane_took_is_given_up(house: House, tmp_path: Path) -> None:
    """Two hosts with one database: each has a folder of its own, so neither sees the other's lock."""
    elsewhere, taken = tmp_path / "elsewhere", numbers.take_number
    elsewhere.mkdir()

    def late(slow: ControlPlane, header: EpochHeader) -> None:
        patch.setattr(publication, "take_number", taken)
        publish_epoch(slow, elsewhere)
        taken(slow, header)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publication, "take_number", late)
        with pytest.raises(EpochConflict):
            house.publish()
    assert (house.publish().epoch, folders(house)) == (3, {"1", "2.abandoned", "3"})
    assert Manifest.decoded(house.manifest(3)).skipped == ()


def test_coins_that_do_not_cover_what_is_owed_are_not_published(house: House) -> None:
    with transaction(house.world.plane.engine) as connection:
        connection.exec_driver_sql("UPDATE coin SET spent_height = 1, spent_by = 'nobody'")
    with pytest.raises(CoinsInsufficient):
        house.publish()
    assert folders(house) == {"1"}


def test_without_a_vault_there_is_nobody_to_attest(house: House) -> None:
    with transaction(house.world.plane.engine) as connection:
        connection.exec_driver_sql("UPDATE vault SET active = 0")
    with pytest.raises(NothingToProve):
        house.publish()


def test_one_process_publishes_at_a_time(house: House) -> None:
    descriptor = os.open(house.directory / ".lock", os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(EpochBusy):
        publish_epoch(house.world.plane, house.directory)
    os.close(descriptor)
    assert house.publish().epoch == 2


def test_padding_and_mixing_hide_how_many_there_are(house: House) -> None:
    tree = json.loads(house.manifest())["assets"][0]
    # Three customers look like eight.
    assert tree["leaves"] == 16
    assert Path(house.directory / "1" / "private" / "nodes-0").stat().st_size == 31 * 48
    assert CUSTOMER.encode() not in house.proof(BOB)


def test_an_epoch_needs_a_block_and_a_moment_of_its_own(house: House) -> None:
    world = house.world
    world.clock.advance(600)
    with pytest.raises(EpochNotLater, match="block"):
        publish_epoch(world.plane, house.directory)
    world.clock.advance(-600)
    world.mine(1)
    with pytest.raises(EpochNotLater, match="clock"):
        publish_epoch(world.plane, house.directory)
    assert folders(house) == {"1"}
    assert house.publish().epoch == 2


def test_an_epoch_that_signers_find_too_old_is_given_up(house: House) -> None:
    with pytest.raises(AttestationUnavailable):
        reaching(house, *sorted(house.world.signers)[:2]).publish()
    house.world.clock.advance(3_600)
    with pytest.raises(AttestationUnavailable):
        attest_epoch(reaching(house, *sorted(house.world.signers)[:2]).world.plane, house.directory)
    house.world.clock.advance(1)
    assert attest_epoch(house.world.plane, house.directory) is None
    assert house.publish().epoch == 3
    assert [each.epoch for each in Manifest.decoded(house.manifest(3)).skipped] == [2]


def test_what_was_attested_is_published_however_late(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(publication, "record_published", _dies)
        with pytest.raises(Crash):
            house.publish()
    house.world.clock.advance(7_200)
    nobody = reaching(house)
    view = attest_epoch(nobody.world.plane, nobody.directory)
    assert view is not None
    assert view.epoch == 2


def _dies(*_: object) -> None:
    raise Crash


def test_a_vault_retired_meanwhile_gives_the_prepared_epoch_up(house: House) -> None:
    world = house.world
    signers = tuple(sorted(world.signers))
    order = KeyOrder(world.plane.genesis.digest(), "old", ASSET, NETWORK, "secp256k1-tr", 3, signers, 1)
    generate_key(world.plane, order, tuple(world.deployment.approve(each, order.digest()) for each in PERSONS[:3]))
    with pytest.raises(AttestationUnavailable):
        reaching(house, *signers[:2]).publish()
    with transaction(world.plane.engine) as connection:
        connection.exec_driver_sql("UPDATE vault SET active = 0 WHERE name = 'old'")
    view = house.publish()
    assert (view.epoch, view.vaults, folders(house)) == (3, ("hot",), {"1", "2.abandoned", "3"})


def test_what_the_log_says_is_published_is_not_given_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    world = house.world
    with monkeypatch.context() as patch:
        patch.setattr(publication, "move_durably", _dies)
        with pytest.raises(Crash):
            house.publish()
    ref = world.node.block_hash(world.node.tip().height - 4)
    assert ref is not None
    world.node.mine_on(ref, 8)
    world.mine(1)
    view = attest_epoch(world.plane, house.directory)
    assert view is not None
    assert (view.epoch, folders(house)) == (2, {"1", "2"})
    assert [event.epoch for event in published_events(world)] == [1, 2]
    # That its block is gone is for whoever checks it.
    assert {finding.kind for finding in check_epoch(world.plane, house.directory).findings} == {"block"}


def test_vaults_stand_by_code_point_whatever_the_database_says(house: House) -> None:
    with snapshot(house.world.plane.engine) as connection:
        holdings = house.world.plane.holdings(connection)
    (hot,) = holdings.vaults

    def named(name: str) -> VaultHoldings:
        certificate = replace(hot.certificate, order=replace(hot.certificate.order, vault=name))
        return replace(hot, certificate=certificate)

    mixed = replace(holdings, vaults=tuple(map(named, ("cold", "Hot", "hot-2", "hot_1", "\uffff", "\U0001f600"))))
    names = [vault.name for vault in listed_vaults(mixed)]
    assert names == sorted(names, key=str.encode)
