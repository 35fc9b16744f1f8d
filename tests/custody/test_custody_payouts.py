"""Payouts: batched, approved, settled, bumped, expired, refused."""

import dataclasses
from typing import Any

import pytest
from sqlalchemy import select

from holdfast.amounts import Amount
from holdfast.audit import WithdrawalRefused, decode_event, entry, log_size
from holdfast.authority import (
    Approval,
    AssertionOfAnother,
    AssertionUserNotVerified,
    AssertionWrongOrigin,
    Intent,
    IntentExpired,
    PersonUnknown,
    SignedOrder,
    WithdrawalOrder,
)
from holdfast.chains import FeeAboveMaximum
from holdfast.custody import (
    FenceLost,
    PayoutEmpty,
    PayoutNotAwaited,
    PayoutState,
    PayoutUnknown,
    QuorumUnavailable,
    SignersRefused,
    WithdrawalState,
    approve_payout,
    broadcast_payout,
    bump_fee,
    claim_payout,
    end_expired_withdrawals,
    expire_payouts,
    find_withdrawal,
    payout_view,
    plan_payout,
    request_withdrawal,
    settlement,
    sign_payout,
    vault_views,
)
from holdfast.custody.models import drafts, reservations
from holdfast.demo.deployment import CUSTOMER_ORIGIN, PERSONS, VAULT, VENUE
from holdfast.errors import HoldfastError
from holdfast.ledger import balance, check
from holdfast.policy import PolicyDenied
from holdfast.store import transaction
from signer_rig import Takeover
from world import CAPITAL_SAT, CUSTOMER, DAY_S, DEPOSIT_SAT, World, bitcoin_address


def state_of(world: World, intent: Intent) -> PayoutState:
    with transaction(world.plane.engine) as connection:
        return payout_view(connection, intent.digest()).state


def total_sat(world: World, account: str) -> int:
    with transaction(world.plane.engine) as connection:
        check(connection)
        return balance(connection, account, "BTC").total.units


def test_an_honest_withdrawal_is_paid_booked_and_logged(world: World) -> None:
    intent = world.approved("w1", 20_000_000)
    assert world.settle(intent) is PayoutState.BROADCAST
    world.mine(world.plane.confirmations - 1)
    assert state_of(world, intent) is PayoutState.BROADCAST, "not deep enough yet"
    world.mine()
    assert state_of(world, intent) is PayoutState.CONFIRMED
    assert find_withdrawal(world.plane, "w1").state is WithdrawalState.PAID
    with transaction(world.plane.engine) as connection:
        fee_sat = connection.execute(select(drafts.c.fee_sat)).scalar_one()
        (vault,) = vault_views(connection)
    assert total_sat(world, "customer:alice") == DEPOSIT_SAT - 20_000_000
    assert total_sat(world, "house:capital") == 4 * CAPITAL_SAT - fee_sat
    assert total_sat(world, "vault:hot") == vault.confirmed.units, "the books say what the chain says"


def test_several_withdrawals_are_one_transaction(world: World) -> None:
    for number in range(1, 6):
        world.request(f"w{number}", 1_000_000 * number, bitcoin_address(number))
    intent = plan_payout(world.plane, "hot")
    assert len(intent.payments) == 5
    world.approve(intent)
    world.settle(intent)
    world.mine(3)
    assert all(find_withdrawal(world.plane, f"w{n}").state is WithdrawalState.PAID for n in range(1, 6))
    assert total_sat(world, "customer:alice") == DEPOSIT_SAT - 15_000_000


def test_what_no_rule_allows_together_is_paid_one_after_another(world: World) -> None:
    world.enrol("bob", age_s=40 * DAY_S)
    world.fund("bob", 2_000_000_000)
    request_withdrawal(world.plane, "hot", world.order("w1", 950_000_000, customer="bob"))
    world.request("w2", 100_000_000)
    world.request("w3", 30_000_000)
    with pytest.raises(PolicyDenied):
        plan_payout(world.plane, "hot", ["w1", "w2"])
    assert plan_payout(world.plane, "hot").total().units == 980_000_000, "the oldest, and what still fits beside it"
    assert plan_payout(world.plane, "hot").total().units == 100_000_000
    with pytest.raises(PayoutEmpty):
        plan_payout(world.plane, "hot")


