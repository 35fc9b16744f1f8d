"""Take a raw block apart and check that it is what its hash says: the node only carries it.

The header as in the Bitcoin developer reference; the Merkle tree as in Bitcoin Core's ``consensus/merkle.cpp``.
"""

from collections.abc import Sequence

from holdfast.chains.bitcoin.serialisation import Reader, double_sha256, hash_text
from holdfast.chains.errors import BlockMalformed, TransactionMalformed
from holdfast.chains.types import Block, BlockRef

MAX_BLOCK_BYTES = 4_000_000
"""The largest serialised block that consensus allows (BIP 141: four million weight units)."""

HEADER_BYTES = 80


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """The root over 32-byte hashes in internal order; an odd level repeats its last hash.

    :raises BlockMalformed: two equal neighbours, with which a block can be padded unseen (CVE-2012-2459), or none.
    """
    level = list(leaves)
    if not level:
        raise BlockMalformed("a block without transactions")
    while len(level) > 1:
        pairs = list(zip(level[0::2], level[1::2], strict=False))
        if any(left == right for left, right in pairs):
            raise BlockMalformed("a block that repeats a transaction")
        if len(level) % 2:
            pairs.append((level[-1], level[-1]))
        level = [double_sha256(left + right) for left, right in pairs]
    return level[0]


def parse_block(raw: bytes, ref: BlockRef) -> Block:
    """The block at ``ref``, its header hashed and its Merkle root recomputed. The height is the caller's word.

    :raises BlockMalformed: not a block, another block, or one whose transactions its header does not commit to.
    """
    if not HEADER_BYTES < len(raw) <= MAX_BLOCK_BYTES:
        raise BlockMalformed(f"a block of {len(raw)} bytes")
    header = raw[:HEADER_BYTES]
    if hash_text(double_sha256(header)) != ref.hash:
        raise BlockMalformed(f"the bytes given for block {ref.hash} are not that block")
    reader = Reader(raw, HEADER_BYTES)
    try:
        transactions = [reader.transaction() for _ in range(reader.count())]
    except TransactionMalformed as fault:
        raise BlockMalformed(f"block {ref.hash}: {fault}") from None
    if reader.position != len(raw):
        raise BlockMalformed(f"bytes after the last transaction of block {ref.hash}")
    if merkle_root([bytes.fromhex(each.txid)[::-1] for each in transactions]) != header[36:68]:
        raise BlockMalformed(f"block {ref.hash} does not commit to its transactions")
    return Block(
        ref=ref,
        previous_hash=hash_text(header[4:36]),
        time_s=int.from_bytes(header[68:72], "little"),
        transactions=tuple(each.raw for each in transactions),
    )
