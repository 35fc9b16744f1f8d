"""Checking an epoch from inside: each way in which it can disagree with books, chain or itself is found and named."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection

from holdfast.amounts import Amount
from holdfast.authority import KeyOrder
from holdfast.custody import generate_key
from holdfast.demo.deployment import ASSET, NETWORK, PERSONS
from holdfast.ledger import Entry, Transfer, post
from holdfast.reserves import EpochFolderDamaged, SuperRootMismatch, check_epoch, epoch_view, preparation
from holdfast.reserves.liabilities import Liabilities, read_liabilities
from holdfast.store import snapshot, transaction
from reserves_rig import BOB, House


def kinds(house: House, epoch: int | None = None) -> set[str]:
    """The kinds of what is found."""
    return {finding.kind for finding in check_epoch(house.world.plane, house.directory, epoch).findings}


def test_an_epoch_agrees_with_books_that_have_moved_on(house: House) -> None:
    assert kinds(house) == set()
    house.world.fund(BOB, 1_000)
    house.world.enrol("newcomer")
    house.world.fund("newcomer", 1_000)
    report = check_epoch(house.world.plane, house.directory)
    assert (report.customers, report.findings) == (3, ())


def private(house: House) -> sqlite3.Connection:
    """The epoch's private part, open for writing."""
    return sqlite3.connect(house.directory / "1" / "private" / "proofs.sqlite", isolation_level=None)


def test_a_balance_that_the_ledger_does_not_give_is_found(house: House) -> None:
    with private(house) as database:
        database.execute("UPDATE balance SET units = '1' WHERE customer = 'bob'")
    report = check_epoch(house.world.plane, house.directory)
    assert {finding.kind for finding in report.findings} == {"balance", "tree"}
    assert "bob" in {finding.subject for finding in report.findings}
    assert str(report.findings[0]).startswith("balance: bob: the epoch says 1 base units of BTC")


def test_a_ledger_rewritten_afterwards_is_found(house: House) -> None:
    with transaction(house.world.plane.engine) as connection:
        connection.exec_driver_sql("DROP TRIGGER ledger_transfer_update")
        connection.exec_driver_sql("UPDATE ledger_transfer SET amount_lo = amount_lo + 1 WHERE id = 1")
    assert "balance" in kinds(house)


def test_somebody_left_out_is_found(house: House) -> None:
    with private(house) as database:
        database.execute("DELETE FROM balance WHERE customer = 'bob'")
        database.execute("DELETE FROM customer WHERE name = 'bob'")
    assert kinds(house) == {"left_out", "tree"}


def test_a_tree_of_other_nonces_is_found(house: House) -> None:
    with private(house) as database:
        database.execute("UPDATE customer SET nonce = zeroblob(16) WHERE name = 'bob'")
    assert kinds(house) == {"tree"}


def test_a_private_part_of_another_epoch_is_found(house: House) -> None:
    house.publish()
    first, second = (house.directory / name / "private" for name in ("1", "2"))
    first.rename(house.directory / "away")
    second.rename(first)
    assert {"archive", "tree"} <= kinds(house, 1)


def test_a_number_that_the_database_does_not_know_is_found(house: House) -> None:
    with transaction(house.world.plane.engine) as connection:
        connection.exec_driver_sql("DELETE FROM reserve_epoch")
    assert kinds(house) == {"record"}


def test_a_coin_that_was_not_there_is_found(house: House) -> None:
    with transaction(house.world.plane.engine) as connection:
        connection.exec_driver_sql("UPDATE coin SET spent_height = 1 WHERE value_sat = 50000000")
    assert kinds(house) == {"coins"}


def test_a_block_that_was_replaced_is_found(house: House) -> None:
    world, counted = house.world, epoch_view(house.directory).block.height
    below = world.node.block_hash(counted - 1)
    assert below is not None
    world.node.mine_on(below, 9)
    assert {finding.kind for finding in check_epoch(world.plane, house.directory).findings} == {"block"}
    world.mine(1)
    assert "block" in kinds(house)


def test_a_signature_of_nobody_is_found(house: House) -> None:
    path = house.directory / "1" / "public" / "manifest.json"
    content = path.read_bytes()
    at = content.index(b'"signature":"') + 13
    path.write_bytes(content[:at] + (b"0" if content[at : at + 1] != b"0" else b"1") + content[at + 1 :])
    assert kinds(house) == {"attestation_invalid"}


