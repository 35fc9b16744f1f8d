"""The Rust core's trees, held against a plain Python implementation of the published format."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast import _core
from holdfast._core import EpochMalformed, ProofInvalid, SumOverflow
from reserves_model import Holder, ModelTree

SECRET = bytes(range(32))
EPOCH = ("Example Exchange", 7)
BALANCES = st.integers(0, 2**100) | st.integers(0, 5)
BOOKS = st.dictionaries(st.text(min_size=1, max_size=12), st.tuples(st.booleans(), BALANCES), max_size=60)


def holders_of(books: dict[str, tuple[bool, int]]) -> list[Holder]:
    """Holders in order, each with a nonce of their own."""
    return [
        Holder(name, books[name][0], name.encode("utf-8", "replace")[:16].ljust(16, b"."), books[name][1])
        for name in sorted(books)
        if name.isprintable()
    ]


def planted(holders: list[Holder], secret: bytes = SECRET) -> _core.SumTree:
    """The core's tree."""
    return _core.plant_tree(EPOCH, "BTC", secret, [holder.as_tuple() for holder in holders])


def model(holders: list[Holder]) -> ModelTree:
    """The model's tree."""
    return ModelTree(*EPOCH, "BTC", SECRET, holders)


def verified(planted_tree: Any, model_tree: ModelTree, who: int, **changed: Any) -> int:
    """What the core says of a holder's fragments, with something changed."""
    holder = model_tree.holders[who]
    root, total = model_tree.root
    fragments = [(index, value, model_tree.path(index)) for index, value in model_tree.fragments[who]]
    given_tree = changed.get("tree", ("BTC", root, total, planted_tree.leaves))
    claim = changed.get("claim", (holder.customer, holder.by_customer, holder.nonce, model_tree.salt(holder)))
    return _core.verify_balance(changed.get("epoch", EPOCH), given_tree, claim, changed.get("fragments", fragments))


@settings(max_examples=60, deadline=None)
@given(BOOKS)
def test_both_plant_the_same_tree(books: dict[str, tuple[bool, int]]) -> None:
    holders = holders_of(books)
    tree, expected = planted(holders), model(holders)
    assert (tree.root, tree.total) == expected.root
    assert tree.leaves == len(expected.levels[0])
    assert tree.fragments == expected.fragments
    assert tree.node_bytes() == b"".join(
        each + value.to_bytes(16, "big") for level in expected.levels for each, value in level
    )