def test_a_person_counts_once(world: World) -> None:
    intent = world.planned("w1")
    for _ in range(3):
        again = world.deployment.approve("ada", intent.digest())
        assert approve_payout(world.plane, intent.digest(), again) is PayoutState.AWAITING
    for person in PERSONS[1:3]:
        state = approve_payout(world.plane, intent.digest(), world.deployment.approve(person, intent.digest()))
    assert state is PayoutState.APPROVED
    late = world.deployment.approve("dov", intent.digest())
    with pytest.raises(PayoutNotAwaited):
        approve_payout(world.plane, intent.digest(), late)


def test_a_bad_approval_changes_nothing(world: World) -> None:
    first, second = world.planned("w1"), world.planned("w2", destination=bitcoin_address(9))
    replayed = world.deployment.approve("ada", first.digest())
    with pytest.raises(AssertionOfAnother):
        approve_payout(world.plane, second.digest(), replayed)
    ada = world.deployment.persons["ada"]
    unverified = ada.assertion(second.digest(), "http://localhost:8411", user_verified=False)
    with pytest.raises(AssertionUserNotVerified):
        approve_payout(world.plane, second.digest(), Approval("ada", unverified))
    console = ada.assertion(second.digest(), "http://localhost:8400")
    with pytest.raises(AssertionWrongOrigin):
        approve_payout(world.plane, second.digest(), Approval("ada", console))
    with pytest.raises(PersonUnknown):
        approve_payout(world.plane, second.digest(), Approval("mallory", console))
    with pytest.raises(PayoutUnknown):
        approve_payout(world.plane, bytes(32), replayed)
    assert state_of(world, second) is PayoutState.AWAITING


def test_an_intent_expires_and_its_withdrawals_wait_for_the_next(world: World) -> None:
    intent = world.planned("w1")
    world.clock.advance(world.plane.policy.intent_lifetime_s)
    with pytest.raises(IntentExpired):
        approve_payout(world.plane, intent.digest(), world.deployment.approve("ada", intent.digest()))
    assert expire_payouts(world.plane) == 1
    assert state_of(world, intent) is PayoutState.EXPIRED
    assert find_withdrawal(world.plane, "w1").state is WithdrawalState.SCREENED
    assert expire_payouts(world.plane) == 0


