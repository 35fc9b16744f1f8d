"""The one place that speaks to ``py-bitcoinkernel``: Bitcoin Core's consensus code, on regtest.

Its chain state lives in memory and its block files in a scratch folder, both rebuilt from the journal at start
(200 blocks take 20 ms).
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pbk
from pbk.script import PrecomputedTransactionData

from holdfast.demo.bitcoin_node.errors import BlockRejected


class Kernel:
    """Validates blocks and scripts, and holds the tree of blocks."""

    def __init__(self, scratch: Path) -> None:
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        self._refusals: dict[str, str] = {}
        callbacks = pbk.ValidationInterfaceCallbacks(block_checked=self._block_checked)
        context = pbk.make_context(pbk.ChainType.REGTEST, validation_callbacks=callbacks)
        options = pbk.ChainstateManagerOptions(context, str(scratch), str(scratch / "blocks"))
        options.update_block_tree_db_in_memory(True)
        options.update_chainstate_db_in_memory(True)
        self._manager = pbk.ChainstateManager(options)
        self._chain = self._manager.get_active_chain()

    def _block_checked(self, _user: object, block: pbk.Block, state: pbk.BlockValidationState) -> None:
        if state.validation_mode != pbk.ValidationMode.VALID:
            self._refusals[str(block.block_hash)] = state.block_validation_result.name.lower()

    def height(self) -> int:
        """The height of the best block."""
        return int(self._chain.height)

    def hash_at(self, height: int) -> str:
        """The hash of the best chain's block at ``height``, which must be between 0 and the tip's."""
        return str(self._chain.block_tree_entries[height].block_hash)

    def find(self, block_hash: str) -> tuple[int, bytes] | None:
        """Height and raw bytes of a block, on the best chain or beside it; None if it was never accepted."""
        try:
            entry = self._manager.block_tree_entries[pbk.BlockHash(bytes.fromhex(block_hash)[::-1])]
            return int(entry.height), bytes(self._manager.blocks[entry])
        except (KeyError, ValueError, RuntimeError):
            return None

    def accept(self, raw: bytes) -> str:
        """Give a block to the consensus code and return its hash. It may join the best chain, or wait beside it.

        :raises BlockRejected: malformed or invalid, or its branch turned out to be.
        """
        self._refusals.clear()
        try:
            block = pbk.Block(raw)
        except RuntimeError:
            raise BlockRejected("not a block") from None
        # The kernel reads a block and ignores what follows it.
        if bytes(block) != raw:
            raise BlockRejected("bytes after the block")
        try:
            self._manager.process_block(block)
        except pbk.ProcessBlockException as fault:
            reason = next(iter(self._refusals.values()), f"code {fault.code}")
            raise BlockRejected(f"the consensus rules refuse block {block.block_hash}: {reason}") from None
        # process_block reports success for a block that it stored and then found invalid: the callback knows.
        if self._refusals:
            refused, reason = next(iter(self._refusals.items()))
            raise BlockRejected(f"the consensus rules refuse block {refused}: {reason}")
        return str(block.block_hash)


def first_invalid_input(raw: bytes, spent: Sequence[tuple[int, bytes]]) -> int | None:
    """Run every input's script of a transaction against the outputs (value_sat, script) that it spends, in order.

    :return: the index of the first input that fails, or None.
    :raises ValueError: not a transaction.
    """
    try:
        transaction = pbk.Transaction(raw)
    except RuntimeError:
        raise ValueError("not a transaction") from None
    outputs = [pbk.TransactionOutput(pbk.ScriptPubkey(script), value_sat) for value_sat, script in spent]
    precomputed = PrecomputedTransactionData(transaction, outputs)
    for index, (value_sat, script) in enumerate(spent):
        flags = pbk.ScriptVerificationFlags.ALL
        if not pbk.ScriptPubkey(script).verify(value_sat, transaction, precomputed, index, flags):
            return index
    return None
