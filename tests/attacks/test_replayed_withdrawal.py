"""What was approved once is presented again: for a second payment, to another quorum, after a restart.

Replays need no forgery, only patience; the first defence of every payment system. Each signer binds an intent to its
conflict key and a customer's order to its intent, for ever, and any two quorums of a majority have a signer in common.
"""

import dataclasses
import itertools

from embit.transaction import Transaction

from holdfast.demo.deployment import SIGNERS
from signer_rig import QUORUM, SIGNED, Takeover

QUORUMS = tuple(itertools.combinations(sorted(SIGNERS), 3))


def test_same_payment_under_a_new_intent_lacks_its_approvals(takeover: Takeover) -> None:
    first = takeover.house_payment(1_000_000)
    assert takeover.verdicts(first) == {SIGNED}
    second = takeover.house_payment(1_000_000, coin=1)
    assert second.intent.payments == first.intent.payments
    assert takeover.verdicts(second, approvals=first.approvals) == {"assertion.of_another"}


def test_one_order_through_two_intents_and_two_quorums_is_paid_once(takeover: Takeover) -> None:
    signed = takeover.world.order("once", 10_000_000)
    first, second = takeover.customer_payment(signed), takeover.customer_payment(signed, coin=1)
    assert takeover.sign(first, QUORUM) == {SIGNED}
    for quorum in QUORUMS:
        assert "order.already_settled" in takeover.begin(second, quorum).refusals.values(), quorum


def test_one_intent_offered_to_two_quorums_is_one_payment(takeover: Takeover) -> None:
    movement = takeover.movement(takeover.world.approved("honest", 20_000_000))
    other = Transaction.parse(movement.plan.raw)
    other.vout[-1].value -= 1_000
    bumped = dataclasses.replace(movement, plan=dataclasses.replace(movement.plan, raw=other.serialize()))
    assert takeover.sign(movement, QUORUMS[0]) == {SIGNED}
    assert takeover.sign(bumped, QUORUMS[-1]) == {SIGNED}
    # Both are signed and both spend the conflict key: the chain takes one of them.
    spent = [{(each.txid, each.vout) for each in Transaction.parse(each.plan.raw).vin} for each in (movement, bumped)]
    assert spent[0] & spent[1]


def test_one_intent_never_gets_a_second_conflict_key(takeover: Takeover) -> None:
    movement = takeover.movement(takeover.world.approved("honest", 20_000_000))
    assert takeover.sign(movement) == {SIGNED}
    elsewhere = takeover.house_payment(20_000_000, coin=0).plan
    codes = takeover.verdicts(
        movement,
        transaction=elsewhere.raw,
        previous_transactions=elsewhere.raw_previous,
        input_paths=tuple(coin.path for coin in elsewhere.inputs),
    )
    assert codes == {"transaction.conflict_key_not_spent"}
    rebound = takeover.reissued(movement, conflict_key="outpoint:" + "11" * 32 + ":0")
    assert takeover.verdicts(rebound) == {"transaction.conflict_key_not_spent"}


def test_attempts_after_a_restart_are_the_same_payment(takeover: Takeover) -> None:
    signed = takeover.world.order("once", 10_000_000)
    assert takeover.sign(takeover.customer_payment(signed)) == {SIGNED}
    for signer in SIGNERS:
        takeover.restart(signer)
    for quorum in QUORUMS:
        assert takeover.begin(takeover.customer_payment(signed, coin=2), quorum).refusals
