"""The stand-ins of the demonstration: a faucet, a miner, approvers, two customers; each within its bounds."""

import pytest

from exchange_rig import Customer
from holdfast.custody import PayoutState, claim_payout, find_withdrawal, follow_chain, payout_view, sign_payout
from holdfast.demo.exchange import plan_waiting
from holdfast.demo.exchange.simulation import EPOCHS_APART_S
from holdfast.store import snapshot
from world import World, bitcoin_address

TO = bitcoin_address(7)


def follow(world: World) -> None:
    """Let the control plane follow what the simulation has mined."""
    while follow_chain(world.plane):
        pass


def test_the_faucet_pays_and_the_deposit_is_counted_until_it_counts(world: World, newcomer: Customer) -> None:
    newcomer.open_account("carla")
    assert newcomer.post("/simulation/fund", {}).json() == {"amount": "0.5 BTC"}
    told = []
    for _ in range(3):
        follow(world)
        (deposit,) = newcomer.account()["deposits"]
        told.append((deposit["amount"], deposit["words"], newcomer.account()["balance"]["total"]))
        newcomer.post("/simulation/mine", {})
    assert told == [
        ("0.5 BTC", "1 of 3 confirmations", "0 BTC"),
        ("0.5 BTC", "2 of 3 confirmations", "0 BTC"),
        ("0.5 BTC", "Credited", "0.5 BTC"),
    ]


def test_a_deposit_that_a_reorganisation_took_is_told(world: World, newcomer: Customer) -> None:
    newcomer.open_account("carla")
    before = world.node.tip()
    newcomer.post("/simulation/fund", {})
    follow(world)
    world.node.mine_on(before.hash, 2)
    follow(world)
    (deposit,) = newcomer.account()["deposits"]
    assert (deposit["words"], deposit["tone"]) == ("In no block any more", "watch")


def test_the_faucet_has_a_bottom(world: World, alice: Customer) -> None:
    for _ in range(4):
        assert alice.post("/simulation/fund", {}).status_code == 200
        follow(world)
    assert "5 BTC" in alice.refused("/simulation/fund", {}, 409, "exchange.faucet_empty")


def test_a_visitor_alone_sees_a_payout_through(world: World, newcomer: Customer) -> None:
    assert newcomer.post("/simulation/sign-in", {"customer": "alice"}).json() == {"customer": "alice"}
    order = newcomer.drafted("0.25", TO)
    assert newcomer.post("/simulation/sign", {"reference": order.reference}).json()["state"] == "screened"
    plan_waiting(world.plane, "hot")
    (waiting,) = newcomer.account()["simulation"]["payouts"]
    assert (waiting["total"], waiting["needed"]) == ("0.25 BTC", 3)
    states = [
        newcomer.post("/simulation/approve", {"person": person, "intent": waiting["intent"]}).json()["state"]
        for person in ("ada", "ben", "ada", "emi")
    ]
    assert states == ["awaiting", "awaiting", "awaiting", "approved"]
    assert newcomer.account()["simulation"]["payouts"] == []
    intent = find_withdrawal(world.plane, order.reference).intent
    assert intent is not None
    sign_payout(world.plane, intent, claim_payout(world.plane, intent))
    with snapshot(world.plane.engine) as connection:
        assert payout_view(connection, intent).state is PayoutState.SIGNED
    answer = newcomer.post("/simulation/approve", {"person": "dov", "intent": waiting["intent"]})
    assert answer.json()["error"]["code"] == "payout.not_awaited"


@pytest.mark.parametrize("customer", ["", "carla", "ada", "../alice"])
def test_nobody_else_is_stood_in_for(world: World, newcomer: Customer, customer: str) -> None:
    newcomer.refused("/simulation/sign-in", {"customer": customer}, 400, "exchange.stand_in_unknown")
    assert not (world.deployment.directory / "people" / "customer-carla.cbor").exists()


def test_who_signed_in_with_a_passkey_signs_with_it(alice: Customer) -> None:
    order = alice.drafted("0.25", TO)
    alice.refused("/simulation/sign", {"reference": order.reference}, 400, "exchange.stand_in_unknown")


def test_nobody_but_the_persons_approves(world: World, alice: Customer) -> None:
    alice.withdraw("0.25", TO)
    plan_waiting(world.plane, "hot")
    (waiting,) = alice.account()["simulation"]["payouts"]
    for person in ("mallory", "alice", ""):
        body = {"person": person, "intent": waiting["intent"]}
        alice.refused("/simulation/approve", body, 400, "exchange.stand_in_unknown")
    alice.refused("/simulation/approve", {"person": "ada", "intent": "0" * 64}, 400, "payout.unknown")


def test_one_withdrawal_makes_one_payout_and_trouble_with_one_keeps_no_other(world: World, alice: Customer) -> None:
    first, second = alice.withdraw("0.25", TO), alice.withdraw("0.5", TO)
    assert plan_waiting(world.plane, "hot") == 2
    assert find_withdrawal(world.plane, first).intent != find_withdrawal(world.plane, second).intent
    assert plan_waiting(world.plane, "hot") == 0


def test_epochs_are_not_published_without_end(world: World, alice: Customer) -> None:
    assert alice.post("/simulation/publish", {}).json() == {"epoch": 1}
    alice.refused("/simulation/publish", {}, 409, "exchange.epoch_too_soon")
    world.clock.advance(EPOCHS_APART_S)
    assert alice.post("/simulation/publish", {}).json() == {"epoch": 2}