def test_an_approved_intent_that_expires_before_a_signer_was_asked_is_planned_anew(world: World) -> None:
    intent = world.approved("w1")
    world.clock.advance(world.plane.policy.intent_lifetime_s // 2)
    assert expire_payouts(world.plane) == 0
    world.clock.advance(world.plane.policy.intent_lifetime_s // 2)
    assert expire_payouts(world.plane) == 1
    assert find_withdrawal(world.plane, "w1").state is WithdrawalState.SCREENED
    with pytest.raises(PayoutNotAwaited):
        world.settle(intent)


def test_an_approved_intent_that_expires_later_gives_the_money_back(world: World) -> None:
    intent = world.approved("w1")
    whole = world.plane
    world.plane = dataclasses.replace(whole, transports={})
    with pytest.raises(QuorumUnavailable):
        world.settle(intent)
    world.plane = whole
    world.clock.advance(world.plane.policy.intent_lifetime_s)
    expire_payouts(world.plane)
    view = find_withdrawal(world.plane, "w1")
    assert (view.state, view.code) == (WithdrawalState.REFUSED, "intent.expired")
    with transaction(world.plane.engine) as connection:
        last = decode_event(entry(connection, log_size(connection) - 1).event)
        assert last == WithdrawalRefused("w1", "intent.expired", "not signed in time")
        assert connection.execute(select(reservations)).all() == []
        assert balance(connection, "customer:alice", "BTC").held.units == 0
        assert balance(connection, "house:capital", "BTC").held.units == 0


def test_a_stale_fence_moves_nothing(world: World) -> None:
    intent = world.approved("w1")
    old = claim_payout(world.plane, intent.digest())
    new = claim_payout(world.plane, intent.digest())
    with pytest.raises(FenceLost):
        sign_payout(world.plane, intent.digest(), old)
    assert sign_payout(world.plane, intent.digest(), new) is PayoutState.SIGNED
    with pytest.raises(FenceLost):
        broadcast_payout(world.plane, intent.digest(), old)
    assert broadcast_payout(world.plane, intent.digest(), new) is PayoutState.BROADCAST
    assert broadcast_payout(world.plane, intent.digest(), new) is PayoutState.BROADCAST


def test_a_fee_bump_replaces_the_transaction_under_the_same_approvals(world: World) -> None:
    intent = world.approved("w1")
    world.settle(intent)
    with transaction(world.plane.engine) as connection:
        first = payout_view(connection, intent.digest()).txid
    higher = bump_fee(world.plane, intent.digest(), 20_000)
    assert world.settle(intent) is PayoutState.BROADCAST
    with transaction(world.plane.engine) as connection:
        second = payout_view(connection, intent.digest()).txid
    assert second != first
    assert first is not None
    assert world.node.transaction(first) is None, "the node let go of the cheaper version"
    world.mine(3)
    assert state_of(world, intent) is PayoutState.CONFIRMED
    assert total_sat(world, "house:capital") == 4 * CAPITAL_SAT - higher
    with pytest.raises(PayoutNotAwaited):
        bump_fee(world.plane, intent.digest(), 30_000)


def test_a_fee_bump_stays_within_the_approved_maximum(world: World) -> None:
    intent = world.approved("w1")
    world.settle(intent)
    with pytest.raises(FeeAboveMaximum):
        bump_fee(world.plane, intent.digest(), 1_000_000)
    assert state_of(world, intent) is PayoutState.BROADCAST


def test_the_cheaper_version_may_still_be_the_one_that_confirms(world: World) -> None:
    intent = world.approved("w1")
    world.settle(intent)
    with transaction(world.plane.engine) as connection:
        first = connection.execute(select(drafts.c.signed, drafts.c.fee_sat)).one()
    bump_fee(world.plane, intent.digest(), 20_000)
    world.settle(intent)
    tip = world.node.tip()
    world.node.mine_on(tip.hash, 1, (bytes(first.signed),))
    world.mine(3)
    assert state_of(world, intent) is PayoutState.CONFIRMED
    assert total_sat(world, "house:capital") == 4 * CAPITAL_SAT - first.fee_sat


def test_with_too_few_signers_nothing_is_lost(world: World) -> None:
    intent = world.approved("w1")
    away = dict(list(world.plane.transports.items())[2:])
    kept = dict(world.plane.transports)
    world.plane.transports.clear()  # type: ignore[attr-defined]
    world.plane.transports.update(list(kept.items())[:2])  # type: ignore[attr-defined]
    with pytest.raises(QuorumUnavailable):
        world.settle(intent)
    assert state_of(world, intent) is PayoutState.APPROVED
    world.plane.transports.update(away)  # type: ignore[attr-defined]
    assert world.settle(intent) is PayoutState.BROADCAST


def test_a_risky_payout_is_refused_and_the_money_goes_back(world: World) -> None:
    world.enrol("bob")
    world.fund("bob", 100_000_000)
    request_withdrawal(world.plane, "hot", world.order("w1", 90_000_000, customer="bob"))
    intent = plan_payout(world.plane, "hot")
    world.approve(intent)
    with pytest.raises(Exception, match="risk engine decided") as caught:
        world.settle(intent)
    assert getattr(caught.value, "code", "") == "attestation.forbids"
    view = find_withdrawal(world.plane, "w1")
    assert (view.state, view.code) == (WithdrawalState.REFUSED, "attestation.forbids")
    with transaction(world.plane.engine) as connection:
        assert balance(connection, "customer:bob", "BTC").held.units == 0
        assert connection.execute(select(reservations)).all() == []


def test_a_withdrawal_that_risk_does_not_allow_goes_alone(world: World) -> None:
    world.enrol("bob")
    world.fund("bob", 100_000_000)
    request_withdrawal(world.plane, "hot", world.order("w1", 90_000_000, customer="bob"))
    world.request("w2")
    together = plan_payout(world.plane, "hot")
    assert [payment.amount.units for payment in together.payments] == [20_000_000], "alice does not wait for bob"
    alone = plan_payout(world.plane, "hot")
    assert [payment.amount.units for payment in alone.payments] == [90_000_000]


def test_a_payout_that_no_signer_was_asked_about_leaves_its_coins_free(world: World) -> None:
    world.enrol("bob")
    world.fund("bob", 100_000_000)
    request_withdrawal(world.plane, "hot", world.order("w1", 90_000_000, customer="bob"))
    refused = plan_payout(world.plane, "hot")
    world.approve(refused)
    with pytest.raises(Exception, match="risk engine decided"):
        world.settle(refused)
    request_withdrawal(world.plane, "hot", world.order("w2", 90_000_000, customer="bob"))
    assert plan_payout(world.plane, "hot").conflict_key == refused.conflict_key


def test_a_payout_that_the_network_wants_more_for_can_be_bumped(world: World) -> None:
    intent = world.approved("w1")
    fence = claim_payout(world.plane, intent.digest())
    assert sign_payout(world.plane, intent.digest(), fence) is PayoutState.SIGNED
    bump_fee(world.plane, intent.digest(), 20_000)
    assert world.settle(intent) is PayoutState.BROADCAST
    world.mine(3)
    assert state_of(world, intent) is PayoutState.CONFIRMED


def test_one_refusing_signer_ends_no_payout(world: World) -> None:
    intent = world.approved("w1")
    away = {name: world.plane.transports[name] for name in ("bern", "geneva")}
    for name in away:
        world.plane.transports.pop(name)  # type: ignore[attr-defined]
    world.plane.signer("zurich").call(Takeover(world).freeze())
    with pytest.raises(HoldfastError):
        world.settle(intent)
    assert state_of(world, intent) is PayoutState.APPROVED


def test_a_signer_that_missed_a_freeze_and_its_lift_signs_all_the_same(world: World) -> None:
    intent = world.approved("w1")
    takeover, zurich = Takeover(world), world.plane.signer("zurich")
    zurich.call(takeover.freeze())
    zurich.call(takeover.lift(takeover.freeze()))
    away = [world.plane.transports.pop(name) for name in ("bern", "basel")]  # type: ignore[attr-defined]
    fence = claim_payout(world.plane, intent.digest())
    assert sign_payout(world.plane, intent.digest(), fence) is PayoutState.SIGNED
    assert len(away) == 2, "so that zurich is in the quorum"


def test_refusals_of_all_signers_end_the_payout_under_their_code(world: World) -> None:
    intent = world.approved("w1")
    fence = claim_payout(world.plane, intent.digest())
    world.clock.advance(2 * DAY_S)
    with pytest.raises(SignersRefused) as caught:
        sign_payout(world.plane, intent.digest(), fence, checks=())
    assert set(caught.value.codes.values()) == {"intent.expired"}
    assert find_withdrawal(world.plane, "w1").code == "intent.expired"


def short_order(world: World, reference: str, life_s: int) -> None:
    """A withdrawal whose order is good for so long."""
    order = WithdrawalOrder(
        VENUE, CUSTOMER, reference, Amount("BTC", 1_000), bitcoin_address(7), world.clock.now_s() + life_s
    )
    device = world.deployment.customer(CUSTOMER)
    request_withdrawal(world.plane, VAULT, SignedOrder(order, device.assertion(order.digest(), CUSTOMER_ORIGIN)))


def test_orders_about_to_end_leave_the_others_their_time(world: World) -> None:
    half_s = world.plane.policy.intent_lifetime_s // 2
    short_order(world, "short", half_s)
    world.clock.advance(half_s // 2)
    world.request("lasting")
    intent = plan_payout(world.plane, "hot")
    assert len(intent.payments) == 1
    assert intent.expires_at_s > world.clock.now_s() + half_s
    with pytest.raises(PayoutEmpty):
        plan_payout(world.plane, "hot")
    assert end_expired_withdrawals(world.plane) == 1
    view = find_withdrawal(world.plane, "short")
    assert (view.state, view.code) == (WithdrawalState.REFUSED, "order.expired")
    short_order(world, "in time", half_s)
    assert plan_payout(world.plane, "hot").payments[0].amount == Amount("BTC", 1_000)


def test_a_payout_of_a_newer_roster_than_one_knows_is_left_alone(world: World) -> None:
    """A control plane that has not heard of a roster must not end what is approved under it."""
    intent = world.approved("w1")
    stale = dataclasses.replace(world.plane, in_force=None)
    older = dataclasses.replace(stale.roster, version=intent.roster_version - 1)
    stale = dataclasses.replace(stale, genesis=dataclasses.replace(stale.genesis, roster=older))
    assert stale.roster.version < intent.roster_version
    assert expire_payouts(stale) == 0
    assert world.settle(intent) is PayoutState.BROADCAST


def test_one_lost_race_ends_no_round_of_expiries(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for reference in ("w1", "w2"):
        world.planned(reference)
    world.clock.advance(DAY_S + 1)
    real = settlement.untie_payout
    raced: list[bool] = []

    def lose_once(*given: Any) -> None:
        if not raced:
            raced.append(True)
            raise FenceLost("somebody else was quicker")
        real(*given)

    monkeypatch.setattr(settlement, "untie_payout", lose_once)
    assert expire_payouts(world.plane) == 1
    assert expire_payouts(world.plane) == 1
