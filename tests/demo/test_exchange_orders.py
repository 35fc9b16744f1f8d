"""A customer's withdrawal: the order as drafted is what is shown, signed and placed, once."""

from dataclasses import replace
from typing import Any

import pytest

from cli_rig import SANCTIONED
from exchange_rig import ELSEWHERE, Customer
from holdfast.amounts import Amount
from holdfast.custody import (
    WithdrawalState,
    approve_payout,
    broadcast_payout,
    claim_payout,
    end_expired_withdrawals,
    find_withdrawal,
    sign_payout,
    withdrawal_views,
)
from holdfast.demo.deployment import PERSONS
from holdfast.demo.exchange import plan_waiting
from holdfast.demo.exchange.orders import DRAFT_LASTS_S, ORDER_LASTS_S
from holdfast.demo.exchange.words import NOT_NOW, REFUSED
from holdfast.store import snapshot
from world import DAY_S, World, bitcoin_address

TO = bitcoin_address(7)


def shown(customer: Customer, reference: str) -> Any:
    (row,) = [row for row in customer.account()["withdrawals"] if row["reference"] == reference]
    return row


def tell(customer: Customer, reference: str) -> tuple[int, str, str]:
    row = shown(customer, reference)
    return row["step"], row["title"], row["words"]


def requests(world: World) -> int:
    with snapshot(world.plane.engine) as connection:
        return len(list(withdrawal_views(connection)))


def test_the_order_says_what_was_asked_for(world: World, alice: Customer) -> None:
    order = alice.drafted(" 0.25 ", f" {TO} ")
    assert (order.venue, order.customer) == (world.plane.genesis.venue, "alice")
    assert (order.amount, order.destination) == (Amount("BTC", 25_000_000), TO)
    assert order.expires_at_s == world.clock.now_s() + ORDER_LASTS_S
    assert alice.drafted("0.25", TO).reference != order.reference
    assert requests(world) == 0


def test_what_the_passkey_signed_is_requested(world: World, alice: Customer) -> None:
    reference = alice.withdraw("0.25", TO)
    view = find_withdrawal(world.plane, reference)
    assert (view.customer, view.amount, view.destination) == ("alice", Amount("BTC", 25_000_000), TO)
    assert view.state is WithdrawalState.SCREENED
    assert alice.account()["balance"] == {
        "available": "2.75 BTC",
        "held": "0.25 BTC",
        "total": "3 BTC",
        "holds_some": True,
    }


@pytest.mark.parametrize("altered", [{"amount": Amount("BTC", 26_000_000)}, {"destination": bitcoin_address(8)}])
def test_an_order_altered_between_showing_and_signing_is_refused(
    world: World, alice: Customer, altered: dict[str, Any]
) -> None:
    order = alice.drafted("0.25", TO)
    posted = alice.signed(replace(order, **altered))
    words = alice.refused("/withdrawals", posted, 409, "assertion.of_another")
    assert words == "What your passkey signed is not what was shown here. Nothing was done."
    assert requests(world) == 0
    alice.refused("/withdrawals", alice.signed(order), 409, "exchange.order_not_drafted")


@pytest.mark.parametrize(
    ("how", "code"),
    [({"origin": ELSEWHERE}, "assertion.wrong_origin"), ({"user_verified": False}, "assertion.user_not_verified")],
)
def test_how_the_order_is_signed_matters(world: World, alice: Customer, how: dict[str, Any], code: str) -> None:
    alice.refused("/withdrawals", alice.signed(alice.drafted("0.25", TO), **how), 409, code)
    assert requests(world) == 0


def test_an_order_signed_by_another_passkey_is_refused(alice: Customer, newcomer: Customer) -> None:
    order = alice.drafted("0.25", TO)
    alice.refused("/withdrawals", newcomer.signed(order), 409, "assertion.credential_unknown")


def test_a_sign_in_is_no_order(world: World, alice: Customer) -> None:
    order = alice.drafted("0.25", TO)
    assertion = alice.answer(alice.asked_in())["assertion"]
    posted = {"reference": order.reference, "assertion": assertion}
    alice.refused("/withdrawals", posted, 409, "assertion.of_another")


