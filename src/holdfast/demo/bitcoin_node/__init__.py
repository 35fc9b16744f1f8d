"""A Bitcoin regtest node to embed: Bitcoin Core's own consensus code, with a small mempool, miner and server.

For demonstrations and tests. Anybody can spend its own coins and mine its blocks.
"""

from holdfast.demo.bitcoin_node.assembly import NODE_SCRIPT, with_open_witnesses
from holdfast.demo.bitcoin_node.control import NodeControl
from holdfast.demo.bitcoin_node.errors import (
    BlockRejected,
    JournalCorrupt,
    NodeDirectoryInUse,
    NodeError,
    NodeFundsInsufficient,
)
from holdfast.demo.bitcoin_node.node import EmbeddedNode
from holdfast.demo.bitcoin_node.server import NodeServer

__all__ = [
    "NODE_SCRIPT",
    "BlockRejected",
    "EmbeddedNode",
    "JournalCorrupt",
    "NodeControl",
    "NodeDirectoryInUse",
    "NodeError",
    "NodeFundsInsufficient",
    "NodeServer",
    "with_open_witnesses",
]
