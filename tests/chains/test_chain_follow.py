"""Following a chain: in order, bounded, and over reorganisations as deep as is remembered."""

import pytest

from holdfast.chains import Block, BlockRef, Connect, Disconnect, ReorganisationTooDeep, follow
from holdfast.demo.bitcoin_node import EmbeddedNode


def advance(node: EmbeddedNode, recent: list[BlockRef], **bounds: int) -> int:
    """Take the steps as a caller would, remembering each; how many there were."""
    count = 0
    for step in follow(node, recent, **bounds):
        count += 1
        match step:
            case Connect(block):
                assert not recent or block.previous_hash == recent[-1].hash
                recent.append(block.ref)
            case Disconnect(ref):
                assert recent.pop() == ref
    return count


def fork(node: EmbeddedNode, depth: int) -> None:
    """Replace the last ``depth`` blocks by one more."""
    parent = node.block_hash(node.tip().height - depth)
    assert parent is not None
    node.mine_on(parent, depth + 1)


def test_every_block_comes_once_from_the_start_height(node: EmbeddedNode) -> None:
    node.generate(5)
    recent: list[BlockRef] = []
    assert advance(node, recent, start_height=2) == 4
    assert [ref.height for ref in recent] == [2, 3, 4, 5]
    assert advance(node, recent) == 0
    node.generate(1)
    assert advance(node, recent) == 1
    assert recent[-1] == node.tip()


def test_a_call_takes_no_more_steps_than_its_limit(node: EmbeddedNode) -> None:
    node.generate(5)
    recent: list[BlockRef] = []
    assert advance(node, recent, limit=4) == 4
    fork(node, 3)
    assert [advance(node, recent, limit=1) for _ in range(2)] == [1, 1]
    while advance(node, recent, limit=1):
        pass
    assert recent[-1] == node.tip()
    assert [ref.height for ref in recent] == list(range(7))


def test_a_caller_that_leaves_between_steps_loses_none(node: EmbeddedNode) -> None:
    node.generate(4)
    recent: list[BlockRef] = []
    advance(node, recent)
    fork(node, 2)
    (first, *_) = follow(node, recent)
    assert first == Disconnect(recent.pop())
    advance(node, recent)
    assert recent[-1] == node.tip()


def test_a_shorter_chain_is_followed_down(node: EmbeddedNode, tmp_path_factory: pytest.TempPathFactory) -> None:
    node.generate(4)
    recent: list[BlockRef] = []
    advance(node, recent)
    with EmbeddedNode(tmp_path_factory.mktemp("behind")) as behind:
        assert advance(behind, recent) == 4
    assert [ref.height for ref in recent] == [0]


def test_a_reorganisation_deeper_than_is_remembered_stops_before_anything_is_undone(node: EmbeddedNode) -> None:
    node.generate(6)
    recent: list[BlockRef] = []
    advance(node, recent)
    fork(node, 4)
    remembered = recent[-3:]
    with pytest.raises(ReorganisationTooDeep) as refused:
        advance(node, remembered)
    assert refused.value.code == "chains.reorganisation_too_deep"
    assert advance(node, recent) == 4 + 5


def test_a_chain_that_moves_between_two_questions_is_left_for_the_next_call(node: EmbeddedNode) -> None:
    class Moving:
        """The node, whose chain is reorganised as soon as a block's hash was told."""

        network = "regtest"
        tip, broadcast, transaction = node.tip, node.broadcast, node.transaction

        def block_hash(self, height: int) -> str | None:
            told = node.block_hash(height)
            if height == 3 and node.tip().height == 3:
                fork(node, 2)
                return node.block_hash(height)
            return told

        def block(self, block_hash: str) -> Block:
            return node.block(block_hash)

    node.generate(3)
    recent = [BlockRef(height, node.block_hash(height) or "") for height in range(3)]
    assert list(follow(Moving(), recent)) == []
    advance(node, recent)
    assert recent[-1] == node.tip()
