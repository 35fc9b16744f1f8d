"""Bitcoin's own values: where a coin is, what it is worth, what is to be paid."""

from dataclasses import dataclass
from typing import Protocol

from holdfast.chains.types import Chain


@dataclass(frozen=True, slots=True, order=True)
class Outpoint:
    """An output of a transaction: the txid as people write it (64 hex digits) and the output's index."""

    txid: str
    vout: int

    def __str__(self) -> str:
        """``txid:vout``, as nodes print it."""
        return f"{self.txid}:{self.vout}"


@dataclass(frozen=True, slots=True)
class Coin:
    """An unspent output of ours, spendable by the key at ``path``.

    ``raw_previous`` is the transaction that made it: signers recompute its txid and read the amount from it,
    so that nobody can lie to them about what they spend.
    """

    outpoint: Outpoint
    value_sat: int
    script: bytes
    path: tuple[int, ...]
    raw_previous: bytes


@dataclass(frozen=True, slots=True)
class Input:
    """What an input of a transaction spends, and its sequence number."""

    outpoint: Outpoint
    sequence: int


@dataclass(frozen=True, slots=True)
class Output:
    """``value_sat`` satoshi to whoever can satisfy ``script``."""

    script: bytes
    value_sat: int


class BitcoinChain(Chain, Protocol):
    """The :class:`~holdfast.chains.Chain` port with what only Bitcoin has."""

    def fee_rate_sat_per_kvb(self, target_blocks: int) -> int:
        """Satoshi per 1,000 virtual bytes to be confirmed within ``target_blocks`` (1 to 1,008), within bounds."""
        ...
