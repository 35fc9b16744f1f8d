"""The tree: against published vectors, against the RFC's own recursive definition, and against forgers."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.audit import ConsistencyProofInvalid, EntryUnknown, InclusionProofInvalid, leaf_hash
from holdfast.audit.tree import (
    EMPTY_ROOT,
    MAX_PROOF_HASHES,
    MAX_SIZE,
    Frontier,
    Node,
    left_siblings,
    node_hash,
    prove_consistency,
    prove_inclusion,
    root_hash,
    verify_consistency,
    verify_inclusion,
)

LARGEST = 70
LEAVES = [leaf_hash(f"entry {number}".encode()) for number in range(LARGEST)]


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 9162, section 2.1.1, word for word."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else EMPTY_ROOT
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(naive_root(leaves[:split]), naive_root(leaves[split:]))


class StoredTree:
    """Complete nodes in memory."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.nodes: dict[Node, bytes] = {}
        self.frontier = Frontier()
        for index, leaf in enumerate(leaves):
            self.nodes[Node(0, index)] = leaf
            self.nodes.update(self.frontier.append(leaf))

    def read(self, nodes: Iterable[Node]) -> Mapping[Node, bytes]:
        return {node: self.nodes[node] for node in nodes}


TREE = StoredTree(LEAVES)
ROOTS = [naive_root(LEAVES[:size]) for size in range(LARGEST + 1)]


@pytest.fixture(scope="module")
def published() -> Any:
    return json.loads((Path(__file__).parents[1] / "vectors" / "rfc6962.json").read_text())


def from_hex(items: list[str]) -> list[bytes]:
    return [bytes.fromhex(item) for item in items]


def test_published_tree(published: Any) -> None:
    tree = StoredTree([leaf_hash(leaf) for leaf in from_hex(published["leaves"])])
    for level, hashes in enumerate(published["nodes_by_level"]):
        assert [tree.nodes[Node(level, position)] for position in range(len(hashes))] == from_hex(hashes)
    assert [root_hash(size, tree.read) for size in range(9)] == from_hex(published["roots_by_size"])


def test_published_proofs(published: Any) -> None:
    leaves = [leaf_hash(leaf) for leaf in from_hex(published["leaves"])]
    tree, roots = StoredTree(leaves), from_hex(published["roots_by_size"])
    for case in published["inclusion"]:
        proof = from_hex(case["proof"])
        assert prove_inclusion(case["index"], case["size"], tree.read) == proof
        verify_inclusion(leaves[case["index"]], case["index"], case["size"], proof, roots[case["size"]])
    for case in published["consistency"]:
        old, new, proof = case["old_size"], case["new_size"], from_hex(case["proof"])
        assert prove_consistency(old, new, tree.read) == proof
        verify_consistency(old, roots[old], new, roots[new], proof)


def test_frontier_has_the_root_of_the_definition_at_every_size() -> None:
    frontier = Frontier()
    for size, root in enumerate(ROOTS):
        assert frontier.root() == root == root_hash(size, TREE.read)
        if size < LARGEST:
            frontier.append(LEAVES[size])


def test_every_proof_of_every_small_tree_verifies() -> None:
    for size in range(1, LARGEST + 1):
        for index in range(size):
            proof = prove_inclusion(index, size, TREE.read)
            verify_inclusion(LEAVES[index], index, size, proof, ROOTS[size])
        for old in range(size + 1):
            verify_consistency(old, ROOTS[old], size, ROOTS[size], prove_consistency(old, size, TREE.read))


def test_left_siblings_are_what_the_frontier_joins() -> None:
    assert left_siblings(0) == left_siblings(6) == []
    assert left_siblings(7) == [Node(0, 6), Node(1, 2), Node(2, 0)]


@st.composite
def sizes(draw: st.DrawFn) -> tuple[int, int]:
    size = draw(st.integers(1, LARGEST))
    return draw(st.integers(0, size - 1)), size


@given(sizes(), st.data())
def test_a_changed_inclusion_proof_is_refused(where: tuple[int, int], data: st.DataObject) -> None:
    index, size = where
    proof = prove_inclusion(index, size, TREE.read)
    other_index = data.draw(st.integers(0, LARGEST - 1).filter(lambda other: other != index))
    with pytest.raises(InclusionProofInvalid):
        verify_inclusion(LEAVES[other_index], index, size, proof, ROOTS[size])
    with pytest.raises(InclusionProofInvalid):
        verify_inclusion(LEAVES[index], other_index, size, proof, ROOTS[size])
    for forged in changed(proof, data):
        with pytest.raises(InclusionProofInvalid):
            verify_inclusion(LEAVES[index], index, size, forged, ROOTS[size])


@given(sizes(), st.data())
def test_a_changed_consistency_proof_is_refused(where: tuple[int, int], data: st.DataObject) -> None:
    old, new = where
    proof = prove_consistency(old, new, TREE.read)
    for forged in changed(proof, data):
        with pytest.raises(ConsistencyProofInvalid):
            verify_consistency(old, ROOTS[old], new, ROOTS[new], forged)
    with pytest.raises(ConsistencyProofInvalid):
        verify_consistency(old, LEAVES[-1], new, ROOTS[new], proof)
    if old:
        with pytest.raises(ConsistencyProofInvalid):
            verify_consistency(old, ROOTS[old], new, LEAVES[-1], proof)


