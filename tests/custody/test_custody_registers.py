"""Registers, records and search, on both databases: what they find, and what they leave out."""

import pytest

from holdfast.amounts import Amount
from holdfast.custody import (
    PayoutUnknown,
    WithdrawalState,
    WithdrawalUnknown,
    cancel_withdrawal,
    customer_views,
    daily_flows,
    deposit_addresses,
    followed_height,
    open_payouts,
    paid_since,
    payout_record,
    payout_withdrawals,
    search,
    vault_coins,
    vault_counts,
    waiting_withdrawals,
    withdrawal_record,
    withdrawals_matching,
)
from holdfast.demo.deployment import page_of
from holdfast.store import snapshot
from world import CAPITAL_SAT, CUSTOMER, DAY_S, DEPOSIT_SAT, NOW_S, World, bitcoin_address


def test_customers_come_by_name_from_a_name_on(world: World) -> None:
    for name in ("carol", "bob", "dave"):
        world.enrol(name)
    with snapshot(world.plane.engine) as connection:
        assert [view.name for view in customer_views(connection, 3)] == ["alice", "bob", "carol"]
        assert [view.name for view in customer_views(connection, 3, after="carol")] == ["dave"]
        assert len(deposit_addresses(connection, CUSTOMER)) == 1
        assert deposit_addresses(connection, "bob") == ()


def test_a_vaults_coins_largest_first_and_what_they_are_kept_for(world: World) -> None:
    intent = world.planned("w-1", 20_000_000)
    with snapshot(world.plane.engine) as connection:
        counts, coins = vault_counts(connection, "hot"), vault_coins(connection, "hot", 3)
        assert (counts.receiving_addresses, counts.coins) == (2, 5)
        assert [coin.amount.units for coin in coins] == [DEPOSIT_SAT, CAPITAL_SAT, CAPITAL_SAT]
        assert (coins[0].customer, coins[1].customer) == (CUSTOMER, None)
        assert intent.digest() in {coin.reserved_by for coin in vault_coins(connection, "hot", 50)}
        assert vault_coins(connection, "nowhere", 3) == ()


def test_what_waits_for_a_payout(world: World) -> None:
    with snapshot(world.plane.engine) as connection:
        assert waiting_withdrawals(connection).totals == ()
        assert waiting_withdrawals(connection).oldest_at_s is None
    world.request("w-1", 1_000_000)
    world.clock.advance(60)
    world.request("w-2", 2_000_000)
    with snapshot(world.plane.engine) as connection:
        found = waiting_withdrawals(connection)
    assert (found.withdrawals, found.oldest_at_s, found.totals) == (2, NOW_S, (Amount("BTC", 3_000_000),))
    cancel_withdrawal(world.plane, "w-1")
    with snapshot(world.plane.engine) as connection:
        assert waiting_withdrawals(connection).withdrawals == 1


def test_a_payout_is_open_until_it_is_confirmed(world: World) -> None:
    intent = world.approved("w-1")
    with snapshot(world.plane.engine) as connection:
        assert open_payouts(connection, 5) == (intent.digest(),)
    world.settle(intent)
    world.mine(3)
    with snapshot(world.plane.engine) as connection:
        assert open_payouts(connection, 5) == ()


def test_what_was_paid_within_a_window(world: World) -> None:
    world.settle(world.approved("w-1", 20_000_000))
    with snapshot(world.plane.engine) as connection:
        assert paid_since(connection, "hot", "BTC", NOW_S).units == 20_000_000
        assert paid_since(connection, "hot", "BTC", NOW_S + 1).units == 0
        assert paid_since(connection, "cold", "BTC", 0).units == 0


def test_flows_by_day(world: World) -> None:
    world.settle(world.approved("w-1", 20_000_000))
    world.mine(3)
    with snapshot(world.plane.engine) as connection:
        flows = daily_flows(connection, 0)
        assert [(flow.day * DAY_S <= NOW_S, flow.asset) for flow in flows] == [(True, "BTC"), (True, "BTC")]
        assert flows[0].received.units == DEPOSIT_SAT + 4 * CAPITAL_SAT
        assert flows[1].paid.units == 20_000_000
        assert daily_flows(connection, NOW_S + DAY_S) == ()


