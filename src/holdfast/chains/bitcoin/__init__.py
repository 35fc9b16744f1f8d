"""Bitcoin: what signers read (``parse``), what is built (``build``), what blocks bring (``scan``), a node (``rpc``)."""

from holdfast.chains.bitcoin.blocks import HEADER_BYTES, MAX_BLOCK_BYTES, merkle_root, parse_block
from holdfast.chains.bitcoin.build import SpendPlan, bump, plan_spend, with_signatures
from holdfast.chains.bitcoin.parse import DecodedSpend, SpentCoin, address_to_script, decode_spend, script_to_address
from holdfast.chains.bitcoin.rpc import BitcoinRpc, FeeRateBounds
from holdfast.chains.bitcoin.rpc_transport import LoopbackEndpoint, NodeRefusal, RpcEndpoint, UnixEndpoint
from holdfast.chains.bitcoin.scan import BlockFindings, Receipt, Spend, scan_block
from holdfast.chains.bitcoin.serialisation import ReadTransaction, double_sha256, hash_text, read_transaction
from holdfast.chains.bitcoin.types import BitcoinChain, Coin, Input, Outpoint, Output

__all__ = [
    "HEADER_BYTES",
    "MAX_BLOCK_BYTES",
    "BitcoinChain",
    "BitcoinRpc",
    "BlockFindings",
    "Coin",
    "DecodedSpend",
    "FeeRateBounds",
    "Input",
    "LoopbackEndpoint",
    "NodeRefusal",
    "Outpoint",
    "Output",
    "ReadTransaction",
    "Receipt",
    "RpcEndpoint",
    "Spend",
    "SpendPlan",
    "SpentCoin",
    "UnixEndpoint",
    "address_to_script",
    "bump",
    "decode_spend",
    "double_sha256",
    "hash_text",
    "merkle_root",
    "parse_block",
    "plan_spend",
    "read_transaction",
    "scan_block",
    "script_to_address",
    "with_signatures",
]
