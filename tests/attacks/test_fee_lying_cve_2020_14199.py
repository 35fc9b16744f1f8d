"""A signer is lied to about the amounts that it spends, so that what it signs burns the difference as fee.

CVE-2020-14199 (hardware wallets, June 2020): a segwit v0 signature commits to the amount of its own input only, so a
wallet that was asked twice could be made to sign two inputs under two false sets of amounts. Signers here read every
amount from the whole previous transaction, whose id they recompute; and a taproot signature commits to all of them.
"""

import itertools
from collections.abc import Callable

from embit.script import Script
from embit.transaction import Transaction, TransactionOutput

from holdfast.custody import Movement
from signer_rig import SIGNED, Takeover

Lie = Callable[[Transaction, int], object]


def _less(previous: Transaction, vout: int) -> None:
    previous.vout[vout].value -= 1_000_000


def _more(previous: Transaction, vout: int) -> None:
    previous.vout[vout].value += 1_000_000


def _another_script(previous: Transaction, vout: int) -> None:
    previous.vout[vout].script_pubkey = Script(b"\x51\x20" + bytes(31) + b"\x01")


def _another_output_first(previous: Transaction, vout: int) -> None:
    previous.vout.insert(0, TransactionOutput(1_000, previous.vout[vout].script_pubkey))


LIES: dict[str, Lie] = {
    "less": _less,
    "more": _more,
    "another script": _another_script,
    "another output first": _another_output_first,
}


def two_inputs(takeover: Takeover) -> Movement:
    """A movement out of two coins, which is what the attack needs."""
    takeover.world.approved("large", 28_000_000)
    # The largest coin is taken, so that this one needs two.
    movement = takeover.movement(takeover.world.approved("two coins", 60_000_000))
    assert len(movement.plan.inputs) == 2
    return movement


def test_false_previous_transaction_is_refused_for_each_input(takeover: Takeover) -> None:
    movement = two_inputs(takeover)
    for (name, lie), (position, coin) in itertools.product(LIES.items(), enumerate(movement.plan.inputs)):
        false = Transaction.parse(coin.raw_previous)
        lie(false, coin.outpoint.vout)
        previous = list(movement.plan.raw_previous)
        previous[position] = false.serialize()
        codes = takeover.verdicts(movement, previous_transactions=tuple(previous))
        assert codes == {"chains.previous_transaction_mismatch"}, (name, position)


def test_swapped_previous_transactions_are_refused(takeover: Takeover) -> None:
    movement = two_inputs(takeover)
    swapped = movement.plan.raw_previous[::-1]
    assert takeover.verdicts(movement, previous_transactions=swapped) == {"chains.previous_transaction_mismatch"}


def test_two_signings_do_not_mix_into_a_third(takeover: Takeover) -> None:
    # Shares are of one hash over all amounts, scripts and outputs: a share of one version fits no other version.
    movement = takeover.movement(takeover.world.approved("two versions", 20_000_000))
    cheaper = Transaction.parse(movement.plan.raw)
    cheaper.vout[-1].value -= 1_000
    first = takeover.request("bern", movement, attempt=b"same")
    second = takeover.request("bern", movement, attempt=b"same", transaction=cheaper.serialize())
    assert first.session() != second.session()
    assert takeover.ask("bern", first) == takeover.ask("bern", second) == SIGNED
