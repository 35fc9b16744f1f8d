"""The embedded node: consensus code, mempool, miner and index behind the ``Chain`` port, on one directory."""

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from holdfast._core import build_transaction
from holdfast.chains import Block, BlockRef, BlockUnknown, TransactionMalformed, TransactionStatus
from holdfast.chains.bitcoin import Outpoint, ReadTransaction, parse_block, read_transaction
from holdfast.clock import Clock, SystemClock
from holdfast.demo.bitcoin_node.assembly import NODE_SCRIPT, build_block, with_open_witnesses
from holdfast.demo.bitcoin_node.errors import BlockRejected, NodeFundsInsufficient
from holdfast.demo.bitcoin_node.index import COINBASE_MATURITY, ChainIndex, UnspentOutput
from holdfast.demo.bitcoin_node.journal import Journal, Kind
from holdfast.demo.bitcoin_node.kernel import Kernel
from holdfast.demo.bitcoin_node.mempool import MAX_STANDARD_WEIGHT, Mempool, Waiting

DEFAULT_FEE_RATE_SAT_PER_KVB = 5_000

_MAX_GENERATED = 1_000
_MAX_BLOCK_WEIGHT = 4_000_000 - MAX_STANDARD_WEIGHT
_FUNDING_FEE_SAT = 20_000