def test_an_altered_manifest_is_refused(house: House) -> None:
    path = house.directory / "1" / "public" / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"height":1', b'"height":2'))
    with pytest.raises(SuperRootMismatch):
        check_epoch(house.world.plane, house.directory)


def _cut_short(private_folder: Path) -> None:
    (private_folder / "nodes-0").write_bytes(b"")


def _removed(private_folder: Path) -> None:
    (private_folder / "proofs.sqlite").unlink()


def _scribbled(private_folder: Path) -> None:
    (private_folder / "proofs.sqlite").write_bytes(b"no database" * 1000)


@pytest.mark.parametrize("damage", [_cut_short, _removed, _scribbled])
def test_a_damaged_private_part_is_undetermined(house: House, damage: Callable[[Path], None]) -> None:
    damage(house.directory / "1" / "private")
    with pytest.raises(EpochFolderDamaged):
        house.proof(BOB)


def test_a_coin_that_never_was_is_found(house: House) -> None:
    """The books believe in it; the node does not."""
    with transaction(house.world.plane.engine) as connection:
        row = dict(connection.exec_driver_sql("SELECT * FROM coin LIMIT 1").mappings().one())
        row |= {"txid": "ab" * 32, "value_sat": 10**9}
        marks = ",".join("?" * len(row))
        connection.exec_driver_sql(f"INSERT INTO coin ({','.join(row)}) VALUES ({marks})", tuple(row.values()))
    house.publish()
    assert kinds(house) == {"coin_unknown"}
    assert kinds(house, 1) == {"coins"}


def test_a_coin_worth_less_or_of_somebody_else_is_found(house: House) -> None:
    with transaction(house.world.plane.engine) as connection:
        connection.exec_driver_sql("UPDATE coin SET value_sat = value_sat + 1 WHERE value_sat = 50000000")
    house.publish()
    assert kinds(house) == {"coin_differs"}
    with transaction(house.world.plane.engine) as connection:
        connection.exec_driver_sql("UPDATE coin SET value_sat = 50000000 WHERE value_sat = 50000001")
        connection.exec_driver_sql("UPDATE address SET position = position + 100 WHERE position = 1")
    house.publish()
    assert kinds(house) == {"coin_differs"}


def test_an_old_balance_is_found(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bob was paid in, and is put in with what he had before; the private part says the same."""
    with snapshot(house.world.plane.engine) as connection:
        old = read_liabilities(connection)
    house.world.fund(BOB, 5 * 10**8)

    def stale(connection: Connection) -> Liabilities:
        now = read_liabilities(connection)
        return replace(now, balances=now.balances | {("BTC", BOB): old.balances["BTC", BOB]})

    monkeypatch.setattr(preparation, "read_liabilities", stale)
    house.publish()
    assert kinds(house) == {"stale"}
    # The whole of the books of before, as if nothing had been posted since.
    monkeypatch.setattr(preparation, "read_liabilities", lambda _: old)
    house.publish()
    assert kinds(house) == {"stale"}


def test_a_vault_that_came_later_is_no_finding(house: House) -> None:
    world = house.world
    order = KeyOrder(
        world.plane.genesis.digest(), "east", ASSET, NETWORK, "secp256k1-tr", 3, tuple(sorted(world.signers)), 1
    )
    generate_key(world.plane, order, tuple(world.deployment.approve(each, order.digest()) for each in PERSONS[:3]))
    assert kinds(house, 1) == set()
    house.publish()
    with transaction(world.plane.engine) as connection:
        connection.exec_driver_sql("UPDATE vault SET active = 0 WHERE name = 'east'")
    assert kinds(house, 2) == set()


def test_a_balance_that_moved_between_customers_is_still_theirs_then(house: House) -> None:
    entry = Entry("gift", "gift", "gift", (Transfer("customer:bob", "customer:zoë", Amount("BTC", 5)),))
    with transaction(house.world.plane.engine) as connection:
        post(connection, entry)
    assert kinds(house) == set()
    house.publish()
    assert kinds(house, 2) == set()
