"""The embedded node and a full node agree: each accepts the other's blocks, byte for byte the same chain.

Run where ``HOLDFAST_BITCOIND`` names a bitcoind of at least version 28, or Bitcoin Knots.
"""

import os
from pathlib import Path

from chains.chain_rigs import full_node, open_spend
from holdfast.chains.bitcoin import Output
from holdfast.demo.bitcoin_node import NODE_SCRIPT, EmbeddedNode

if "HOLDFAST_BITCOIND" in os.environ:

    def test_two_nodes_follow_one_chain(node: EmbeddedNode, tmp_path: Path) -> None:
        with full_node(os.environ["HOLDFAST_BITCOIND"], tmp_path) as rig:
            coin = rig.fund(NODE_SCRIPT, 100_000)
            for height in range(1, rig.chain.tip().height + 1):
                node.submit_block(bytes.fromhex(rig.chain.call("getblock", rig.chain.block_hash(height), 0)))
            assert node.tip() == rig.chain.tip()
            raw = open_spend([(coin, 100_000)], [Output(NODE_SCRIPT, 90_000)])
            assert node.broadcast(raw) == rig.chain.broadcast(raw)
            (block_hash,) = node.generate(1)
            assert rig.chain.call("submitblock", (node.raw_block(block_hash) or b"").hex()) is None
            assert node.tip() == rig.chain.tip()
            assert node.block(block_hash) == rig.chain.block(block_hash)
