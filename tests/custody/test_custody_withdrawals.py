"""Withdrawals: accepted, refused, repeated, cancelled."""

import dataclasses

import pytest
from sqlalchemy import func, select

from holdfast.amounts import Amount, AmountError
from holdfast.audit import WithdrawalRefused, decode_event, entry, log_size
from holdfast.authority import (
    AssertionSignatureInvalid,
    AssertionUserNotVerified,
    AssertionWrongOrigin,
    OrderExpired,
    OrderMismatch,
    SignedOrder,
    WithdrawalOrder,
)
from holdfast.chains import AddressMalformed, AddressOfOtherNetwork, PaymentBelowDust
from holdfast.custody import (
    CustomerUnknown,
    IdempotencyKeyReused,
    OrderExpiresTooSoon,
    WithdrawalFinal,
    WithdrawalState,
    WithdrawalUnknown,
    cancel_withdrawal,
    end_expired_withdrawals,
    find_withdrawal,
    plan_payout,
    request_withdrawal,
)
from holdfast.custody.models import failed_assertions, withdrawals
from holdfast.demo.deployment import CUSTOMER_ORIGIN
from holdfast.errors import HoldfastError
from holdfast.ledger import balance
from holdfast.policy import PolicyDenied
from holdfast.screening import DestinationSanctioned, packaged_snapshot
from holdfast.store import transaction
from world import DAY_S, DEPOSIT_SAT, World, bitcoin_address


def held_sat(world: World) -> int:
    with transaction(world.plane.engine) as connection:
        return balance(connection, "customer:alice", "BTC").held.units


def count_withdrawals(world: World) -> int:
    with transaction(world.plane.engine) as connection:
        return connection.execute(select(func.count()).select_from(withdrawals)).scalar_one()


def refused(world: World, signed: SignedOrder, error: type[HoldfastError]) -> HoldfastError:
    with pytest.raises(error) as caught:
        request_withdrawal(world.plane, "hot", signed)
    return caught.value


def test_an_accepted_withdrawal_holds_its_amount(world: World) -> None:
    view = world.request("w1", 20_000_000)
    assert view.state is WithdrawalState.SCREENED
    assert held_sat(world) == 20_000_000


def test_the_same_order_again_is_the_same_withdrawal(world: World) -> None:
    signed = world.order("w1")
    first = request_withdrawal(world.plane, "hot", signed)
    assert request_withdrawal(world.plane, "hot", signed) == first
    assert held_sat(world) == 20_000_000
    assert count_withdrawals(world) == 1


def test_a_reference_used_for_another_order_is_refused(world: World) -> None:
    world.request("w1", 20_000_000)
    fault = refused(world, world.order("w1", 30_000_000), IdempotencyKeyReused)
    assert fault.code == "withdrawal.idempotency_key_reused"
    assert held_sat(world) == 20_000_000


@pytest.mark.parametrize(
    ("destination", "error"),
    [
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", AddressOfOtherNetwork),
        ("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", AddressMalformed),
        ("nonsense", AddressMalformed),
    ],
)
def test_a_bad_destination_is_refused_and_recorded(world: World, destination: str, error: type[HoldfastError]) -> None:
    fault = refused(world, world.order("w1", destination=destination), error)
    view = find_withdrawal(world.plane, "w1")
    assert (view.state, view.code) == (WithdrawalState.REFUSED, fault.code)
    assert held_sat(world) == 0
    with transaction(world.plane.engine) as connection:
        event = decode_event(entry(connection, log_size(connection) - 1).event)
    assert isinstance(event, WithdrawalRefused)
    assert event.code == fault.code


def test_a_sanctioned_destination_is_refused_on_every_network(world: World) -> None:
    listed = next(each for each in packaged_snapshot().snapshot.entries if each.destination_key.startswith("0014"))
    from holdfast.chains.bitcoin import script_to_address

    address = script_to_address(bytes.fromhex(listed.destination_key), "regtest")
    fault = refused(world, world.order("w1", destination=address), DestinationSanctioned)
    assert fault.code == "screening.destination_sanctioned"
    assert listed.address in str(fault)


def test_more_than_the_balance_is_refused(world: World) -> None:
    fault = refused(world, world.order("w1", DEPOSIT_SAT + 1), HoldfastError)
    assert fault.code == "ledger.insufficient_funds"
    assert find_withdrawal(world.plane, "w1").state is WithdrawalState.REFUSED


def test_held_money_cannot_be_withdrawn_twice(world: World) -> None:
    world.request("w1", DEPOSIT_SAT)
    assert refused(world, world.order("w2", 1_000), HoldfastError).code == "ledger.insufficient_funds"