def test_a_withdrawals_record(world: World) -> None:
    world.request("w-1")
    with snapshot(world.plane.engine) as connection:
        record = withdrawal_record(connection, "w-1")
        assert (record.view.state, record.ended_at_s) == (WithdrawalState.SCREENED, None)
        assert record.expires_at_s == NOW_S + DAY_S
        with pytest.raises(WithdrawalUnknown):
            withdrawal_record(connection, "w-2")
    cancel_withdrawal(world.plane, "w-1")
    with snapshot(world.plane.engine) as connection:
        assert withdrawal_record(connection, "w-1").ended_at_s == NOW_S


def test_a_payouts_record(world: World) -> None:
    intent = world.approved("w-1")
    digest = intent.digest()
    world.settle(intent)
    world.mine(3)
    with snapshot(world.plane.engine) as connection:
        record = payout_record(connection, digest)
        (version,) = record.versions
        assert record.intent == intent
        assert [given.approval.person for given in record.approvals] == ["ada", "ben", "chiara"]
        assert page_of("bern").encode() in record.approvals[0].approval.assertion.client_data_json
        assert record.attestation is not None
        assert (version.txid, version.signed_at_s, version.height) == (
            record.view.txid,
            NOW_S,
            (followed_height(connection) or 0) - 2,
        )
        assert record.ended_at_s == NOW_S
        assert [view.reference for view in payout_withdrawals(connection, digest)] == ["w-1"]
        with pytest.raises(PayoutUnknown):
            payout_record(connection, bytes(32))


def found(world: World, text: str) -> set[tuple[str, str]]:
    """Kind and key of what a search finds."""
    with snapshot(world.plane.engine) as connection:
        return {(hit.kind, hit.key) for hit in search(connection, text)}


def test_search_finds_what_a_text_is_the_beginning_of(world: World) -> None:
    intent = world.planned("w-1", destination=bitcoin_address(70))
    world.request("w-10")
    digest = intent.digest().hex()
    assert found(world, "w-1") == {("withdrawal", "w-1"), ("withdrawal", "w-10")}
    assert found(world, "ali") == {("customer", CUSTOMER)}
    assert found(world, "ho") == {("vault", "hot")}
    assert found(world, bitcoin_address(70)) == {("withdrawal", "w-1")}
    assert found(world, digest[:7]) == found(world, digest.upper()) == {("payout", digest)}
    with snapshot(world.plane.engine) as connection:
        txid, order = payout_record(connection, intent.digest()).versions[0].txid, withdrawal_record(connection, "w-1")
        (deposit,) = (coin for coin in vault_coins(connection, "hot", 9) if coin.customer)
    assert found(world, txid[:12]) == {("payout", digest)}
    assert found(world, order.order.hex()) == {("withdrawal", "w-1")}
    assert found(world, deposit.txid) == {("customer", CUSTOMER)}
    assert found(world, deposit.address) == {("customer", CUSTOMER)}


@pytest.mark.parametrize("text", ["", "  ", "1", "w%", "w_1", "%", "W-1", "0" * 64, "\U0010ffff", "w-1\x00", "x" * 500])
def test_search_takes_nothing_for_a_pattern(world: World, text: str) -> None:
    world.request("w-1")
    assert found(world, text) == set()


def test_withdrawals_that_match_newest_first(world: World) -> None:
    for number in range(4):
        world.request(f"w-{number}", 1_000_000)
        world.clock.advance(1)
    with snapshot(world.plane.engine) as connection:
        assert [view.reference for view in withdrawals_matching(connection, "w-", 10)] == ["w-3", "w-2", "w-1", "w-0"]
        assert len(withdrawals_matching(connection, bitcoin_address(7), 2)) == 2
        assert withdrawals_matching(connection, "w-4", 10) == ()
