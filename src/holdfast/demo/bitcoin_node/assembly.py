"""Make a regtest block: coinbase, witness commitment, Merkle root, and the few tries that its proof of work takes."""

import hashlib
from collections.abc import Sequence

from holdfast.chains import BlockRef
from holdfast.chains.bitcoin import ReadTransaction, double_sha256, merkle_root, read_transaction

_BLOCK_VERSION = 0x20000000
_REGTEST_BITS = 0x207FFFFF
_REGTEST_TARGET = 0x7FFFFF << (8 * (0x20 - 3))
_REGTEST_HALVING_BLOCKS = 150
_FIRST_SUBSIDY_SAT = 50 * 10**8

ANYONE_CAN_SPEND = b"\x51"
"""``OP_TRUE``: the witness script of the node's own coins. A test network's coins need no owner."""

NODE_SCRIPT = b"\x00\x20" + hashlib.sha256(ANYONE_CAN_SPEND).digest()
"""The P2WSH output script of :data:`ANYONE_CAN_SPEND`."""


def subsidy_sat(height: int) -> int:
    """New coins in the block at ``height``: regtest halves every 150 blocks."""
    return _FIRST_SUBSIDY_SAT >> (height // _REGTEST_HALVING_BLOCKS)


def _u32(value: int) -> bytes:
    return value.to_bytes(4, "little")


def _compact_size(value: int) -> bytes:
    if value < 0xFD:
        return bytes([value])
    return b"\xfd" + value.to_bytes(2, "little")


def _counted(content: bytes) -> bytes:
    return _compact_size(len(content)) + content


def _output(value_sat: int, script: bytes) -> bytes:
    return value_sat.to_bytes(8, "little") + _counted(script)


def _height_push(height: int) -> bytes:
    """The height as BIP 34 wants it: as a script would push it, so 1 to 16 are single opcodes."""
    if height <= 16:
        return bytes([0x50 + height])
    return _counted(height.to_bytes(height.bit_length() // 8 + 1, "little"))


def _coinbase(height: int, tag: int, outputs: Sequence[bytes]) -> bytes:
    # The tag keeps two coinbases of one height apart, so that branches that share nothing else differ.
    signature_script = _height_push(height) + _counted(tag.to_bytes(8, "little"))
    sequence = 0xFFFFFFFF
    return b"".join(
        (
            _u32(2) + b"\x00\x01",
            b"\x01" + bytes(32) + _u32(0xFFFFFFFF) + _counted(signature_script) + _u32(sequence),
            _compact_size(len(outputs)) + b"".join(outputs),
            # BIP 141: the coinbase's witness is the reserved value, 32 zero bytes.
            b"\x01" + _counted(bytes(32)),
            _u32(0),
        )
    )


def _witness_commitment(transactions: Sequence[ReadTransaction]) -> bytes:
    """BIP 141's commitment output; the coinbase's own leaf is zero."""
    root = merkle_root([bytes(32), *(double_sha256(each.raw) for each in transactions)])
    return b"\x6a\x24\xaa\x21\xa9\xed" + double_sha256(root + bytes(32))


def _solved_header(previous_hash: str, root: bytes, time_s: int) -> bytes:
    """The header with the first nonce that meets regtest's target: every second one does."""
    start = _u32(_BLOCK_VERSION) + bytes.fromhex(previous_hash)[::-1] + root + _u32(time_s) + _u32(_REGTEST_BITS)
    nonce = 0
    while int.from_bytes(double_sha256(start + _u32(nonce)), "little") > _REGTEST_TARGET:
        nonce += 1
    return start + _u32(nonce)


def build_block(
    parent: BlockRef, *, time_s: int, script: bytes, transactions: Sequence[ReadTransaction], fees_sat: int, tag: int
) -> bytes:
    """The raw block after ``parent`` that pays subsidy and fees to ``script``. Whether it is valid, the kernel says."""
    height = parent.height + 1
    reward = _output(subsidy_sat(height) + fees_sat, script)
    coinbase = read_transaction(_coinbase(height, tag, (reward, _output(0, _witness_commitment(transactions)))))
    every = [coinbase, *transactions]
    root = merkle_root([bytes.fromhex(each.txid)[::-1] for each in every])
    body = _compact_size(len(every)) + b"".join(each.raw for each in every)
    return _solved_header(parent.hash, root, time_s) + body


def with_open_witnesses(raw: bytes) -> bytes:
    """An unsigned transaction whose every input spends :data:`NODE_SCRIPT`, made valid: the script is its witness."""
    unsigned = read_transaction(raw)
    witness = b"\x01" + _counted(ANYONE_CAN_SPEND)
    return raw[:4] + b"\x00\x01" + raw[4:-4] + witness * len(unsigned.inputs) + raw[-4:]
