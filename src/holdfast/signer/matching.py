"""Does the raw transaction do exactly what the intent says? Pure; parsed by rust-bitcoin from the raw bytes."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from holdfast.authority import Intent, outpoint_conflict_key
from holdfast.chains.bitcoin import DecodedSpend, Output, address_to_script, decode_spend
from holdfast.signer.errors import (
    AmountDiffers,
    AssetDiffers,
    ChangeForeign,
    ChangeOutOfRange,
    ConflictKeyNotSpent,
    DestinationDiffers,
    FeeAboveMaximum,
    InputForeign,
    OutputUnexpected,
    PaymentMissing,
    TransactionFormForbidden,
)

RECEIVE_CHAIN = 0
CHANGE_CHAIN = 1

CHANGE_WINDOW = 1_000
"""How many change addresses a vault has: change beyond them might never be found again by who restores the vault."""

MAX_INDEX = 2**31 - 1

TRANSACTION_VERSION = 2

ASSET = "BTC"
"""What every output and the fee of a transaction are of."""

P2TR_PREFIX = b"\x51\x20"

OutputKey = Callable[[tuple[int, ...]], bytes]
"""Derives a vault's 32-byte taproot output key from a path; the signer's own derivation, from its own share."""


@dataclass(frozen=True)
class MatchedTransaction:
    """A transaction that matches its intent: its id, each input's hash to sign and path, its fee."""

    txid: str
    sighashes: tuple[bytes, ...]
    paths: tuple[tuple[int, ...], ...]
    fee_sat: int


def match_transaction(
    intent: Intent,
    transaction: bytes,
    *,
    previous_transactions: tuple[bytes, ...],
    input_paths: tuple[tuple[int, ...], ...],
    change_path: tuple[int, ...] | None,
    output_key: OutputKey,
    network: str,
) -> MatchedTransaction:
    """Parse the raw bytes with their previous transactions and require that they carry out the intent.

    :raises TransactionDiffers: each difference has its own subclass and code.
    :raises HoldfastError: bytes that are no transaction, or previous transactions that are not its own.
    """
    _require_asset(intent)
    spend = decode_spend(transaction, previous_transactions)
    _require_form(transaction, spend)
    _require_inputs(spend, intent, input_paths, output_key)
    change_script = _change_script(change_path, output_key)
    _require_outputs(spend, intent, change_script, network)
    if spend.fee_sat > intent.maximum_fee.units:
        raise FeeAboveMaximum(f"the fee is {spend.fee_sat} sat and the intent allows {intent.maximum_fee.units}")
    return MatchedTransaction(spend.txid, spend.sighashes, input_paths, spend.fee_sat)


def _require_asset(intent: Intent) -> None:
    # Units of another asset, compared as satoshi, would be another amount than the one that people approved.
    if (intent.asset, intent.maximum_fee.asset) != (ASSET, ASSET):
        raise AssetDiffers(f"a transaction of {ASSET} for {intent.asset[:20]} and a fee in {intent.maximum_fee.asset}")


def _require_form(transaction: bytes, spend: DecodedSpend) -> None:
    # A lock time, or a relative lock by a version-2 sequence, would let a relay hold the payment back at will.
    if int.from_bytes(transaction[:4], "little") != TRANSACTION_VERSION or spend.lock_time != 0:
        raise TransactionFormForbidden("only a version 2 transaction without a lock time is signed")
    if any(spent_input.sequence < 0xFFFFFFFD for spent_input in spend.inputs):
        raise TransactionFormForbidden("an input carries a relative lock")


def _require_inputs(
    spend: DecodedSpend, intent: Intent, paths: tuple[tuple[int, ...], ...], output_key: OutputKey
) -> None:
    if len(paths) != len(spend.inputs):
        raise InputForeign(f"{len(spend.inputs)} inputs and {len(paths)} paths")
    for position, (path, spent_coin) in enumerate(zip(paths, spend.inputs, strict=True)):
        if len(path) != 2 or path[0] not in (RECEIVE_CHAIN, CHANGE_CHAIN) or not 0 <= path[1] <= MAX_INDEX:
            raise InputForeign(f"input {position} claims a path that no address of the vault has")
        if spent_coin.script != P2TR_PREFIX + output_key(path):
            raise InputForeign(f"input {position} is not the vault's at its path")
    spent = {outpoint_conflict_key(each.outpoint.txid, each.outpoint.vout) for each in spend.inputs}
    if intent.conflict_key not in spent:
        raise ConflictKeyNotSpent("the transaction does not spend the intent's conflict key")


def _change_script(change_path: tuple[int, ...] | None, output_key: OutputKey) -> bytes | None:
    if change_path is None:
        return None
    if len(change_path) != 2 or change_path[0] != CHANGE_CHAIN:
        raise ChangeOutOfRange("change goes to the vault's change chain")
    if not 0 <= change_path[1] < CHANGE_WINDOW:
        raise ChangeOutOfRange(f"change index {change_path[1]} is not one of a vault's {CHANGE_WINDOW}")
    return P2TR_PREFIX + output_key(change_path)


def _require_outputs(spend: DecodedSpend, intent: Intent, change_script: bytes | None, network: str) -> None:
    # Whoever proposes chooses both numbers, and a signer judges one request at a time: comparing each with each would
    # let a single one keep officers from freezing.
    if len(spend.outputs) > len(intent.payments) + 1:
        raise OutputUnexpected(f"{len(spend.outputs)} outputs are more than {len(intent.payments)} payments and change")
    left, unmatched = Counter(spend.outputs), list[tuple[str, Output]]()
    for payment in intent.payments:
        wanted = Output(address_to_script(payment.destination, network), payment.amount.units)
        if left[wanted]:
            left[wanted] -= 1
        else:
            unmatched.append((payment.destination, wanted))
    rest = list(left.elements())
    for destination, wanted in unmatched:
        _refuse_unmatched(destination, wanted, rest)
    if change_script is None:
        if rest:
            raise OutputUnexpected(f"{len(rest)} outputs are no payment of the intent")
        return
    change = [output for output in rest if output.script == change_script]
    if not change:
        raise ChangeForeign("no output returns the change to the address derived from its path")
    if len(rest) > 1:
        raise OutputUnexpected(f"{len(rest) - 1} outputs are neither a payment nor the change")


def _refuse_unmatched(destination: str, wanted: Output, rest: list[Output]) -> None:
    if any(output.script == wanted.script for output in rest):
        raise AmountDiffers(f"the output to {destination} is not the approved {wanted.value_sat} sat")
    if any(output.value_sat == wanted.value_sat for output in rest):
        raise DestinationDiffers(f"an output of {wanted.value_sat} sat does not pay the approved {destination}")
    raise PaymentMissing(f"no output pays {wanted.value_sat} sat to {destination}")