@pytest.mark.parametrize("count", [0, 1, 3, 4, 17, 300, 2_000])
def test_every_holder_of_a_tree_has_all_of_their_balance_in_it(count: int) -> None:
    holders = [Holder.owed(f"customer-{number:05}", number * 1_000_003 % 999_983) for number in range(count)]
    tree, expected = planted(holders), model(holders)
    assert tree.total == sum(holder.balance for holder in holders)
    indices = [index for places in tree.fragments for index, _ in places]
    assert len(set(indices)) == len(indices)
    assert all(2 <= len(places) <= 5 for places in tree.fragments)
    assert [verified(tree, expected, who) for who in range(count)] == [holder.balance for holder in holders]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_an_altered_proof_does_not_verify(data: st.DataObject) -> None:
    holders = [Holder.owed(f"customer-{number:02}", 1_000 + number) for number in range(data.draw(st.integers(1, 40)))]
    tree, expected = planted(holders), model(holders)
    who = data.draw(st.integers(0, len(holders) - 1))
    holder, (root, total) = holders[who], expected.root
    fragments = [(index, value, expected.path(index)) for index, value in expected.fragments[who]]
    claim = (holder.customer, holder.by_customer, holder.nonce, expected.salt(holder))
    index, value, path = fragments[0]
    level = data.draw(st.integers(0, len(path) - 1))
    sibling, beside = path[level]
    alterations: list[dict[str, Any]] = [
        {"epoch": (EPOCH[0], 8)},
        {"epoch": ("Another Exchange", 7)},
        {"tree": ("ETH", root, total, tree.leaves)},
        {"tree": ("BTC", root, total + 1, tree.leaves)},
        {"tree": ("BTC", bytes(32), total, tree.leaves)},
        {"tree": ("BTC", root, total, tree.leaves * 2)},
        {"claim": ("somebody", *claim[1:])},
        {"claim": (claim[0], not claim[1], *claim[2:])},
        {"claim": (*claim[:2], bytes(16), claim[3])},
        {"claim": (*claim[:3], bytes(32))},
        {"fragments": fragments[1:]},
        {"fragments": [fragments[1], fragments[0], *fragments[2:]]},
        {"fragments": [*fragments, fragments[0]]},
        {"fragments": [(index ^ 1, value, path), *fragments[1:]]},
        {"fragments": [(index, value + 1, path), *fragments[1:]]},
        {"fragments": [(index + tree.leaves, value, path), *fragments[1:]]},
        {"fragments": [(index, value, path[:-1]), *fragments[1:]]},
        {"fragments": [(index, value, [*path[:level], (sibling, beside + 1), *path[level + 1 :]]), *fragments[1:]]},
        {"fragments": [(index, value, [*path[:level], (bytes(32), beside), *path[level + 1 :]]), *fragments[1:]]},
    ]
    for altered in alterations:
        with pytest.raises(ProofInvalid):
            verified(tree, expected, who, **altered)


def test_a_sum_beyond_128_bits_is_refused() -> None:
    whole = 2**128 - 1
    assert planted([Holder.owed("a", whole - 1), Holder.owed("b", 1)]).total == whole
    with pytest.raises(SumOverflow):
        planted([Holder.owed("a", whole), Holder.owed("b", 1)])
    # A sibling that would take the sum round to something smaller.
    holders = [Holder.owed("a", 5_000_000)]
    tree, expected = planted(holders), model(holders)
    (index, value), *others = expected.fragments[0]
    path = expected.path(index)
    wrapped = [(path[0][0], whole), *path[1:]]
    rest = [(each, units, expected.path(each)) for each, units in others]
    assert value > 0
    with pytest.raises(SumOverflow):
        verified(tree, expected, 0, fragments=[(index, value, wrapped), *rest])


def test_the_same_secret_plants_the_same_tree_and_another_one_another() -> None:
    holders = [Holder.owed("a", 5), Holder.owed("b", 6)]
    assert planted(holders).root == planted(holders).root
    assert planted(holders).root != planted(holders, bytes(32)).root


@pytest.mark.parametrize(
    "holders",
    [
        [("b", True, bytes(16), 1), ("a", True, bytes(16), 1)],
        [("a", True, bytes(16), 1), ("a", True, bytes(16), 1)],
        [("", True, bytes(16), 1)],
        [("a" * 1025, True, bytes(16), 1)],
        [("a", True, bytes(15), 1)],
    ],
    ids=["out of order", "twice", "without a name", "with too long a name", "with a short nonce"],
)
def test_holders_that_cannot_be_are_refused(holders: list[tuple[str, bool, bytes, int]]) -> None:
    with pytest.raises(EpochMalformed):
        _core.plant_tree(EPOCH, "BTC", SECRET, holders)


def test_numbers_that_no_tree_has_are_refused() -> None:
    holders = [Holder.owed("a", 5)]
    tree, expected = planted(holders), model(holders)
    root, total = expected.root
    for leaves in (0, 1, 12, 2**33):
        with pytest.raises(EpochMalformed):
            verified(tree, expected, 0, tree=("BTC", root, total, leaves))
    many: list[tuple[int, int, list[Any]]] = [(0, 0, [])] * 33
    for fragments in (many[:0], many):
        with pytest.raises(EpochMalformed):
            verified(tree, expected, 0, fragments=fragments)
