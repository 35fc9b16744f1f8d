"""The best chain, indexed: every block, every transaction, every unspent output. Kept in memory, block by block."""

from dataclasses import dataclass

from holdfast.chains import Block, BlockRef
from holdfast.chains.bitcoin import Outpoint, ReadTransaction, read_transaction

COINBASE_MATURITY = 100
"""Blocks that must follow a coinbase before its outputs can be spent, itself included."""


@dataclass(frozen=True, slots=True)
class UnspentOutput:
    """An output on the best chain that nothing on it spends."""

    value_sat: int
    script: bytes
    height: int
    is_coinbase: bool

    def is_mature_at(self, height: int) -> bool:
        """Whether a block at ``height`` may spend it."""
        return not self.is_coinbase or height - self.height >= COINBASE_MATURITY


@dataclass(frozen=True, slots=True)
class _ConnectedBlock:
    block: Block
    transactions: tuple[ReadTransaction, ...]
    spent: tuple[tuple[Outpoint, UnspentOutput], ...]


class ChainIndex:
    """What the kernel does not answer: where a transaction is, and what is unspent."""

    def __init__(self) -> None:
        self._blocks: list[_ConnectedBlock] = []
        self._places: dict[str, tuple[ReadTransaction, BlockRef]] = {}
        self.unspent: dict[Outpoint, UnspentOutput] = {}

    def height(self) -> int:
        """The height of the last connected block; -1 before the first."""
        return len(self._blocks) - 1

    def block_at(self, height: int) -> Block:
        """The connected block at this height."""
        return self._blocks[height].block

    def find(self, txid: str) -> tuple[ReadTransaction, BlockRef] | None:
        """A confirmed transaction and its block."""
        return self._places.get(txid)

    def connect(self, block: Block) -> None:
        """Add the block after the last one."""
        transactions = tuple(read_transaction(raw) for raw in block.transactions)
        spent: list[tuple[Outpoint, UnspentOutput]] = []
        for transaction in transactions:
            if not transaction.is_coinbase:
                outpoints = [each.outpoint for each in transaction.inputs]
                spent += [(outpoint, self.unspent.pop(outpoint)) for outpoint in outpoints]
            self._places[transaction.txid] = (transaction, block.ref)
            # Consensus never lets the genesis block's output be spent.
            if block.ref.height > 0:
                self._add_outputs(transaction, block.ref.height)
        self._blocks.append(_ConnectedBlock(block, transactions, tuple(spent)))

    def _add_outputs(self, transaction: ReadTransaction, height: int) -> None:
        for vout, output in enumerate(transaction.outputs):
            self.unspent[Outpoint(transaction.txid, vout)] = UnspentOutput(
                output.value_sat, output.script, height, transaction.is_coinbase
            )

    def disconnect(self) -> tuple[ReadTransaction, ...]:
        """Take the last block off again and return its transactions without the coinbase."""
        last = self._blocks.pop()
        self.unspent.update(last.spent)
        for transaction in last.transactions:
            del self._places[transaction.txid]
            for vout in range(len(transaction.outputs)):
                self.unspent.pop(Outpoint(transaction.txid, vout), None)
        return last.transactions[1:]

    def median_time_past_s(self) -> int:
        """The median of the last eleven blocks' times: the next block must be later (BIP 113)."""
        times = sorted(each.block.time_s for each in self._blocks[-11:])
        return times[len(times) // 2]