def changed(proof: list[bytes], data: st.DataObject) -> list[list[bytes]]:
    """The proof with a hash altered, dropped, added, and two exchanged."""
    forgeries = [[*proof, LEAVES[-1]], [LEAVES[-1], *proof]]
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        bit = 1 << data.draw(st.integers(0, 255))
        altered = (int.from_bytes(proof[at]) ^ bit).to_bytes(32)
        forgeries += [[*proof[:at], altered, *proof[at + 1 :]], proof[:at] + proof[at + 1 :]]
    if len(proof) > 1:
        forgeries.append(proof[::-1])
    return forgeries


@settings(max_examples=30)
@given(st.integers(1, LARGEST - 1), st.data())
def test_a_rewritten_history_has_no_consistency_proof(old: int, data: st.DataObject) -> None:
    """An entry below the old size is replaced; the log proves as best it can."""
    at = data.draw(st.integers(0, old - 1))
    rewritten = StoredTree([*LEAVES[:at], leaf_hash(b"rewritten"), *LEAVES[at + 1 :]])
    new = data.draw(st.integers(old, LARGEST))
    with pytest.raises(ConsistencyProofInvalid):
        verify_consistency(
            old, ROOTS[old], new, root_hash(new, rewritten.read), prove_consistency(old, new, rewritten.read)
        )


def test_malformed_proofs_are_refused() -> None:
    proof = prove_inclusion(3, 9, TREE.read)
    malformed: list[tuple[Any, Any, Any]] = [
        (9, 9, proof),
        (-1, 9, proof),
        (3, MAX_SIZE + 1, proof),
        (True, 9, proof),
        (3, 9, [*proof[:-1], b"short"]),
        (3, 9, [*proof[:-1], bytearray(32)]),
        (3, 9, [bytes(32)] * (MAX_PROOF_HASHES + 1)),
        (0, 0, []),
    ]
    for index, size, hashes in malformed:
        with pytest.raises(InclusionProofInvalid):
            verify_inclusion(LEAVES[3], index, size, hashes, ROOTS[9])
    for old, new, hashes in [(10, 9, []), (-1, 9, []), (3, 9, [bytes(32)] * (MAX_PROOF_HASHES + 1)), (3, 9, [])]:
        with pytest.raises(ConsistencyProofInvalid):
            verify_consistency(old, ROOTS[3], new, ROOTS[9], hashes)


def test_a_proof_that_reaches_the_root_too_early_or_late_is_refused() -> None:
    """The hashes are right, and the size is not: a root says nothing about its tree's size by itself."""
    verify_inclusion(LEAVES[0], 0, 2, [LEAVES[1]], ROOTS[2])
    for size in (1, 3, 4, 5):
        with pytest.raises(InclusionProofInvalid):
            verify_inclusion(LEAVES[0], 0, size, [LEAVES[1]], ROOTS[2])
    with pytest.raises(InclusionProofInvalid):
        verify_inclusion(LEAVES[0], 0, 1, [LEAVES[1]], node_hash(LEAVES[1], LEAVES[0]))
    verify_consistency(1, ROOTS[1], 2, ROOTS[2], [LEAVES[1]])
    for size in (3, 4, 5):
        with pytest.raises(ConsistencyProofInvalid):
            verify_consistency(1, ROOTS[1], size, ROOTS[2], [LEAVES[1]])


def test_a_shrinking_log_is_refused() -> None:
    with pytest.raises(ConsistencyProofInvalid):
        verify_consistency(9, ROOTS[9], 8, ROOTS[8], [])


def test_only_the_true_empty_tree_and_the_same_tree_need_no_proof() -> None:
    verify_consistency(0, EMPTY_ROOT, 9, ROOTS[9], [])
    verify_consistency(9, ROOTS[9], 9, ROOTS[9], [])
    with pytest.raises(ConsistencyProofInvalid):
        verify_consistency(0, ROOTS[1], 9, ROOTS[9], [])
    with pytest.raises(ConsistencyProofInvalid):
        verify_consistency(9, ROOTS[8], 9, ROOTS[9], [])
    with pytest.raises(ConsistencyProofInvalid):
        verify_consistency(9, ROOTS[9], 9, ROOTS[9], [ROOTS[1]])


def test_a_leaf_does_not_pose_as_an_inner_node() -> None:
    assert leaf_hash(LEAVES[0] + LEAVES[1]) != node_hash(LEAVES[0], LEAVES[1])


def test_proofs_beyond_the_tree_are_not_made() -> None:
    with pytest.raises(EntryUnknown):
        prove_inclusion(5, 5, TREE.read)
    with pytest.raises(EntryUnknown):
        prove_consistency(6, 5, TREE.read)
