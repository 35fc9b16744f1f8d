"""What a customer is told of their own account, and what keeps them from signing in vain."""

import pytest

from holdfast.amounts import Amount
from holdfast.authority import ALLOW, STEP_UP, WithdrawalOrder
from holdfast.chains import AddressMalformed, PaymentBelowDust
from holdfast.chains.bitcoin import address_to_script
from holdfast.custody import (
    CustomerUnknown,
    WithdrawalUnknown,
    approvals_needed,
    customer_balance,
    customer_of_credential,
    customer_view,
    deposit_address,
    deposit_views,
    follow_chain,
    payout_view,
    request_withdrawal,
    require_payable,
    withdrawal_decision,
    withdrawal_views,
)
from holdfast.ledger import InsufficientFunds
from holdfast.policy import PolicyDenied
from holdfast.store import snapshot, transaction
from world import CUSTOMER, DAY_S, DEPOSIT_SAT, World, bitcoin_address


def follow(world: World) -> None:
    while follow_chain(world.plane):
        pass


def test_a_customer_is_found_by_name_and_by_passkey(world: World) -> None:
    credential = world.deployment.customer(CUSTOMER).credential
    with snapshot(world.plane.engine) as connection:
        found = customer_of_credential(connection, credential.credential_id)
        assert found == customer_view(connection, CUSTOMER)
        assert (found.name, found.credential) == (CUSTOMER, credential)
        with pytest.raises(CustomerUnknown):
            customer_view(connection, "x")
        with pytest.raises(CustomerUnknown):
            customer_of_credential(connection, b"x")


def test_a_deposit_is_told_from_its_first_block_to_its_credit_and_back(world: World) -> None:
    world.enrol("bob")
    with transaction(world.plane.engine) as connection:
        address = deposit_address(connection, "hot", "bob")
    before = world.node.tip()
    world.node.fund(address_to_script(address, "regtest"), 1_000_000)
    told = []
    for _ in range(3):
        follow(world)
        with snapshot(world.plane.engine) as connection:
            (view,) = deposit_views(connection, "bob")
            told.append((view.amount.units, view.confirmations, view.credited))
        world.node.generate(1)
    assert told == [(1_000_000, 1, False), (1_000_000, 2, False), (1_000_000, 3, True)]
    world.node.mine_on(before.hash, 5)
    follow(world)
    with snapshot(world.plane.engine) as connection:
        (view,) = deposit_views(connection, "bob")
    assert (view.confirmations, view.credited) == (0, False), "gone for good, and taken back"


def test_a_balance_counts_what_is_held(world: World) -> None:
    world.request("w1", 20_000_000)
    with snapshot(world.plane.engine) as connection:
        balance = customer_balance(connection, CUSTOMER, "BTC")
        assert [view.reference for view in withdrawal_views(connection, customer=CUSTOMER)] == ["w1"]
        assert list(withdrawal_views(connection, customer="bob")) == []
    assert (balance.total.units, balance.held.units) == (DEPOSIT_SAT, 20_000_000)


def test_the_decision_about_a_newcomer_changes_with_time(world: World) -> None:
    world.request("w1")
    world.enrol("bob")
    world.fund("bob", 100_000_000)
    with snapshot(world.plane.engine) as connection:
        assert withdrawal_decision(connection, "w1", world.clock.now_s()).decision == ALLOW
        with pytest.raises(WithdrawalUnknown):
            withdrawal_decision(connection, "w2", world.clock.now_s())
    decisions = []
    for reference in ("early", "late"):
        request_withdrawal(world.plane, "hot", world.order(reference, 10_000_000, customer="bob"))
        with snapshot(world.plane.engine) as connection:
            decisions.append(withdrawal_decision(connection, reference, world.clock.now_s()).decision)
        world.clock.advance(DAY_S)
    assert decisions == [STEP_UP, ALLOW]


@pytest.mark.parametrize(("value_sat", "persons"), [(1_000_000, 1), (20_000_000, 3)])
def test_how_many_must_approve_follows_the_policy(world: World, value_sat: int, persons: int) -> None:
    intent = world.planned("w1", value_sat)
    with snapshot(world.plane.engine) as connection:
        assert approvals_needed(world.plane, payout_view(connection, intent.digest())) == persons


def order(world: World, value_sat: int, destination: str) -> WithdrawalOrder:
    return world.order("w1", value_sat, destination).order


def test_what_would_be_refused_is_refused_before_it_is_signed(world: World) -> None:
    to = bitcoin_address(7)
    require_payable(world.plane, "hot", order(world, 20_000_000, to))
    for refusal, value_sat, destination in (
        (AddressMalformed, 20_000_000, "nowhere"),
        (PaymentBelowDust, 1, to),
        (PolicyDenied, 1_100_000_000, to),
        (InsufficientFunds, DEPOSIT_SAT + 1, to),
    ):
        with pytest.raises(refusal):
            require_payable(world.plane, "hot", order(world, value_sat, destination))
    world.request("w2", DEPOSIT_SAT - 20_000_000 + 1)
    with pytest.raises(InsufficientFunds):
        require_payable(world.plane, "hot", order(world, 20_000_000, to))
    with snapshot(world.plane.engine) as connection:
        assert customer_balance(connection, CUSTOMER, "BTC").available == Amount("BTC", 19_999_999)