def test_what_no_rule_allows_is_refused(world: World) -> None:
    highest = 1_000_000_000 - world.plane.maximum_fee.units
    assert refused(world, world.order("w1", highest + 1), PolicyDenied).code == "policy.denied"
    world.enrol("bob", age_s=40 * DAY_S)
    world.fund("bob", 2_000_000_000)
    request_withdrawal(world.plane, "hot", world.order("w2", highest, customer="bob"))
    assert plan_payout(world.plane, "hot").at_most().units == 1_000_000_000, "what is accepted can be paid"


@pytest.mark.parametrize("units", [0, -1, 10**36 + 1])
def test_an_impossible_amount_cannot_even_be_written(world: World, units: int) -> None:
    with pytest.raises(AmountError) as caught:
        world.order("w1", units)
    assert caught.value.code in ("amount.not_positive", "amount.out_of_range")


def test_an_unknown_asset_cannot_even_be_written() -> None:
    with pytest.raises(AmountError) as caught:
        Amount("DOGE", 1)
    assert caught.value.code == "amount.asset_unknown"


def signed_by(world: World, order: WithdrawalOrder, **how: object) -> SignedOrder:
    passkey = world.deployment.customer("alice")
    origin = str(how.pop("origin", CUSTOMER_ORIGIN))
    return SignedOrder(order, passkey.assertion(order.digest(), origin, **how))  # type: ignore[arg-type]


def test_an_order_that_the_passkey_did_not_sign_leaves_no_withdrawal(world: World) -> None:
    order = world.order("w1").order
    stranger = world.deployment.customer("stranger")
    forged = SignedOrder(
        order,
        dataclasses.replace(
            stranger.assertion(order.digest(), CUSTOMER_ORIGIN),
            credential_id=world.deployment.customer("alice").credential.credential_id,
        ),
    )
    refused(world, forged, AssertionSignatureInvalid)
    assert count_withdrawals(world) == 0
    with transaction(world.plane.engine) as connection:
        attempts = connection.execute(select(failed_assertions.c.customer)).scalars().all()
    assert attempts == ["alice"], "the risk engine is told that somebody tried"


def test_user_verification_origin_and_venue_are_required(world: World) -> None:
    order = world.order("w1").order
    refused(world, signed_by(world, order, user_verified=False), AssertionUserNotVerified)
    refused(world, signed_by(world, order, origin="https://evil.example"), AssertionWrongOrigin)
    elsewhere = dataclasses.replace(order, venue="Another Exchange")
    refused(world, signed_by(world, elsewhere), OrderMismatch)
    assert count_withdrawals(world) == 0


def test_an_order_becomes_invalid_when_its_time_passes(world: World) -> None:
    signed = world.order("w1")
    world.clock.advance(signed.order.expires_at_s - world.clock.now_s())
    refused(world, signed, OrderExpired)


def test_dust_and_orders_that_end_too_soon_are_refused_before_they_can_hold_others_up(world: World) -> None:
    assert refused(world, world.order("w1", 293), PaymentBelowDust).code == "chains.payment_below_dust"
    order = dataclasses.replace(world.order("w2").order, expires_at_s=world.clock.now_s() + 3_600)
    assert refused(world, signed_by(world, order), OrderExpiresTooSoon).code == "withdrawal.expires_too_soon"


def test_a_waiting_order_that_expires_gives_its_amount_back(world: World) -> None:
    world.request("w1")
    assert end_expired_withdrawals(world.plane) == 0
    world.clock.advance(DAY_S)
    assert end_expired_withdrawals(world.plane) == 1
    view = find_withdrawal(world.plane, "w1")
    assert (view.state, view.code) == (WithdrawalState.REFUSED, "order.expired")
    assert held_sat(world) == 0


def test_an_unknown_customer_is_refused(world: World) -> None:
    assert refused(world, world.order("w1", customer="nobody"), CustomerUnknown).code == "customer.unknown"


def test_cancelling_gives_the_amount_back_until_a_payout_takes_it_up(world: World) -> None:
    world.request("w1")
    cancel_withdrawal(world.plane, "w1")
    assert find_withdrawal(world.plane, "w1").state is WithdrawalState.CANCELLED
    assert held_sat(world) == 0
    world.request("w2", destination=bitcoin_address(8))
    plan_payout(world.plane, "hot")
    with pytest.raises(WithdrawalFinal):
        cancel_withdrawal(world.plane, "w2")
    with pytest.raises(WithdrawalFinal):
        cancel_withdrawal(world.plane, "w1")
    with pytest.raises(WithdrawalUnknown):
        cancel_withdrawal(world.plane, "w9")
