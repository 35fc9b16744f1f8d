"""Every signer holds the raw transaction against the approved intent: each difference is refused with its own code.

Transactions are altered with embit, which shares no code with what the signers parse them by.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from embit.script import Script
from embit.transaction import Transaction, TransactionInput, TransactionOutput

from holdfast.amounts import Amount
from holdfast.authority import Intent, Payment
from holdfast.chains.bitcoin import script_to_address
from holdfast.custody import Movement, plan_payout
from holdfast.demo.deployment import VAULT
from holdfast.signer import CHANGE_CHAIN, CHANGE_WINDOW, P2TR_PREFIX, RECEIVE_CHAIN
from signer_rig import FEE_SAT, SIGNED, Takeover
from world import bitcoin_address, copy_world

Changes = dict[str, Any]

FOREIGN = P2TR_PREFIX + bytes.fromhex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
"""The taproot script of a key that is not the vault's: the curve's generator."""

PAYMENTS = (("first", 15_000_000), ("second", 15_000_000), ("third", 4_000_000))
"""Two equal amounts and a smaller one, each to its own destination."""

CHANGE = len(PAYMENTS)
"""The change's place among the outputs."""


@dataclass
class Case:
    """An approved movement of three payments with change, and another one whose coins can be borrowed."""

    takeover: Takeover
    movement: Movement
    other: Movement

    def altered(self, alter: Callable[[Transaction], object], **changes: Any) -> Changes:
        """The request's changes for an altered transaction."""
        raw = Transaction.parse(self.movement.plan.raw)
        alter(raw)
        return {"transaction": raw.serialize(), **changes}

    def with_input(self, source: Transaction, vout: int, path: tuple[int, ...]) -> Changes:
        """One more input, its value going to the fee."""
        plan = self.movement.plan
        paths = (*(coin.path for coin in plan.inputs), path)
        spent = TransactionInput(source.txid(), vout, sequence=0xFFFFFFFD)
        return self.altered(
            lambda raw: raw.vin.append(spent),
            previous_transactions=(*plan.raw_previous, source.serialize()),
            input_paths=paths,
        )


def batch(takeover: Takeover) -> Intent:
    """One intent that pays all of :data:`PAYMENTS`, approved by three."""
    for tag, (reference, value_sat) in enumerate(PAYMENTS, 1):
        takeover.world.request(reference, value_sat, bitcoin_address(tag))
    intent = plan_payout(takeover.plane, VAULT, [reference for reference, _ in PAYMENTS])
    takeover.world.approve(intent)
    return intent


def case_of(takeover: Takeover) -> Case:
    """The batch, and another movement out of other coins."""
    intent = batch(takeover)
    other = takeover.world.approved("other", 9_960_000)
    return Case(takeover, takeover.movement(intent), takeover.movement(other))


@pytest.fixture(scope="module")
def case(shared: Takeover) -> Case:
    """The movement that every alteration starts from."""
    return case_of(shared)


# What differs in the outputs


def flip_destination(case: Case) -> Changes:
    """One byte of a destination."""

    def alter(raw: Transaction) -> None:
        script = bytearray(raw.vout[0].script_pubkey.data)
        script[-1] ^= 1
        raw.vout[0].script_pubkey = Script(bytes(script))

    return case.altered(alter)


def pay(output: int, sat: int, funded_by: int = CHANGE) -> Callable[[Case], Changes]:
    """So many satoshi more for an output, taken from another."""

    def change(case: Case) -> Changes:
        def alter(raw: Transaction) -> None:
            raw.vout[output].value += sat
            raw.vout[funded_by].value -= sat

        return case.altered(alter)

    return change


def flip_amount(case: Case) -> Changes:
    """One byte of an amount."""

    def alter(raw: Transaction) -> None:
        raw.vout[0].value ^= 1 << 8

    return case.altered(alter)


def drop_payment(case: Case) -> Changes:
    """A payment is left out, for the fee."""
    return case.altered(lambda raw: raw.vout.pop(0))


def merge_payments(case: Case) -> Changes:
    """Both equal payments go to the first destination."""

    def alter(raw: Transaction) -> None:
        raw.vout[1].script_pubkey = raw.vout[0].script_pubkey

    return case.altered(alter)


def exchange_amounts(case: Case) -> Changes:
    """The first and the third destination get each other's amount."""

    def alter(raw: Transaction) -> None:
        raw.vout[0].value, raw.vout[2].value = raw.vout[2].value, raw.vout[0].value

    return case.altered(alter)