class EmbeddedNode:
    """A whole regtest node in this process. It implements ``BitcoinChain``; any thread may call it.

    Everything it accepted survives a kill at any instant, and a restart on the same ``directory``.

    :raises NodeDirectoryInUse: another process runs a node there.
    :raises JournalCorrupt: what it wrote there is damaged.
    """

    network = "regtest"

    def __init__(self, directory: Path, clock: Clock | None = None) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._clock = clock or SystemClock()
        self._lock = threading.RLock()
        self._journal = Journal(directory / "journal")
        self._index = ChainIndex()
        self._mempool = Mempool(self._index)
        self.advertised_fee_rate_sat_per_kvb = DEFAULT_FEE_RATE_SAT_PER_KVB
        try:
            self._kernel = Kernel(directory / "scratch")
            self._replay()
        except BaseException:
            self._journal.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Stop using the directory. Nothing is lost if this is never called."""
        with self._lock:
            self._journal.close()

    # The Chain port

    def tip(self) -> BlockRef:
        """The best block."""
        with self._lock:
            return self._index.block_at(self._index.height()).ref

    def block_hash(self, height: int) -> str | None:
        """The hash of the best chain's block at this height, or None above the tip."""
        with self._lock:
            return self._index.block_at(height).ref.hash if 0 <= height <= self._index.height() else None

    def block(self, block_hash: str) -> Block:
        """The block of this hash.

        :raises BlockUnknown: never accepted here.
        """
        with self._lock:
            found = self._kernel.find(block_hash)
        if found is None:
            raise BlockUnknown(f"no block {block_hash[:64]}")
        height, raw = found
        return parse_block(raw, BlockRef(height, block_hash))

    def raw_block(self, block_hash: str) -> bytes | None:
        """The serialised block of this hash, or None."""
        with self._lock:
            found = self._kernel.find(block_hash)
        return found and found[1]

    def broadcast(self, raw: bytes) -> str:
        """Let a transaction wait for a block and return its txid; one that is known already is left as it is.

        :raises BroadcastRefused: with Bitcoin Core's word for the reason.
        """
        with self._lock:
            known = self._known_txid(raw)
            if known is not None:
                return known
            txid = self._mempool.accept(raw)
            self._journal.append(Kind.TRANSACTION, raw)
            self._journal.sync()
            return txid

    def _known_txid(self, raw: bytes) -> str | None:
        try:
            txid = read_transaction(raw).txid
        except TransactionMalformed:
            return None
        return txid if self._index.find(txid) or self._mempool.find(txid) else None

    def transaction(self, txid: str) -> TransactionStatus | None:
        """The transaction if it waits or is on the best chain."""
        with self._lock:
            waiting = self._mempool.find(txid)
            if waiting is not None:
                return TransactionStatus(waiting.transaction.raw, None, 0)
            found = self._index.find(txid)
            if found is None:
                return None
            transaction, ref = found
            return TransactionStatus(transaction.raw, ref, self._index.height() - ref.height + 1)

    def waiting(self, txid: str) -> Waiting | None:
        """The unconfirmed transaction of this id and the fee that it pays."""
        with self._lock:
            return self._mempool.find(txid)

    def fee_rate_sat_per_kvb(self, target_blocks: int) -> int:  # noqa: ARG002 - every block of regtest is empty enough
        """Always :attr:`advertised_fee_rate_sat_per_kvb`: regtest has no fee market to estimate."""
        return self.advertised_fee_rate_sat_per_kvb

    # What only a test network can do

    def generate(self, count: int = 1, script: bytes = NODE_SCRIPT) -> list[str]:
        """Mine ``count`` blocks that pay to ``script``, the first with what waits; their hashes."""
        self._require_count(count)
        with self._lock:
            return [self._extend_tip(script) for _ in range(count)]

    def mine_on(self, parent_hash: str, count: int, transactions: Sequence[bytes] = ()) -> list[str]:
        """Mine ``count`` blocks on any known block, the first with ``transactions``. Longer wins: so one reorganises.

        :raises BlockUnknown: no such parent.
        :raises BlockRejected: a transaction that is invalid there.
        """
        self._require_count(count)
        with self._lock:
            parent = self.block(parent_hash)
            contents: Sequence[ReadTransaction] = [read_transaction(raw) for raw in transactions]
            hashes: list[str] = []
            for _ in range(count):
                raw = self._assembled(parent.ref, parent.time_s, NODE_SCRIPT, contents, fees_sat=0)
                hashes.append(self.submit_block(raw))
                parent, contents = self.block(hashes[-1]), ()
            return hashes

    def submit_block(self, raw: bytes) -> str:
        """Give the node a block that somebody made; its hash.

        :raises BlockRejected: malformed, or invalid by consensus.
        """
        with self._lock:
            known_tip = self._kernel.hash_at(self._kernel.height())
            accepted = self._kernel.accept(raw)
            # First the journal, then the index: what callers can see is on the disk.
            self._journal.append(Kind.BLOCK, raw)
            self._journal.sync()
            if self._kernel.hash_at(self._kernel.height()) != known_tip:
                self._follow_kernel()
            return accepted

    def fund(self, script: bytes, value_sat: int) -> Outpoint:
        """Pay ``value_sat`` to ``script`` from the node's own coins, in a block of its own; where the coin is.

        Coins of other people's making that wait are mined too. The node mines what maturity it lacks.

        :raises NodeFundsInsufficient: more than the node can mine together.
        """
        with self._lock:
            spent = self._own_coins(value_sat + _FUNDING_FEE_SAT)
            change_sat = sum(output.value_sat for _, output in spent) - value_sat - _FUNDING_FEE_SAT
            raw = build_transaction(
                [(outpoint.txid, outpoint.vout, 0xFFFFFFFD) for outpoint, _ in spent],
                [(value_sat, script), *([(change_sat, NODE_SCRIPT)] if change_sat > 1_000 else [])],
                0,
            )
            txid = self.broadcast(with_open_witnesses(raw))
            self.generate(1)
            return Outpoint(txid, 0)

    def _own_coins(self, value_sat: int) -> list[tuple[Outpoint, UnspentOutput]]:
        for _ in range(3):
            chosen, total_sat = [], 0
            for outpoint, output in sorted(self._spendable(), key=lambda each: -each[1].value_sat):
                chosen.append((outpoint, output))
                total_sat += output.value_sat
                if total_sat >= value_sat:
                    return chosen
            self.generate(COINBASE_MATURITY)
        raise NodeFundsInsufficient(f"the node cannot mine {value_sat} satoshi together")

    def _spendable(self) -> list[tuple[Outpoint, UnspentOutput]]:
        height = self._index.height() + 1
        taken = {each.outpoint for waiting in self._mempool for each in waiting.transaction.inputs}
        return [
            (outpoint, output)
            for outpoint, output in self._index.unspent.items()
            if output.script == NODE_SCRIPT and output.is_mature_at(height) and outpoint not in taken
        ]

    @staticmethod
    def _require_count(count: int) -> None:
        if not 1 <= count <= _MAX_GENERATED:
            raise BlockRejected(f"from 1 to {_MAX_GENERATED} blocks are mined at once")

    def _extend_tip(self, script: bytes) -> str:
        contents, fees_sat, weight = [], 0, 0
        for waiting in self._mempool:
            weight += waiting.transaction.weight
            if weight > _MAX_BLOCK_WEIGHT:
                break
            contents.append(waiting.transaction)
            fees_sat += waiting.fee_sat
        raw = self._assembled(self.tip(), self._index.median_time_past_s(), script, contents, fees_sat)
        return self.submit_block(raw)

    def _assembled(
        self, parent: BlockRef, earliest_s: int, script: bytes, contents: Sequence[ReadTransaction], fees_sat: int
    ) -> bytes:
        time_s = max(self._clock.now_s(), earliest_s + 1)
        return build_block(
            parent, time_s=time_s, script=script, transactions=contents, fees_sat=fees_sat, tag=time.time_ns()
        )

    def _follow_kernel(self) -> None:
        """Bring the index to the kernel's best chain, and what waits with it."""
        returned: tuple[ReadTransaction, ...] = ()
        while self._index.height() >= 0 and not self._kernel_has(self._index.block_at(self._index.height()).ref):
            returned = self._index.disconnect() + returned
        for height in range(self._index.height() + 1, self._kernel.height() + 1):
            self._index.connect(self.block(self._kernel.hash_at(height)))
        self._mempool.rebuild(returned)

    def _kernel_has(self, ref: BlockRef) -> bool:
        return ref.height <= self._kernel.height() and self._kernel.hash_at(ref.height) == ref.hash

    def _replay(self) -> None:
        transactions = []
        for kind, payload in self._journal.records():
            if kind is Kind.BLOCK:
                self._kernel.accept(payload)
            else:
                transactions.append(read_transaction(payload))
        self._follow_kernel()
        self._mempool.rebuild(tuple(transactions))
