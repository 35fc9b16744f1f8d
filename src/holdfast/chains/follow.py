"""Follow a chain block by block, over reorganisations: what changed since the caller last looked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from holdfast.chains.errors import ReorganisationTooDeep
from holdfast.chains.types import Block, BlockRef, Chain


@dataclass(frozen=True, slots=True)
class Connect:
    """A block joined the chain, after all that were connected before it."""

    block: Block


@dataclass(frozen=True, slots=True)
class Disconnect:
    """The last connected block left the chain: undo what it did."""

    ref: BlockRef


def follow(
    chain: Chain, recent: Sequence[BlockRef], *, start_height: int = 0, limit: int = 100
) -> Iterator[Connect | Disconnect]:
    """The steps from the blocks that the caller remembers to the node's best chain, at most ``limit`` of them.

    ``recent`` are the caller's last connected blocks, oldest first, as deep as it can undo; empty before the first,
    which is then ``start_height``. Steps already taken stay true if the iteration is left or fails: record each as
    it comes, and call again with what is remembered then. The memory is the caller's, so that a node that forgot a
    block, or another node, can be followed from there.

    :raises ReorganisationTooDeep: none of the remembered blocks is on the node's chain.
    """
    remembered = list(recent)
    steps = 0
    while remembered and steps < limit and chain.block_hash(remembered[-1].height) != remembered[-1].hash:
        if len(remembered) == 1 and remembered[0].height > start_height:
            raise ReorganisationTooDeep(f"the chain left every block remembered, down to height {remembered[0].height}")
        yield Disconnect(remembered.pop())
        steps += 1
    while steps < limit:
        height = remembered[-1].height + 1 if remembered else start_height
        block_hash = chain.block_hash(height)
        if block_hash is None:
            return
        block = chain.block(block_hash)
        if remembered and block.previous_hash != remembered[-1].hash:
            # The chain moved between the two questions: the next call starts with what to undo.
            return
        yield Connect(block)
        remembered.append(block.ref)
        steps += 1
