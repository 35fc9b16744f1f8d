"""What a block means to us: coins that came, and coins of ours that went. Pure."""

from collections.abc import Container
from dataclasses import dataclass

from holdfast.chains.bitcoin.serialisation import read_transaction
from holdfast.chains.bitcoin.types import Outpoint
from holdfast.chains.types import Block, BlockRef


@dataclass(frozen=True, slots=True)
class Receipt:
    """A new coin on one of our scripts. A coinbase's coins cannot be spent before 100 blocks follow.

    ``raw_transaction`` is without its witnesses: all that its txid commits to, and all that a later spend has to show.
    """

    outpoint: Outpoint
    value_sat: int
    script: bytes
    raw_transaction: bytes
    is_coinbase: bool


@dataclass(frozen=True, slots=True)
class Spend:
    """A watched coin was spent, by the transaction ``txid``."""

    outpoint: Outpoint
    txid: str
    raw_transaction: bytes


@dataclass(frozen=True, slots=True)
class BlockFindings:
    """Everything in one block that concerns us, in the block's order."""

    ref: BlockRef
    receipts: tuple[Receipt, ...]
    spends: tuple[Spend, ...]


def scan_block(block: Block, scripts: Container[bytes], watched: Container[Outpoint]) -> BlockFindings:
    """Find receipts on ``scripts`` and spends of ``watched`` coins, or of coins that this block itself brought.

    :raises TransactionMalformed: never for a block that came through the ``Chain`` port, which parsed it whole.
    """
    receipts: dict[Outpoint, Receipt] = {}
    spends: list[Spend] = []
    for raw in block.transactions:
        transaction = read_transaction(raw)
        spent = [each.outpoint for each in transaction.inputs]
        ours = [outpoint for outpoint in spent if outpoint in watched or outpoint in receipts]
        spends += [Spend(outpoint, transaction.txid, raw) for outpoint in ours]
        for vout, output in enumerate(transaction.outputs):
            if output.script in scripts:
                outpoint = Outpoint(transaction.txid, vout)
                receipts[outpoint] = Receipt(
                    outpoint, output.value_sat, output.script, transaction.stripped, transaction.is_coinbase
                )
    return BlockFindings(block.ref, tuple(receipts.values()), tuple(spends))
