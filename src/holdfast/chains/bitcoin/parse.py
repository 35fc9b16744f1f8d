"""What a signer reads for itself before it signs: addresses, and the raw transaction with what it spends.

Pure: bytes in, values out, parsed by rust-bitcoin in the core. Nothing here asks a node or trusts the caller.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from holdfast import _core
from holdfast.chains import errors
from holdfast.chains.bitcoin.types import Outpoint, Output

_NAMED: dict[type[_core.CoreError], type[errors.ChainError]] = {
    _core.AddressMalformed: errors.AddressMalformed,
    _core.AddressOfOtherNetwork: errors.AddressOfOtherNetwork,
    _core.NetworkUnknown: errors.NetworkUnknown,
    _core.NumberOutOfRange: errors.TransactionMalformed,
    _core.PreviousTransactionMismatch: errors.PreviousTransactionMismatch,
    _core.ScriptWithoutAddress: errors.ScriptWithoutAddress,
    _core.SpendInvalid: errors.SpendInvalid,
    _core.TransactionMalformed: errors.TransactionMalformed,
}


@contextmanager
def core_faults_as_chain_errors() -> Iterator[None]:
    """The core's faults under this domain's names and codes."""
    try:
        yield
    except _core.CoreError as fault:
        named = _NAMED.get(type(fault), errors.ChainError)
        raise named(str(fault)) from None


@dataclass(frozen=True, slots=True)
class SpentCoin:
    """An input with the output that it spends, as that output's own transaction states it."""

    outpoint: Outpoint
    sequence: int
    value_sat: int
    script: bytes


@dataclass(frozen=True, slots=True)
class DecodedSpend:
    """An unsigned transaction of taproot key spends, every input proven by its previous transaction.

    ``vsize`` is exact for the signed transaction. ``sighashes`` are 32 bytes, one an input (BIP 341, key path,
    ``SIGHASH_DEFAULT``): what the key's holders sign, and nothing else.
    """

    txid: str
    inputs: tuple[SpentCoin, ...]
    outputs: tuple[Output, ...]
    lock_time: int
    fee_sat: int
    vsize: int
    sighashes: tuple[bytes, ...]

    def spends(self, outpoint: Outpoint) -> bool:
        """Whether one of the inputs is this coin, such as the conflict key that every version of an intent spends."""
        return any(each.outpoint == outpoint for each in self.inputs)


def decode_spend(raw: bytes, previous: Sequence[bytes]) -> DecodedSpend:
    """Read an unsigned transaction and check it against the previous transaction of each input, in their order.

    Amounts come from the previous transactions, whose txids are recomputed: a false amount or script cannot pass.

    :raises TransactionMalformed: one of them is not exactly one transaction.
    :raises PreviousTransactionMismatch: one is missing, or not the one that its input names.
    :raises SpendInvalid: already signed, an output spent twice, more spent than there is, or a coin not of taproot.
    """
    with core_faults_as_chain_errors():
        checked = _core.check_spend(raw, list(previous))
        transaction = checked.transaction
        inputs = tuple(
            SpentCoin(Outpoint(each.txid, each.vout), each.sequence, spent.value, spent.script)
            for each, spent in zip(transaction.inputs, checked.spent, strict=True)
        )
        return DecodedSpend(
            txid=transaction.txid,
            inputs=inputs,
            outputs=tuple(Output(each.script, each.value) for each in transaction.outputs),
            lock_time=transaction.lock_time,
            fee_sat=checked.fee,
            vsize=_core.estimated_vsize(len(inputs), [each.script for each in transaction.outputs]),
            sighashes=tuple(checked.taproot_sighashes),
        )


def address_to_script(address: str, network: str) -> bytes:
    """The output script of a P2PKH, P2SH, P2WPKH, P2WSH or P2TR address.

    :param network: ``main``, ``testnet``, ``signet`` or ``regtest``.
    :raises AddressMalformed: not an address, or one to which coins would be lost.
    :raises AddressOfOtherNetwork: a good address of another network.
    :raises NetworkUnknown: no such network.
    """
    with core_faults_as_chain_errors():
        return _core.address_script(address, network)


def script_to_address(script: bytes, network: str) -> str:
    """The address that stands for an output script.

    :raises ScriptWithoutAddress: none does.
    :raises NetworkUnknown: no such network.
    """
    with core_faults_as_chain_errors():
        return _core.script_address(script, network)
