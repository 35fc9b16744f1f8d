"""The port through which everything else sees a chain, and the values that pass through it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class BlockRef:
    """Where a block is: its height and its hash, 64 hex digits in the order that people write them."""

    height: int
    hash: str


@dataclass(frozen=True, slots=True)
class Block:
    """A block: its place, its parent, the time its maker wrote into it, and its raw transactions in order."""

    ref: BlockRef
    previous_hash: str
    time_s: int
    transactions: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class TransactionStatus:
    """A transaction that the node knows. Unconfirmed: ``block`` is None and ``confirmations`` 0."""

    raw: bytes
    block: BlockRef | None
    confirmations: int


class Chain(Protocol):
    """One node of one chain. Every call may raise :class:`~holdfast.chains.ChainUnavailable`.

    A node is believed about what it was asked, never more: crediting needs several of them to agree.
    """

    @property
    def network(self) -> str:
        """The network that this node follows, such as ``bitcoin`` or ``regtest``."""
        ...

    def tip(self) -> BlockRef:
        """The best block."""
        ...

    def block_hash(self, height: int) -> str | None:
        """The hash of the best chain's block at this height, or None above the tip."""
        ...

    def block(self, block_hash: str) -> Block:
        """The block of this hash, on the best chain or beside it.

        :raises BlockUnknown: the node does not have it.
        """
        ...

    def broadcast(self, raw: bytes) -> str:
        """Give a signed transaction to the network and return its txid. Safe to repeat, for ever.

        :raises BroadcastRefused: invalid, or in conflict with one that pays more or is confirmed.
        """
        ...

    def transaction(self, txid: str) -> TransactionStatus | None:
        """The transaction if it waits or is confirmed on the best chain; None if the node does not know it."""
        ...
