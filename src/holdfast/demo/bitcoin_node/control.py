"""What a test network can do beyond the ``Chain`` port, asked of an embedded node in another process."""

from holdfast.chains.bitcoin import BitcoinRpc, Outpoint, script_to_address
from holdfast.demo.bitcoin_node.assembly import NODE_SCRIPT


class NodeControl:
    """Mine, fund and reorganise through a node's socket: the same verbs as ``EmbeddedNode`` has."""

    def __init__(self, rpc: BitcoinRpc) -> None:
        self._rpc = rpc

    def generate(self, count: int = 1, script: bytes = NODE_SCRIPT) -> list[str]:
        """Mine ``count`` blocks that pay to ``script``; their hashes."""
        hashes: list[str] = self._rpc.call("generatetoaddress", count, script_to_address(script, self._rpc.network))
        return hashes

    def mine_on(self, parent_hash: str, count: int, transactions: tuple[bytes, ...] = ()) -> list[str]:
        """Mine ``count`` blocks on any block, the first with ``transactions``; their hashes."""
        hashes: list[str] = self._rpc.call("mineon", parent_hash, count, *(raw.hex() for raw in transactions))
        return hashes

    def fund(self, script: bytes, value_sat: int) -> Outpoint:
        """Pay ``value_sat`` to ``script`` from the node's own coins, in a block; where the coin is."""
        answer = self._rpc.call("fund", script.hex(), value_sat)
        return Outpoint(answer["txid"], answer["vout"])