def extra_output(sat: int, script: bytes = FOREIGN) -> Callable[[Case], Changes]:
    """One more output, out of the change."""

    def change(case: Case) -> Changes:
        def alter(raw: Transaction) -> None:
            raw.vout[CHANGE].value -= sat
            raw.vout.append(TransactionOutput(sat, Script(script)))

        return case.altered(alter)

    return change


def second_change(case: Case) -> Changes:
    """The change comes back in two parts, both of them to the right address."""
    return extra_output(1_000, case.takeover.script(CHANGE_CHAIN, 0))(case)


def foreign_change(case: Case) -> Changes:
    """The change goes to another key, under the honest path."""

    def alter(raw: Transaction) -> None:
        raw.vout[CHANGE].script_pubkey = Script(FOREIGN)

    return case.altered(alter)


def change_at(*path: int) -> Callable[[Case], Changes]:
    """The change goes to the vault's own address at a path that is claimed for it."""

    def change(case: Case) -> Changes:
        script = case.takeover.script(*path)
        return case.altered(lambda raw: setattr(raw.vout[CHANGE], "script_pubkey", Script(script)), change_path=path)

    return change


def unclaimed_change(_case: Case) -> Changes:
    """An honest change output, without a path."""
    return {"change_path": None}


def burned_change(case: Case) -> Changes:
    """The change goes to the fee."""
    return case.altered(lambda raw: raw.vout.pop(CHANGE), change_path=None)


def fee_above(case: Case) -> Changes:
    """One satoshi more than the maximum."""

    def alter(raw: Transaction) -> None:
        raw.vout[CHANGE].value -= FEE_SAT + 1 - case.movement.plan.fee_sat

    return case.altered(alter)


# What differs in the inputs


def other_coin(case: Case) -> Changes:
    """A coin of the vault instead of the conflict key."""
    coin = case.other.plan.inputs[0]

    def alter(raw: Transaction) -> None:
        raw.vin[0].txid, raw.vin[0].vout = bytes.fromhex(coin.outpoint.txid), coin.outpoint.vout
        raw.vout[CHANGE].value = coin.value_sat - sum(sat for _, sat in PAYMENTS) - 1_000

    return case.altered(alter, previous_transactions=(coin.raw_previous,), input_paths=(coin.path,))


def foreign_input(case: Case) -> Changes:
    """A coin that another key holds, under a path of the vault."""
    source = Transaction(2, [TransactionInput(bytes(32), 0)], [TransactionOutput(9_000, Script(FOREIGN))])
    return case.with_input(source, 0, (RECEIVE_CHAIN, 0))


def untaprooted_input(case: Case) -> Changes:
    """A coin of another kind of script, whose amount the signature would not commit to."""
    script = Script(b"\x00\x14" + bytes(20))
    return case.with_input(
        Transaction(2, [TransactionInput(bytes(32), 0)], [TransactionOutput(9_000, script)]), 0, (0, 0)
    )


def input_path(*path: int) -> Callable[[Case], Changes]:
    """The honest coin under another path."""
    return lambda _case: {"input_paths": (path,)}


def false_amount(case: Case) -> Changes:
    """A previous transaction that says one satoshi less: what the fee would be hidden by."""
    previous = Transaction.parse(case.movement.plan.raw_previous[0])
    previous.vout[case.movement.plan.inputs[0].outpoint.vout].value -= 1
    return {"previous_transactions": (previous.serialize(),)}


def same_input_twice(case: Case) -> Changes:
    """The conflict key spent twice."""
    plan = case.movement.plan
    return case.altered(
        lambda raw: raw.vin.append(raw.vin[0]),
        previous_transactions=plan.raw_previous * 2,
        input_paths=(plan.inputs[0].path,) * 2,
    )


# What differs in the form


def header(**values: int) -> Callable[[Case], Changes]:
    """Another version or lock time."""

    def change(case: Case) -> Changes:
        def alter(raw: Transaction) -> None:
            for name, value in values.items():
                setattr(raw, name, value)

        return case.altered(alter)

    return change


def sequence(number: int) -> Callable[[Case], Changes]:
    """Another sequence number."""
    return lambda case: case.altered(lambda raw: setattr(raw.vin[0], "sequence", number))


def already_signed(case: Case) -> Changes:
    """A transaction that carries a witness."""
    raw = case.movement.plan.raw
    marked = raw[:4] + b"\x00\x01" + raw[4:-4] + b"\x01\x40" + bytes(64) + raw[-4:]
    return {"transaction": marked}


