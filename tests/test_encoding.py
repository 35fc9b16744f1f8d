"""Canonical bytes: one value has one encoding, and nothing but a refusal comes out of hostile bytes."""

import dataclasses
import random
from typing import Any

import cbor2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from canonical_strategies import canonical_classes, objects
from holdfast.authority import FreezeOrder, Intent, KeyStatement
from holdfast.encoding import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_INTEGER,
    Canonical,
    EncodingError,
    EncodingNotCanonical,
    EncodingVersionUnknown,
    Plain,
    decode,
    encode,
)
from holdfast.errors import HoldfastError

CLASSES = canonical_classes()
QUICK = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))

PLAIN: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER + 1, MAX_INTEGER - 1) | st.binary() | st.text(),
    lambda inner: st.lists(inner, max_size=5),
    max_leaves=20,
)


@given(PLAIN)
def test_a_plain_value_comes_back_and_a_second_decoder_agrees(value: Plain) -> None:
    encoded = encode(value)
    assert decode(encoded) == value
    assert cbor2.loads(encoded) == value


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        # RFC 8949, appendix A.
        (0, "00"),
        (23, "17"),
        (24, "1818"),
        (1_000_000_000_000, "1b000000e8d4a51000"),
        (18446744073709551615, "1bffffffffffffffff"),
        (18446744073709551616, "c249010000000000000000"),
        (-18446744073709551616, "3bffffffffffffffff"),
        (-18446744073709551617, "c349010000000000000000"),
        (-1, "20"),
        (False, "f4"),
        (True, "f5"),
        (None, "f6"),
        (b"\x01\x02\x03\x04", "4401020304"),
        ("IETF", "6449455446"),
        ("\u6c34", "63e6b0b4"),
        ([], "80"),
        ([1, [2, 3], [4, 5]], "8301820203820405"),
    ],
)
def test_published_encodings(value: Plain, encoded: str) -> None:
    assert encode(value).hex() == encoded
    assert decode(bytes.fromhex(encoded)) == value


@pytest.mark.parametrize(
    "second_spelling",
    [
        "1817",  # 23 in two bytes
        "190018",  # 24 in three
        "1b0000000000000000",
        "580101",  # a byte string with a long length
        "7800",
        "9800",
        "9fff",  # indefinite length
        "5f4101ff",
        "7f6161ff",
        "c24101",  # a small integer as a big one
        "c2490000000000000000ff",
        "c248ffffffffffffffff",
        "0000",  # bytes after the value
        "80ff",
    ],
)
def test_a_second_spelling_is_refused(second_spelling: str) -> None:
    with pytest.raises(EncodingNotCanonical):
        decode(bytes.fromhex(second_spelling))


@pytest.mark.parametrize(
    "foreign",
    [
        "",
        "18",
        "1c",
        "41",
        "9bffffffffffffffff",
        "5bffffffffffffffff",
        "a0",  # a map
        "a10102",
        "f93c00",  # floats
        "fb3ff0000000000000",
        "f7",  # undefined
        "f820",  # an unassigned simple value
        "ff",
        "61ff",  # not UTF-8
        "63eda080",  # half a surrogate pair
        "c001",  # tags: a date, a shared value, a reference, a fraction
        "d81c80",
        "d81d00",
        "d81e820102",
        "c201",
        "c2c24101",
        "c25821" + "ff" * 33,
        "3b" + "ff" * 8 + "00",
    ],
)
def test_what_canonical_bytes_do_not_hold(foreign: str) -> None:
    with pytest.raises(EncodingError):
        decode(bytes.fromhex(foreign))


def test_sizes_and_depths_end() -> None:
    nested: Plain = []
    for _ in range(MAX_DEPTH):
        nested = [nested]
    assert decode(encode(nested)) == nested
    with pytest.raises(EncodingError, match="nested"):
        encode([nested])
    with pytest.raises(EncodingError, match="nested"):
        decode(b"\x81" + encode(nested))
    with pytest.raises(EncodingError, match="nested"):
        decode(b"\x81" * (MAX_BYTES - 1) + b"\x80")
    largest = bytes(MAX_BYTES - 5)
    assert decode(encode(largest)) == largest
    with pytest.raises(EncodingError, match="bytes"):
        encode(largest + b"\x00")
    with pytest.raises(EncodingError, match="bytes"):
        decode(bytes(MAX_BYTES + 1))


