"""Following the chain: deposits, confirmations, reorgs."""

from sqlalchemy import select

from holdfast.audit import ReorgSeen, decode_event, entries, log_size
from holdfast.chains.bitcoin import address_to_script
from holdfast.custody import PayoutState, deposit_address, follow_chain, payout_view, vault_certificate
from holdfast.custody.coins import spendable_coins
from holdfast.custody.models import addresses, coins
from holdfast.custody.vaults import derive_script
from holdfast.keys import GroupKey
from holdfast.ledger import balance, check
from holdfast.store import transaction
from world import CAPITAL_SAT, DEPOSIT_SAT, World


def total_sat(world: World, account: str) -> int:
    with transaction(world.plane.engine) as connection:
        check(connection)
        return balance(connection, account, "BTC").total.units


def script_for(world: World, customer: str) -> bytes:
    with transaction(world.plane.engine) as connection:
        return address_to_script(deposit_address(connection, "hot", customer), "regtest")


def test_each_customer_has_one_address_derived_from_the_public_key(world: World) -> None:
    world.enrol("bob")
    assert script_for(world, "alice") == script_for(world, "alice")
    assert script_for(world, "alice") != script_for(world, "bob")
    with transaction(world.plane.engine) as connection:
        certificate = vault_certificate(connection, "hot")
        row = connection.execute(select(addresses).where(addresses.c.customer == "bob")).one()
    assert derive_script(certificate, row.chain, row.position) == script_for(world, "bob")
    assert GroupKey.decoded(certificate.statement.group_key).threshold == 3


def test_a_deposit_counts_once_it_is_deep_enough(world: World) -> None:
    world.node.fund(script_for(world, "alice"), 7_000_000)
    follow_chain(world.plane)
    assert total_sat(world, "customer:alice") == DEPOSIT_SAT
    world.mine(world.plane.confirmations - 1)
    assert total_sat(world, "customer:alice") == DEPOSIT_SAT + 7_000_000
    world.mine(3)
    assert total_sat(world, "customer:alice") == DEPOSIT_SAT + 7_000_000, "once, however often it is looked at"


def test_a_reorg_before_the_credit_credits_only_what_stays(world: World) -> None:
    fork = world.node.tip()
    world.node.fund(script_for(world, "alice"), 7_000_000)
    follow_chain(world.plane)
    world.node.mine_on(fork.hash, 3)
    while follow_chain(world.plane):
        pass
    with transaction(world.plane.engine) as connection:
        newest = entries(connection, log_size(connection) - 3, 3)
        assert any(isinstance(decode_event(each.event), ReorgSeen) for each in newest)
        coin = connection.execute(select(coins).where(coins.c.value_sat == 7_000_000)).one()
    # The transaction went back to the node's mempool and was mined again, or waits there.
    assert total_sat(world, "customer:alice") in (DEPOSIT_SAT, DEPOSIT_SAT + 7_000_000)
    assert (coin.height is None) == (total_sat(world, "customer:alice") == DEPOSIT_SAT)


def test_a_credited_deposit_that_a_reorg_took_for_good_is_taken_back_and_can_return(world: World) -> None:
    fork = world.node.tip()
    outpoint = world.node.fund(script_for(world, "alice"), 7_000_000)
    deposit = world.node.transaction(outpoint.txid)
    assert deposit is not None
    world.mine(3)
    assert total_sat(world, "customer:alice") == DEPOSIT_SAT + 7_000_000
    tip = fork
    for _ in range(8):
        # Blocks that leave the deposit out, until it is lost by more than the depth that counts.
        (block_hash,) = world.node.mine_on(tip.hash, 1)
        tip = type(tip)(tip.height + 1, block_hash)
    while follow_chain(world.plane):
        pass
    assert total_sat(world, "customer:alice") == DEPOSIT_SAT
    world.node.mine_on(tip.hash, 1, (deposit.raw,))
    world.mine(3)
    assert total_sat(world, "customer:alice") == DEPOSIT_SAT + 7_000_000


def test_a_confirmed_payout_that_a_reorg_removed_is_sent_again(world: World) -> None:
    fork = world.node.tip()
    intent = world.approved("w1")
    world.settle(intent)
    world.mine(3)
    with transaction(world.plane.engine) as connection:
        view = payout_view(connection, intent.digest())
    assert view.state is PayoutState.CONFIRMED
    assert view.txid is not None
    world.node.mine_on(fork.hash, 5)
    while follow_chain(world.plane):
        pass
    waiting = world.node.transaction(view.txid)
    assert waiting is not None, "it is with the node again"
    world.mine(3)
    again = world.node.transaction(view.txid)
    assert again is not None
    assert again.confirmations >= 3
    assert total_sat(world, "customer:alice") == DEPOSIT_SAT - 20_000_000, "and booked once"


def test_a_mined_coin_counts_only_once_it_can_be_spent(world: World) -> None:
    script = script_for(world, "alice")
    world.node.generate(1, script)
    world.mine(98)
    assert total_sat(world, "customer:alice") == DEPOSIT_SAT
    with transaction(world.plane.engine) as connection:
        immature = [coin.script for coin in spendable_coins(connection, "hot", world.node.tip().height)]
    world.mine(5)
    assert total_sat(world, "customer:alice") > DEPOSIT_SAT
    assert immature.count(script) == 1, "the first deposit alone"


def test_change_comes_back_and_is_spent_again(world: World) -> None:
    for number in range(3):
        intent = world.approved(f"w{number}", 90_000_000)
        world.settle(intent)
        world.mine(3)
    assert total_sat(world, "customer:alice") == DEPOSIT_SAT - 270_000_000
    with transaction(world.plane.engine) as connection:
        unspent = connection.execute(
            select(coins.c.value_sat).where(coins.c.spent_height.is_(None), coins.c.height.is_not(None))
        ).scalars()
        assert sum(unspent) == balance(connection, "vault:hot", "BTC").total.units
    assert total_sat(world, "house:capital") < 4 * CAPITAL_SAT