def raw_bytes(*, before: bytes = b"", after: bytes = b"", cut: int = 0) -> Callable[[Case], Changes]:
    """Bytes that are not exactly one transaction."""

    def change(case: Case) -> Changes:
        raw = case.movement.plan.raw
        return {"transaction": before + raw[: len(raw) - cut] + after}

    return change


REFUSED: dict[str, tuple[Callable[[Case], Changes], str]] = {
    "one byte of the destination": (flip_destination, "transaction.destination_differs"),
    "the second destination twice": (merge_payments, "transaction.destination_differs"),
    "one byte of the amount": (flip_amount, "transaction.amount_differs"),
    "one satoshi more": (pay(0, 1), "transaction.amount_differs"),
    "one satoshi less": (pay(CHANGE, 1, funded_by=0), "transaction.amount_differs"),
    "one payment at another's cost": (pay(0, 1, funded_by=1), "transaction.amount_differs"),
    "exchanged amounts": (exchange_amounts, "transaction.amount_differs"),
    "a payment left out": (drop_payment, "transaction.payment_missing"),
    "an extra output": (extra_output(10_000), "transaction.output_unexpected"),
    "an extra output of nothing": (extra_output(0), "transaction.output_unexpected"),
    "a payment made twice": (
        extra_output(4_000_000, b"\x00\x14" + (3).to_bytes(20, "big")),
        "transaction.output_unexpected",
    ),
    "change in two parts": (second_change, "transaction.output_unexpected"),
    "change without a path": (unclaimed_change, "transaction.output_unexpected"),
    "foreign change": (foreign_change, "transaction.change_foreign"),
    "change elsewhere than claimed": (lambda _case: {"change_path": (CHANGE_CHAIN, 1)}, "transaction.change_foreign"),
    "change on the receive chain": (change_at(RECEIVE_CHAIN, 0), "transaction.change_out_of_range"),
    "change on a third chain": (change_at(2, 0), "transaction.change_out_of_range"),
    "change deeper than the chain": (change_at(CHANGE_CHAIN, 0, 0), "transaction.change_out_of_range"),
    "change to the root": (lambda _case: {"change_path": ()}, "transaction.change_out_of_range"),
    "change beyond the window": (change_at(CHANGE_CHAIN, CHANGE_WINDOW), "transaction.change_out_of_range"),
    "change at a hardened index": (lambda _case: {"change_path": (1, 2**31)}, "transaction.change_out_of_range"),
    "change at a negative index": (lambda _case: {"change_path": (1, -1)}, "transaction.change_out_of_range"),
    "fee a satoshi above": (fee_above, "transaction.fee_above_maximum"),
    "change burned as fee": (burned_change, "transaction.fee_above_maximum"),
    "another coin than the conflict key": (other_coin, "transaction.conflict_key_not_spent"),
    "a foreign input": (foreign_input, "transaction.input_foreign"),
    "an input of another address": (input_path(RECEIVE_CHAIN, 1), "transaction.input_foreign"),
    "an input's path too short": (input_path(RECEIVE_CHAIN), "transaction.input_foreign"),
    "an input's path too long": (input_path(RECEIVE_CHAIN, 0, 0), "transaction.input_foreign"),
    "an input on a third chain": (input_path(2, 0), "transaction.input_foreign"),
    "an input's path negative": (input_path(RECEIVE_CHAIN, -1), "transaction.input_foreign"),
    "an input's path hardened": (input_path(RECEIVE_CHAIN, 2**31), "transaction.input_foreign"),
    "no path for an input": (lambda _case: {"input_paths": ()}, "transaction.input_foreign"),
    "a path too many": (lambda _case: {"input_paths": ((0, 0), (0, 0))}, "transaction.input_foreign"),
    "a coin that is not of taproot": (untaprooted_input, "chains.spend_invalid"),
    "the conflict key spent twice": (same_input_twice, "chains.spend_invalid"),
    "a false previous amount": (false_amount, "chains.previous_transaction_mismatch"),
    "another previous transaction": (
        lambda case: {"previous_transactions": case.other.plan.raw_previous[:1]},
        "chains.previous_transaction_mismatch",
    ),
    "no previous transaction": (lambda _case: {"previous_transactions": ()}, "chains.previous_transaction_mismatch"),
    "version 1": (header(version=1), "transaction.form_forbidden"),
    "version 3": (header(version=3), "transaction.form_forbidden"),
    "a lock time in blocks": (header(locktime=1), "transaction.form_forbidden"),
    "a lock time in seconds": (header(locktime=1_790_000_000), "transaction.form_forbidden"),
    "a relative lock in blocks": (sequence(1), "transaction.form_forbidden"),
    "a relative lock in time": (sequence(0x00400001), "transaction.form_forbidden"),
    "an unknown sequence": (sequence(0xFFFFFFFC), "transaction.form_forbidden"),
    "a witness": (already_signed, "chains.spend_invalid"),
    "no transaction": (raw_bytes(cut=10_000), "chains.transaction_malformed"),
    "a transaction cut short": (raw_bytes(cut=1), "chains.transaction_malformed"),
    "a byte after the transaction": (raw_bytes(after=b"\x00"), "chains.transaction_malformed"),
}


