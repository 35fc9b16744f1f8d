"""A Bitcoin node behind the ``Chain`` port: bitcoind, or anything that speaks the same ten calls.

The node needs ``txindex=1``. Blocks are checked against the hashes that were asked for, transactions against
their txid; that the best chain is the best is the node's word, which crediting compares with a second node's.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any

from holdfast.chains.bitcoin.blocks import parse_block
from holdfast.chains.bitcoin.rpc_transport import JsonRpc, NodeRefusal, RpcEndpoint
from holdfast.chains.bitcoin.serialisation import read_transaction
from holdfast.chains.errors import (
    BlockUnknown,
    BroadcastRefused,
    ChainOfOtherNetwork,
    ChainUnavailable,
    TransactionMalformed,
)
from holdfast.chains.types import Block, BlockRef, TransactionStatus

SATOSHI_PER_BITCOIN = 10**8

# bitcoind's src/rpc/protocol.h: nothing of that name; a parameter out of its range; a transaction that does not
# decode, that has no inputs to spend, that the rules refuse, that is confirmed already.
_NOT_FOUND = -5
_OUT_OF_RANGE = -8
_REFUSALS = (-22, -25, -26, -27)


@dataclass(frozen=True, slots=True)
class FeeRateBounds:
    """What an estimate is held within, in satoshi per 1,000 virtual bytes, and what stands in for a missing one."""

    floor: int = 1_000
    ceiling: int = 500_000
    without_estimate: int = 5_000

    def bounded(self, estimate: int) -> int:
        """The estimate, but no less than the floor and no more than the ceiling."""
        return max(self.floor, min(self.ceiling, estimate))


def _is(kind: type, answer: Any, *path: str) -> Any:
    """The part of an answer at ``path``, which must be of exactly this kind."""
    for name in path:
        answer = answer.get(name) if isinstance(answer, dict) else None
    if type(answer) is not kind:
        raise ChainUnavailable(f"the node's answer has no {'.'.join(path) or kind.__name__} of the expected kind")
    return answer


def _bytes(answer: Any, *path: str) -> bytes:
    try:
        return bytes.fromhex(_is(str, answer, *path))
    except ValueError:
        raise ChainUnavailable("the node's answer is not hexadecimal") from None


class BitcoinRpc:
    """One node, reached by JSON-RPC. It implements ``BitcoinChain``; any thread may call it.

    ``network`` is ``main``, ``testnet``, ``signet`` or ``regtest``; a node that follows another is refused with
    :class:`~holdfast.chains.ChainOfOtherNetwork` at the first call.
    """

    def __init__(
        self,
        endpoint: RpcEndpoint,
        network: str,
        *,
        timeout_s: float = 30.0,
        fee_rate_bounds: FeeRateBounds | None = None,
    ) -> None:
        self.network = network
        self._rpc = JsonRpc(endpoint, timeout_s)
        self._fee_rate_bounds = fee_rate_bounds or FeeRateBounds()
        self._network_is_checked = False

    def call(self, method: str, *params: Any) -> Any:
        """The node's own answer to a call that the port does not have.

        :raises NodeRefusal: the node answered with an error.
        :raises ChainUnavailable: it did not answer.
        """
        if not self._network_is_checked:
            self._checked_info()
        return self._rpc.call(method, *params)

    def _checked_info(self) -> Any:
        info = self._rpc.call("getblockchaininfo")
        followed = {"test": "testnet"}.get(name := _is(str, info, "chain"), name)
        if followed != self.network:
            raise ChainOfOtherNetwork(f"the node follows {followed[:20]}, not {self.network}")
        self._network_is_checked = True
        return info

    def tip(self) -> BlockRef:
        """The best block."""
        info = self._checked_info()
        return BlockRef(_is(int, info, "blocks"), _is(str, info, "bestblockhash"))

    def block_hash(self, height: int) -> str | None:
        """The hash of the best chain's block at this height, or None above the tip."""
        try:
            return str(_is(str, self.call("getblockhash", height)))
        except NodeRefusal as refusal:
            if refusal.node_code == _OUT_OF_RANGE:
                return None
            raise

    def block(self, block_hash: str) -> Block:
        """The block of this hash.

        :raises BlockUnknown: the node does not have it.
        :raises BlockMalformed: the node sent another, or one that does not hold together.
        """
        try:
            height = _is(int, self.call("getblockheader", block_hash), "height")
            return parse_block(_bytes(self.call("getblock", block_hash, 0)), BlockRef(height, block_hash))
        except NodeRefusal as refusal:
            if refusal.node_code in (_NOT_FOUND, _OUT_OF_RANGE):
                raise BlockUnknown(f"no block {block_hash[:64]}") from None
            raise

    def broadcast(self, raw: bytes) -> str:
        """Give a signed transaction to the network and return its txid; safe to repeat.

        :raises BroadcastRefused: with the node's own reason.
        """
        try:
            txid = read_transaction(raw).txid
        except TransactionMalformed as fault:
            raise BroadcastRefused(str(fault)) from None
        try:
            self.call("sendrawtransaction", raw.hex())
        except NodeRefusal as refusal:
            # A node also refuses what it has confirmed (its inputs are spent: by itself).
            if self.transaction(txid) is not None:
                return txid
            if refusal.node_code in _REFUSALS:
                raise BroadcastRefused(refusal.message) from None
            raise
        return txid

    def transaction(self, txid: str) -> TransactionStatus | None:
        """The transaction if it waits or is confirmed on the best chain."""
        try:
            answer = self.call("getrawtransaction", txid, True)
            block_hash = answer.get("blockhash") if isinstance(answer, dict) else None
            header = None if block_hash is None else self.call("getblockheader", block_hash)
        except NodeRefusal as refusal:
            if refusal.node_code in (_NOT_FOUND, _OUT_OF_RANGE):
                return None
            raise
        raw = _bytes(answer, "hex")
        if self._txid(raw) != txid:
            raise ChainUnavailable(f"the node sent another transaction than {txid[:64]}")
        if header is None:
            return TransactionStatus(raw, None, 0)
        confirmations = _is(int, header, "confirmations")
        if confirmations < 1:
            # The node's index still names a block that the best chain left; nothing waits either.
            return None
        return TransactionStatus(raw, BlockRef(_is(int, header, "height"), _is(str, header, "hash")), confirmations)

    @staticmethod
    def _txid(raw: bytes) -> str | None:
        try:
            return read_transaction(raw).txid
        except TransactionMalformed:
            return None

    def fee_rate_sat_per_kvb(self, target_blocks: int) -> int:
        """The node's estimate to confirm within ``target_blocks``, within the configured bounds."""
        answer = self.call("estimatesmartfee", max(1, min(1_008, target_blocks)))
        if not isinstance(answer, dict):
            raise ChainUnavailable("the node's answer is not an estimate")
        rate = answer.get("feerate")
        if rate is None:
            return self._fee_rate_bounds.bounded(self._fee_rate_bounds.without_estimate)
        if type(rate) not in (Decimal, int) or not 0 <= rate < SATOSHI_PER_BITCOIN:
            raise ChainUnavailable("the node's answer is not an estimate")
        per_kvb = (Decimal(rate) * SATOSHI_PER_BITCOIN).to_integral_value(ROUND_CEILING)
        return self._fee_rate_bounds.bounded(int(per_kvb))