@pytest.mark.parametrize("value", [1.0, {}, (), {1}, MAX_INTEGER, -MAX_INTEGER, "\ud800", object(), bytearray(b"x")])
def test_what_canonical_bytes_never_get_to_hold(value: Any) -> None:
    with pytest.raises(EncodingError):
        encode(value)


def test_every_class_has_its_own_domain() -> None:
    domains = [cls.DOMAIN for cls in CLASSES]
    assert len(set(domains)) == len(domains) > 20
    assert all(cls.VERSION >= 1 and cls.DOMAIN.startswith("holdfast") for cls in CLASSES)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.DOMAIN)
def test_every_object_comes_back_the_same(cls: type[Canonical]) -> None:
    @QUICK
    @given(objects(cls))
    def round_trip(made: Canonical) -> None:
        encoded = made.encoded()
        again = cls.decoded(encoded)
        assert again == made
        assert again.encoded() == encoded
        assert again.digest() == made.digest()

    round_trip()


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.DOMAIN)
def test_mutated_bytes_are_refused_or_read_never_worse(cls: type[Canonical]) -> None:
    @QUICK
    @given(objects(cls), st.randoms(use_true_random=False))
    def mutate(made: Canonical, chance: random.Random) -> None:
        encoded = made.encoded()
        for mutant in (*_bytes_mutants(encoded, chance), *_value_mutants(decode(encoded), chance)):
            try:
                read = cls.decoded(mutant)
            except HoldfastError:
                continue
            # Whatever is read has exactly one encoding: the one it was read from.
            assert read.encoded() == mutant

    mutate()


def _bytes_mutants(encoded: bytes, chance: random.Random) -> list[bytes]:
    mutants = []
    for _ in range(6):
        at, other = chance.randrange(len(encoded)), chance.randbytes(chance.randrange(4))
        mutants.append(encoded[:at] + other + encoded[at + chance.randrange(3) :])
    return [*mutants, encoded[: chance.randrange(len(encoded))], chance.randbytes(40)]


def _value_mutants(value: Plain, chance: random.Random) -> list[bytes]:
    """Well-formed bytes in which one item is of another type, size or number."""
    strange: list[Plain] = [
        None,
        True,
        0,
        1,
        -1,
        2**64,
        -(2**255),
        "",
        "x",
        "\n",
        "é",
        b"",
        bytes(32),
        [],
        [[]],
        [1, 2],
    ]
    return [encode(_with_another_item(value, chance, chance.choice(strange))) for _ in range(6)]


def _with_another_item(value: Plain, chance: random.Random, item: Plain) -> Plain:
    if not isinstance(value, list) or not value or chance.random() < 0.1:
        return item
    at = chance.randrange(len(value))
    return [*value[:at], _with_another_item(value[at], chance, item), *value[at + 1 :]]


STATEMENT = KeyStatement(bytes(32), bytes(32), bytes(33))
FREEZE = FreezeOrder(bytes(32), "bern", "a drill", 1_760_000_000, bytes(16))


def test_an_object_is_read_as_its_own_class_only() -> None:
    with pytest.raises(EncodingVersionUnknown):
        Intent.decoded(STATEMENT.encoded())
    for head in ([2, "holdfast/key-statement"], [True, "holdfast/key-statement"], [1, "holdfast/other"], [1], []):
        with pytest.raises(EncodingVersionUnknown):
            KeyStatement.decoded(encode([*head, bytes(32), bytes(32), bytes(33)]))
    with pytest.raises(EncodingVersionUnknown):
        KeyStatement.decoded(encode(1))


def test_a_field_too_few_too_many_or_of_another_type() -> None:
    value = decode(FREEZE.encoded())
    assert isinstance(value, list)
    for wrong in (value[:-1], [*value, None], [*value[:3], 1, *value[4:]], [*value[:5], True, *value[6:]]):
        with pytest.raises(EncodingError):
            FreezeOrder.decoded(encode(wrong))


def test_a_digest_changes_with_every_field() -> None:
    others = [
        dataclasses.replace(FREEZE, genesis=bytes(31)),
        dataclasses.replace(FREEZE, signer="basel"),
        dataclasses.replace(FREEZE, reason="-"),
        dataclasses.replace(FREEZE, at_s=1),
        dataclasses.replace(FREEZE, nonce=b"\x01" * 16),
    ]
    assert len({one.digest() for one in (FREEZE, *others)}) == 6
    assert len(FREEZE.digest()) == 32