@pytest.mark.parametrize(("change", "code"), REFUSED.values(), ids=REFUSED)
def test_every_signer_refuses_and_records_nothing(case: Case, change: Callable[[Case], Changes], code: str) -> None:
    before = case.takeover.records()
    assert case.takeover.verdicts(case.movement, **change(case)) == {code}
    assert case.takeover.records() == before


def test_amounts_are_of_the_vaults_asset(case: Case) -> None:
    # 10^12 wei are a millionth of an ether to whoever approves it, and 10,000 bitcoin as a number of satoshi.
    fee = case.takeover.reissued(case.movement, maximum_fee=Amount("ETH", 10**12))
    assert case.takeover.verdicts(fee, **burned_change(case)) == {"transaction.asset_differs"}
    payments = tuple(
        Payment(Amount("ETH", payment.amount.units), payment.destination, None) for payment in fee.intent.payments
    )
    paid = case.takeover.reissued(case.movement, payments=payments)
    assert case.takeover.verdicts(paid) == {"transaction.asset_differs"}


def test_honest_transaction_is_signed_after_all_refusals(case: Case) -> None:
    assert case.takeover.sign(case.movement) == {SIGNED}


# What may differ


@pytest.fixture
def own(signer_template: Path, tmp_path: Path) -> Iterator[Case]:
    """A movement of this test's own."""
    world = copy_world(signer_template, tmp_path / "world")
    yield case_of(Takeover(world))
    world.close()


def reorder(case: Case) -> Changes:
    """Outputs in another order: nobody gets anything else."""
    return case.altered(lambda raw: raw.vout.reverse())


def exchange_equals(case: Case) -> Changes:
    """The two payments of equal amount in each other's place."""

    def alter(raw: Transaction) -> None:
        raw.vout[0], raw.vout[1] = raw.vout[1], raw.vout[0]

    return case.altered(alter)


def fee_at_maximum(case: Case) -> Changes:
    """Exactly the maximum fee."""

    def alter(raw: Transaction) -> None:
        raw.vout[CHANGE].value -= FEE_SAT - case.movement.plan.fee_sat

    return case.altered(alter)


def second_coin(case: Case) -> Changes:
    """One more coin of the vault, all of it coming back."""
    coin = case.other.plan.inputs[0]
    changes = case.with_input(Transaction.parse(coin.raw_previous), coin.outpoint.vout, coin.path)
    raw = Transaction.parse(changes["transaction"])
    raw.vout[CHANGE].value += coin.value_sat
    return {**changes, "transaction": raw.serialize()}


ACCEPTED: dict[str, Callable[[Case], Changes]] = {
    "outputs in another order": reorder,
    "equal payments exchanged": exchange_equals,
    "exactly the maximum fee": fee_at_maximum,
    "one more coin of the vault": second_coin,
    "the last change address": change_at(CHANGE_CHAIN, CHANGE_WINDOW - 1),
    "final sequences": sequence(0xFFFFFFFF),
}


@pytest.mark.parametrize("change", ACCEPTED.values(), ids=ACCEPTED)
def test_differences_that_change_nothing_are_signed(own: Case, change: Callable[[Case], Changes]) -> None:
    assert own.takeover.verdicts(own.movement, **change(own)) == {SIGNED}


def test_payment_to_the_vaults_own_address_is_one_more_payment(takeover: Takeover) -> None:
    address = script_to_address(takeover.script(CHANGE_CHAIN, 0), "regtest")
    payment = takeover.house_payment(1_000_000, address)
    # The payment and the change go to one address; were one output to stand for both, a payment would go missing.
    assert takeover.verdicts(payment) == {SIGNED}
    raw = Transaction.parse(payment.plan.raw)
    raw.vout.pop(0)
    assert takeover.verdicts(payment, transaction=raw.serialize()) == {"transaction.amount_differs"}
