"""Coins leave as fee: to a miner who shares them, or to nobody at all.

A fee is no payment, so a rule that looks at payments alone does not see it. Here the maximum fee is part of what
people approve, of what policy and floors are asked about, and of what the caps count.
"""

import pytest

from holdfast.amounts import Amount
from holdfast.chains.bitcoin import Output, plan_spend
from holdfast.custody import Movement
from holdfast.demo.deployment import ASSET
from signer_rig import SHARE_SAT, SIGNED, Takeover, script_of
from world import bitcoin_address


def burning(takeover: Takeover, maximum_fee: Amount, persons: int) -> Movement:
    """A payment of a thousand satoshi, all the rest of a coin being its fee."""
    signed = takeover.world.order("tiny", 1_000, bitcoin_address(8))
    honest = takeover.customer_payment(signed, coin=1, persons=persons)
    (spent,) = honest.plan.inputs
    # No change: an output of the coin's whole worth is planned and left out again.
    outputs = [Output(script_of(bitcoin_address(8)), 1_000)]
    plan = plan_spend(
        [spent], outputs, honest.plan.change_script, fee_rate_sat_per_kvb=10**9, maximum_fee_sat=spent.value_sat
    )
    return takeover.reissued(honest, plan=plan, persons=persons, maximum_fee=maximum_fee)


def test_fee_above_the_approved_maximum(takeover: Takeover) -> None:
    movement = takeover.movement(takeover.world.approved("honest", 20_000_000))
    lower = takeover.reissued(movement, maximum_fee=Amount(ASSET, movement.plan.fee_sat - 1))
    assert takeover.verdicts(lower) == {"transaction.fee_above_maximum"}
    exact = takeover.reissued(movement, maximum_fee=Amount(ASSET, movement.plan.fee_sat))
    assert takeover.verdicts(exact) == {SIGNED}


def test_large_fee_takes_as_many_people_as_a_large_payment(takeover: Takeover) -> None:
    fee = Amount(ASSET, 40_000_000)
    lone = takeover.house_payment(1_000, persons=1, maximum_fee=fee)
    assert takeover.verdicts(lone) == {"policy.delay_not_elapsed"}
    signed = takeover.world.order("tiny", 1_000)
    for persons, code in ((1, "approval.quorum_not_reached"), (3, SIGNED)):
        movement = takeover.customer_payment(signed, persons=persons, maximum_fee=fee)
        assert takeover.verdicts(movement) == {code}


def test_fees_count_against_the_cap(takeover: Takeover) -> None:
    signed = takeover.world.order("tiny", 1_000)
    above = takeover.customer_payment(signed, maximum_fee=Amount(ASSET, SHARE_SAT - 999))
    assert takeover.verdicts(above) == {"cap.exceeded"}
    exactly = takeover.customer_payment(signed, maximum_fee=Amount(ASSET, SHARE_SAT - 1_000))
    assert takeover.verdicts(exactly) == {SIGNED}


@pytest.mark.parametrize("fee", [Amount("ETH", 10**18), Amount("ETH", 40_000_000)])
def test_fee_named_in_another_asset(takeover: Takeover, fee: Amount) -> None:
    # An ether to whoever approves it; ten billion bitcoin if its wei were taken for satoshi.
    assert takeover.verdicts(takeover.house_payment(1_000_000, maximum_fee=fee)) == {"transaction.asset_differs"}
