"""The log's Merkle tree, pure: hashing, appending, proving, and verifying without trust in who proves.

RFC 9162, section 2.1 (the same tree as RFC 6962). A *node* is a complete subtree of ``2**level`` leaves, the
``position``-th of its level from the left; level 0 are the leaves. Complete nodes never change once written, so
a store that keeps them can append, and prove anything, in O(log n).
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from holdfast.audit.errors import ConsistencyProofInvalid, EntryUnknown, InclusionProofInvalid

HASH_BYTES = 32

MAX_SIZE = 2**63 - 1
"""The most leaves a tree may have: what both databases hold in one integer."""

MAX_PROOF_HASHES = 64
"""The longest proof that is read; no tree of :data:`MAX_SIZE` leaves needs more."""

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of the tree without leaves."""


class Node(NamedTuple):
    """The place of a complete subtree."""

    level: int
    position: int


Span = tuple[int, int]
"""The leaves from the first number up to, not including, the second."""

NodeReader = Callable[[Iterable[Node]], Mapping[Node, bytes]]
"""Gives the hashes of complete nodes: the port through which proofs read a store."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf; the prefix keeps a leaf from posing as an inner node."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The complete subtrees that make up a tree, enough to append and to know the root: O(log n) hashes."""

    def __init__(self) -> None:
        self._hashes: list[bytes] = []
        self.size = 0

    def append(self, leaf: bytes) -> list[tuple[Node, bytes]]:
        """Add a leaf hash; returns the inner nodes that it completed, lowest first."""
        completed: list[tuple[Node, bytes]] = []
        index, level, subtree = self.size, 0, leaf
        while index >> level & 1:
            subtree = node_hash(self._hashes.pop(), subtree)
            level += 1
            completed.append((Node(level, index >> level), subtree))
        self._hashes.append(subtree)
        self.size += 1
        return completed

    def root(self) -> bytes:
        """The root of the leaves so far."""
        return _joined(self._hashes)


def left_siblings(index: int) -> list[Node]:
    """The nodes that the leaf at ``index`` joins with, one after the other, as it is appended."""
    siblings: list[Node] = []
    while index >> len(siblings) & 1:
        level = len(siblings)
        siblings.append(Node(level, (index >> level) - 1))
    return siblings


def complete_nodes(start: int, end: int) -> list[Node]:
    """The fewest complete subtrees that make up a span, left to right.

    ``start`` must be a multiple of the largest power of two within the span, as in every span of a proof.
    """
    nodes: list[Node] = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append(Node(level, start >> level))
        start += 1 << level
    return nodes


def root_hash(size: int, read: NodeReader) -> bytes:
    """The root of the first ``size`` leaves."""
    return _span_hashes([(0, size)], read)[0]


def prove_inclusion(index: int, size: int, read: NodeReader) -> list[bytes]:
    """The proof that the leaf at ``index`` is in the tree of ``size`` leaves (RFC 9162, section 2.1.3.1).

    :raises EntryUnknown: the index is not below the size.
    """
    if not 0 <= index < size:
        raise EntryUnknown(f"a tree of {size} entries has none at index {index}")
    spans: list[Span] = []
    start, end = 0, size
    while end - start > 1:
        split = start + _largest_power_below(end - start)
        if index < split:
            spans.append((split, end))
            end = split
        else:
            spans.append((start, split))
            start = split
    return _span_hashes(spans[::-1], read)


def prove_consistency(old_size: int, new_size: int, read: NodeReader) -> list[bytes]:
    """The proof that the tree of ``new_size`` begins with the one of ``old_size`` (RFC 9162, section 2.1.4.1).

    :raises EntryUnknown: the old size is above the new one.
    """
    if not 0 <= old_size <= new_size:
        raise EntryUnknown(f"a tree of {new_size} entries has no earlier size {old_size}")
    if old_size == 0:
        return []
    spans: list[Span] = []
    start, end = 0, new_size
    while end != old_size:
        split = start + _largest_power_below(end - start)
        if old_size <= split:
            spans.append((split, end))
            end = split
        else:
            spans.append((start, split))
            start = split
    if start > 0:  # otherwise the verifier holds this subtree already: it is the old root
        spans.append((start, end))
    return _span_hashes(spans[::-1], read)


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that a leaf hash stands at ``index`` of the tree with this size and root (RFC 9162, section 2.1.3.2).

    :raises InclusionProofInvalid: it does not, or the proof is malformed.
    """
    if not _plausible(index, size, proof) or index == size:
        raise InclusionProofInvalid("not an inclusion proof")
    node, last, reached = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise InclusionProofInvalid("the inclusion proof is too long")
        if node & 1 or node == last:
            reached = node_hash(sibling, reached)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            reached = node_hash(reached, sibling)
        node, last = node >> 1, last >> 1
    if last != 0 or not hmac.compare_digest(reached, root):
        raise InclusionProofInvalid(f"entry {index} is not proved to be in the tree of {size} entries")


def verify_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the new tree begins with the old one, unchanged (RFC 9162, section 2.1.4.2).

    Every tree begins with the empty one, and with itself; both take an empty proof.

    :raises ConsistencyProofInvalid: it is not shown to, the log shrank, or the proof is malformed.
    """
    if not _plausible(old_size, new_size, proof):
        raise ConsistencyProofInvalid(f"not a consistency proof from {old_size} to {new_size} entries")
    if old_size in (0, new_size):
        expected = EMPTY_ROOT if old_size == 0 else new_root
        if proof or not hmac.compare_digest(old_root, expected):
            raise ConsistencyProofInvalid(f"two different trees of {old_size} entries")
        return
    # A complete old tree is a node of the new one; the proof then leaves it out.
    path = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    if not path:
        raise ConsistencyProofInvalid("the consistency proof is empty")
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old_reached = new_reached = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ConsistencyProofInvalid("the consistency proof is too long")
        if node & 1 or node == last:
            old_reached, new_reached = node_hash(sibling, old_reached), node_hash(sibling, new_reached)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            new_reached = node_hash(new_reached, sibling)
        node, last = node >> 1, last >> 1
    same = hmac.compare_digest(old_reached, old_root) and hmac.compare_digest(new_reached, new_root)
    if last != 0 or not same:
        raise ConsistencyProofInvalid(f"the tree of {new_size} entries does not begin with that of {old_size}")


def _plausible(smaller: int, larger: int, proof: Sequence[bytes]) -> bool:
    return (
        type(smaller) is int
        and type(larger) is int
        and 0 <= smaller <= larger <= MAX_SIZE
        and len(proof) <= MAX_PROOF_HASHES
        and all(type(item) is bytes and len(item) == HASH_BYTES for item in proof)
    )


def _largest_power_below(length: int) -> int:
    return 1 << (length - 1).bit_length() - 1


def _span_hashes(spans: Sequence[Span], read: NodeReader) -> list[bytes]:
    nodes = [complete_nodes(*span) for span in spans]
    hashes = read(node for needed in nodes for node in needed)
    return [_joined([hashes[node] for node in needed]) for needed in nodes]


def _joined(subtrees: Sequence[bytes]) -> bytes:
    if not subtrees:
        return EMPTY_ROOT
    joined = subtrees[-1]
    for left in subtrees[-2::-1]:
        joined = node_hash(left, joined)
    return joined
