"""Standing orders: officers approve routine movements once; every bound of them is each signer's to hold."""

import dataclasses
from typing import Any

import pytest

from holdfast.amounts import Amount
from holdfast.authority import Payment, StandingOrder
from holdfast.custody import Movement
from holdfast.demo.deployment import ASSET, PERSONS, VAULT
from holdfast.signer import StandingEvidence
from signer_rig import FEE_SAT, SIGNED, UNSIGNED_SHARE_SAT, Takeover
from world import DAY_S, NOW_S, bitcoin_address

COLD = bitcoin_address(50)
DAILY_SAT = 90_000_000
SHARE_OF_DAY_SAT = DAILY_SAT // 3
"""A signer's share of a standing order's daily cap, as of every other cap."""

TERMS: dict[str, Any] = {
    "purpose": "sweep",
    "vault": VAULT,
    "destinations": (COLD,),
    "payment_cap": Amount(ASSET, 20_000_000),
    "daily_cap": Amount(ASSET, DAILY_SAT),
    "daily_fee_budget": Amount(ASSET, 12 * FEE_SAT),
    "valid_from_s": NOW_S,
    "expires_at_s": NOW_S + 7 * DAY_S,
    "roster_version": 1,
}


def evidence(takeover: Takeover, officers: int = 3, **terms: Any) -> StandingEvidence:
    """A standing order with so many officers' approvals."""
    order = StandingOrder(**{**TERMS, **terms})
    approvals = (takeover.world.deployment.approve(person, order.digest()) for person in PERSONS[:officers])
    return StandingEvidence(order, tuple(approvals))


def sweep(takeover: Takeover, value_sat: int = 19_000_000, *, coin: int = 0, **changes: Any) -> Movement:
    """A payment to cold storage that nobody approves by itself."""
    standing = changes.pop("standing", None) or evidence(takeover)
    destination = changes.pop("destination", COLD)
    return takeover.house_payment(value_sat, destination, persons=0, coin=coin, standing=standing, **changes)


def test_sweep_needs_no_fresh_approval(takeover: Takeover) -> None:
    # More than what may leave without a customer's order otherwise.
    movement = sweep(takeover)
    assert movement.intent.total().units > UNSIGNED_SHARE_SAT
    assert takeover.sign(movement) == {SIGNED}


BEYOND: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "another destination": ({}, {"destination": bitcoin_address(51)}, "standing_order.exceeded"),
    "a payment above its cap": ({}, {"value_sat": 20_000_001}, "standing_order.exceeded"),
    "another vault": ({"vault": "warm"}, {}, "standing_order.exceeded"),
    "not begun yet": ({"valid_from_s": NOW_S + 1}, {}, "standing_order.exceeded"),
    "ended": ({"valid_from_s": NOW_S - DAY_S, "expires_at_s": NOW_S}, {}, "standing_order.exceeded"),
    "above the daily cap at once": ({"daily_cap": Amount(ASSET, 18_999_999)}, {}, "standing_order.exceeded"),
    "above the fee budget at once": ({"daily_fee_budget": Amount(ASSET, FEE_SAT - 1)}, {}, "standing_order.exceeded"),
    "of another asset": (
        {name: Amount("ETH", 10**18) for name in ("payment_cap", "daily_cap", "daily_fee_budget")},
        {},
        "standing_order.exceeded",
    ),
    "of the next roster": ({"roster_version": 2}, {}, "roster.version_unknown"),
    "above a signer's share of the day": ({"daily_cap": Amount(ASSET, 57_000_000)}, {}, "cap.exceeded"),
    "above a signer's share of the fees": ({"daily_fee_budget": Amount(ASSET, 3 * FEE_SAT - 1)}, {}, "cap.exceeded"),
}


@pytest.mark.parametrize(("terms", "payment", "code"), BEYOND.values(), ids=BEYOND)
def test_every_bound_is_held(shared: Takeover, terms: dict[str, Any], payment: dict[str, Any], code: str) -> None:
    before = shared.records()
    assert shared.verdicts(sweep(shared, standing=evidence(shared, **terms), **payment)) == {code}
    assert shared.records() == before


def test_standing_order_takes_a_quorum_of_officers(shared: Takeover) -> None:
    assert shared.verdicts(sweep(shared, standing=evidence(shared, officers=2))) == {"approval.quorum_not_reached"}
    widened = dataclasses.replace(evidence(shared), order=StandingOrder(**{**TERMS, "expires_at_s": NOW_S + 8 * DAY_S}))
    assert shared.verdicts(sweep(shared, standing=widened)) == {"assertion.of_another"}


def test_no_customers_payment_goes_under_a_standing_order(shared: Takeover) -> None:
    ordered = shared.world.order("swept", 1_000_000, COLD)
    payment = Payment(ordered.order.amount, COLD, ordered.order.digest())
    movement = shared.issued(payment, orders=(ordered,), persons=0, standing=evidence(shared))
    assert shared.verdicts(movement) == {"standing_order.exceeded"}


def test_risk_and_screening_hold_for_standing_orders_too(shared: Takeover) -> None:
    assert shared.verdicts(sweep(shared), attestation=None) == {"attestation.missing"}


def test_day_s_sums_add_up_and_pass(takeover: Takeover) -> None:
    standing = evidence(takeover)
    half = SHARE_OF_DAY_SAT // 2 - FEE_SAT
    assert takeover.verdicts(sweep(takeover, half, standing=standing)) == {SIGNED}
    assert takeover.verdicts(sweep(takeover, half + 1, coin=1, standing=standing)) == {"cap.exceeded"}
    assert takeover.verdicts(sweep(takeover, half, coin=2, standing=standing)) == {SIGNED}
    # Another standing order has a day of its own, within the vault's cap.
    other = evidence(takeover, purpose="consolidation")
    assert takeover.verdicts(sweep(takeover, half, coin=3, standing=other)) == {SIGNED}
    takeover.world.clock.advance(DAY_S - 1)
    assert takeover.verdicts(sweep(takeover, half, coin=4, standing=standing)) == {"cap.exceeded"}
    takeover.world.clock.advance(1)
    assert takeover.verdicts(sweep(takeover, half, coin=4, standing=standing)) == {SIGNED}


def test_fee_budget_of_the_day_is_spent(takeover: Takeover) -> None:
    standing = evidence(takeover, daily_fee_budget=Amount(ASSET, 6 * FEE_SAT))
    for coin in (0, 1):
        assert takeover.verdicts(sweep(takeover, 1_000_000, coin=coin, standing=standing)) == {SIGNED}
    assert takeover.verdicts(sweep(takeover, 1_000_000, coin=2, standing=standing)) == {"cap.exceeded"}


def test_standing_order_that_ended_moves_nothing(takeover: Takeover) -> None:
    standing = evidence(takeover)
    takeover.world.clock.advance(7 * DAY_S - 1)
    assert takeover.verdicts(sweep(takeover, standing=standing)) == {SIGNED}
    takeover.world.clock.advance(1)
    assert takeover.verdicts(sweep(takeover, coin=1, standing=standing)) == {"standing_order.exceeded"}
