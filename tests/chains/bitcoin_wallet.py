"""A taproot key and coins on it, made with embit: an implementation that shares no code with ours."""

import hashlib
from collections.abc import Sequence

from embit import ec
from embit.script import Script
from embit.script import p2tr as embit_p2tr
from embit.transaction import Transaction, TransactionInput, TransactionOutput

from holdfast.chains.bitcoin import Coin, Outpoint


class Wallet:
    """One key, its taproot script, and as many coins on it as are wanted."""

    def __init__(self, seed: bytes = b"a wallet of the tests") -> None:
        self._key = ec.PrivateKey(hashlib.sha256(seed).digest())
        self.script: bytes = embit_p2tr(self._key).data
        self._made = 0

    def coin(self, value_sat: int) -> Coin:
        """A coin in a transaction that no chain has; each has another txid."""
        self._made += 1
        source = TransactionInput(hashlib.sha256(b"nowhere").digest(), self._made)
        previous = Transaction(2, [source], [TransactionOutput(value_sat, Script(self.script))])
        return self.coin_in(previous.serialize(), 0)

    def coin_in(self, raw_previous: bytes, vout: int) -> Coin:
        """The coin that this transaction's output is."""
        previous = Transaction.parse(raw_previous)
        value_sat = previous.vout[vout].value
        return Coin(Outpoint(previous.txid().hex(), vout), value_sat, self.script, (0, 0), raw_previous)

    def signatures(self, raw: bytes, coins: Sequence[Coin]) -> list[bytes]:
        """A signature for each input, over the hash that embit computes."""
        transaction = Transaction.parse(raw)
        scripts, values = [Script(coin.script) for coin in coins], [coin.value_sat for coin in coins]
        key = self._key.taproot_tweak(b"")
        hashes = [transaction.sighash_taproot(index, scripts, values) for index in range(len(coins))]
        return [key.schnorr_sign(each).serialize() for each in hashes]


def spend_of(coins: Sequence[Coin], outputs: Sequence[tuple[bytes, int]]) -> bytes:
    """An unsigned transaction from these coins, serialised by embit."""
    inputs = [TransactionInput(bytes.fromhex(coin.outpoint.txid), coin.outpoint.vout) for coin in coins]
    made = Transaction(2, inputs, [TransactionOutput(value, Script(script)) for script, value in outputs])
    raw: bytes = made.serialize()
    return raw