def test_an_order_is_placed_once(world: World, alice: Customer) -> None:
    order = alice.drafted("0.25", TO)
    posted = alice.signed(order)
    assert alice.post("/withdrawals", posted).json() == {"reference": order.reference, "state": "screened"}
    alice.refused("/withdrawals", posted, 409, "exchange.order_not_drafted")
    assert requests(world) == 1


def test_a_draft_does_not_wait_for_ever(world: World, alice: Customer) -> None:
    posted = alice.signed(alice.drafted("0.25", TO))
    world.clock.advance(DRAFT_LASTS_S)
    alice.refused("/withdrawals", posted, 409, "exchange.order_not_drafted")


def test_nobody_places_or_cancels_what_is_anothers(alice: Customer, newcomer: Customer) -> None:
    newcomer.open_account("carla")
    order = alice.drafted("0.25", TO)
    newcomer.refused("/withdrawals", alice.signed(order), 409, "exchange.order_not_drafted")
    alice.post("/withdrawals", alice.signed(order))
    newcomer.refused("/withdrawals/cancel", {"reference": order.reference}, 404, "withdrawal.unknown")
    assert shown(alice, order.reference)["can_be_cancelled"]


@pytest.mark.parametrize(
    ("wish", "status", "code"),
    [
        (("", TO), 400, "amount.malformed"),
        (("-1", TO), 400, "amount.malformed"),
        (("1e3", TO), 400, "amount.malformed"),
        (("0.000000001", TO), 400, "amount.malformed"),
        (("0", TO), 400, "amount.not_positive"),
        (("9" * 60, TO), 400, "amount.out_of_range"),
        (("0.1", ""), 400, "authority.malformed"),
        (("0.1", "bücher"), 400, "authority.malformed"),
        (("0.1", "x" * 129), 400, "authority.malformed"),
        (("0.1", "x" * 201), 400, "exchange.malformed"),
        (("0.1", "bcrt1qnobody"), 400, "chains.address_malformed"),
        (("0.1", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"), 400, "chains.address_of_other_network"),
        (("0.00000001", TO), 400, "chains.payment_below_dust"),
        (("3.01", TO), 409, "ledger.insufficient_funds"),
        (("10.1", TO), 409, "policy.denied"),
    ],
)
def test_nobody_signs_what_would_be_refused(
    world: World, alice: Customer, wish: tuple[str, str], status: int, code: str
) -> None:
    amount, destination = wish
    words = alice.refused("/withdrawals/draft", {"amount": amount, "destination": destination}, status, code)
    assert words.endswith(".")
    assert words not in (NOT_NOW, REFUSED)
    assert requests(world) == 0


def test_a_sanctioned_destination_is_refused_and_that_somebody_tried_is_kept(world: World, alice: Customer) -> None:
    order = alice.drafted("0.1", SANCTIONED)
    words = alice.refused("/withdrawals", alice.signed(order), 409, "screening.destination_sanctioned")
    assert "sanctions list" in words
    row = shown(alice, order.reference)
    assert (row["title"], row["code"], row["words"]) == ("Refused", "screening.destination_sanctioned", words)
    assert find_withdrawal(world.plane, order.reference).state is WithdrawalState.REFUSED


def test_what_was_drafted_within_the_balance_may_be_beyond_it_when_it_is_signed(alice: Customer) -> None:
    first, second = alice.drafted("2", TO), alice.drafted("2", TO)
    assert alice.post("/withdrawals", alice.signed(first)).status_code == 200
    words = alice.refused("/withdrawals", alice.signed(second), 409, "ledger.insufficient_funds")
    assert words == "This is more than your available balance."
    assert shown(alice, second.reference)["title"] == "Refused"


def test_a_waiting_withdrawal_can_be_cancelled_once(alice: Customer) -> None:
    reference = alice.withdraw("0.25", TO)
    assert alice.post("/withdrawals/cancel", {"reference": reference}).status_code == 200
    assert shown(alice, reference)["title"] == "Cancelled"
    assert alice.account()["balance"]["available"] == "3 BTC"
    alice.refused("/withdrawals/cancel", {"reference": reference}, 409, "withdrawal.final")


def test_one_that_is_being_paid_can_no_longer_be_cancelled(world: World, alice: Customer) -> None:
    reference = alice.withdraw("0.25", TO)
    assert plan_waiting(world.plane, "hot") == 1
    assert not shown(alice, reference)["can_be_cancelled"]
    alice.refused("/withdrawals/cancel", {"reference": reference}, 409, "withdrawal.final")


def test_every_step_to_the_payment_is_told(world: World, alice: Customer) -> None:
    reference = alice.withdraw("0.25", TO)
    told = [tell(alice, reference)]
    plan_waiting(world.plane, "hot")
    told.append(tell(alice, reference))
    intent = find_withdrawal(world.plane, reference).intent
    assert intent is not None
    for person in PERSONS[:3]:
        approve_payout(world.plane, intent, world.deployment.approve(person, intent))
    told.append(tell(alice, reference))
    fence = claim_payout(world.plane, intent)
    sign_payout(world.plane, intent, fence)
    told.append(tell(alice, reference))
    broadcast_payout(world.plane, intent, fence)
    world.mine(1)
    told.append(tell(alice, reference))
    world.mine(2)
    told.append(tell(alice, reference))
    assert told == [
        (2, "Accepted", "It is being put into a payout. You can still cancel it."),
        (2, "Waiting for approval", "0 of 3 people have approved it."),
        (3, "Approved", "The signers check it once more, each for itself, and sign."),
        (3, "Signed", "It is about to be sent to the network."),
        (4, "Sent", "The network has it: 1 of 3 confirmations."),
        (5, "Paid", "It has arrived: confirmed on the network, booked in your account."),
    ]
    assert alice.account()["balance"]["total"] == "2.75 BTC"


def test_a_newcomers_withdrawal_is_held_back_and_told_why(world: World, newcomer: Customer) -> None:
    newcomer.open_account("carla")
    world.fund("carla", 100_000_000)
    reference = newcomer.withdraw("0.1", TO)
    assert plan_waiting(world.plane, "hot") == 0
    row = shown(newcomer, reference)
    assert (row["title"], row["tone"], row["can_be_cancelled"]) == ("Held back", "watch", True)
    assert row["reasons"][0] == "The risk engine says step_up"
    assert any("passkey changed" in reason for reason in row["reasons"])


def test_it_goes_on_once_the_risk_engine_allows_it(world: World, newcomer: Customer) -> None:
    newcomer.open_account("carla")
    world.fund("carla", 100_000_000)
    world.clock.advance(DAY_S)
    newcomer.sign_in()
    reference = newcomer.withdraw("0.1", TO)
    assert plan_waiting(world.plane, "hot") == 1
    assert shown(newcomer, reference)["title"] == "Waiting for approval"


def test_an_order_that_expires_is_given_up_and_told(world: World, alice: Customer) -> None:
    reference = alice.withdraw("0.25", TO)
    world.clock.advance(ORDER_LASTS_S)
    end_expired_withdrawals(world.plane)
    row = shown(alice.sign_in(), reference)
    assert (row["title"], row["code"]) == ("Refused", "order.expired")


def test_an_assertion_of_a_strange_form_is_refused(alice: Customer) -> None:
    order = alice.drafted("0.25", TO)
    posted = alice.signed(order)
    for spoilt in ({"signature": "!"}, {"signature": 7}, {"signature": "A" * 6_001}):
        alice.refused("/withdrawals", posted | {"assertion": posted["assertion"] | spoilt}, 400, "exchange.malformed")
    alice.refused("/withdrawals", posted | {"assertion": {}}, 409, "assertion.malformed")
    assert alice.post("/withdrawals", posted).status_code == 200


@pytest.mark.parametrize("reference", ["w-1\x00", "", "x" * 129])
def test_what_is_no_reference(alice: Customer, reference: str) -> None:
    alice.refused("/withdrawals/cancel", {"reference": reference}, 400, "exchange.malformed")
