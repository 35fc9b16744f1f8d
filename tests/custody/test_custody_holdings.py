"""What the vaults held as of a block: the coins that a reserve epoch counts."""

import pytest

from holdfast.custody import BlockNotFollowed, holdings_at
from holdfast.reserves import (
    check_epoch,
    prove,
    publish_epoch,
    reserves_directory,
    set_customer_nonce,
    verify_proof,
)
from holdfast.store import snapshot, transaction
from world import CAPITAL_SAT, CUSTOMER, DEPOSIT_SAT, World


def worth(world: World, height: int | None = None) -> int:
    """What all coins were worth at a height, or are in the books."""
    with snapshot(world.plane.engine) as connection:
        held = world.plane.holdings(connection, height)
    return sum(coin.value for vault in held.vaults for coin in vault.coins)


def test_coins_count_when_they_are_deep_enough(world: World) -> None:
    before = DEPOSIT_SAT + 4 * CAPITAL_SAT
    assert worth(world) == before
    with snapshot(world.plane.engine) as connection:
        held = world.plane.holdings(connection)
    tip = world.node.tip().height
    assert held.block.height == tip - 2
    assert held.block.hash == world.node.block_hash(tip - 2)
    (vault,) = held.vaults
    assert vault.certificate.order.vault == "hot"
    places = [(coin.outpoint.txid, coin.outpoint.vout) for coin in vault.coins]
    assert places == sorted(places)


def test_a_payment_counts_when_it_is_deep_enough(world: World) -> None:
    before, height = worth(world), world.node.tip().height
    world.settle(world.approved("paid", 20_000_000))
    world.mine(1)
    assert worth(world) == before
    world.mine(2)
    after = worth(world)
    assert 20_000_000 < before - after < 20_000_000 + 50_000
    # What was then, still was then.
    assert worth(world, height) == before


def test_a_block_that_is_not_followed_is_not_known(world: World) -> None:
    for height in (-1, world.node.tip().height + 1):
        with snapshot(world.plane.engine) as connection, pytest.raises(BlockNotFollowed):
            holdings_at(connection, height)
    with world.plane.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM block WHERE height > 1")
    with snapshot(world.plane.engine) as connection, pytest.raises(BlockNotFollowed):
        world.plane.holdings(connection)


def test_an_epoch_of_them_is_published_proven_and_checked(world: World) -> None:
    directory = reserves_directory(world.deployment.control)
    with transaction(world.plane.engine) as connection:
        set_customer_nonce(connection, CUSTOMER, bytes(16))
    for epoch in (1, 2):
        world.clock.advance(600)
        world.mine(1)
        view = publish_epoch(world.plane, directory)
        assert (view.epoch, view.assets[0].coins.units) == (epoch, worth(world))
        manifest = (view.public / "manifest.json").read_bytes()
        report = verify_proof(manifest, prove(directory, CUSTOMER))
        assert (report.balances[0].amount.units, report.nonce) == (DEPOSIT_SAT, bytes(16))
        assert check_epoch(world.plane, directory).findings == ()
