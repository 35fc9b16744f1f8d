"""Golden vectors: the bytes of each object, which must never change, read by a second, independent reader."""

import hashlib
import json
from typing import Any

import pytest

import holdfast.authority
from authority_specimens import VECTORS, specimens
from canonical_strategies import canonical_classes
from holdfast.encoding import Canonical

DOCUMENT = json.loads(VECTORS.read_text())
GOLDEN: list[dict[str, Any]] = DOCUMENT["vectors"]
NAMES = [f"{number}-{vector['class']}" for number, vector in enumerate(GOLDEN)]


def read(encoded: bytes, at: int = 0) -> tuple[Any, int]:
    """An item of CBOR as the vectors show it, and where it ends: written from RFC 8949, sharing no code."""
    major, short = encoded[at] // 32, encoded[at] % 32
    size = {24: 1, 25: 2, 26: 4, 27: 8}.get(short, 0)
    assert short < 28 or major == 7
    at += 1
    number = int.from_bytes(encoded[at : at + size], "big") if size else short
    assert not size or number >= {1: 24, 2: 2**8, 4: 2**16, 8: 2**32}[size], "not the shortest form"
    at += size
    if major in (0, 1):
        integer = number if major == 0 else -number - 1
        return ({"integer": str(integer)} if abs(integer) >= 2**53 else integer), at
    if major == 2:
        return {"hex": encoded[at : at + number].hex()}, at + number
    if major == 3:
        return encoded[at : at + number].decode(), at + number
    if major == 4:
        items = []
        for _ in range(number):
            item, at = read(encoded, at)
            items.append(item)
        return items, at
    if major == 6:
        inner, at = read(encoded, at)
        assert number == 2
        assert len(inner["hex"]) > 16
        return {"integer": str(int(inner["hex"], 16))}, at
    return {20: False, 21: True, 22: None}[short], at


@pytest.mark.parametrize("vector", GOLDEN, ids=NAMES)
def test_a_second_reader_sees_the_same_value_and_digest(vector: dict[str, Any]) -> None:
    encoded = bytes.fromhex(vector["canonical"])
    value, end = read(encoded)
    assert end == len(encoded)
    assert value == vector["value"]
    assert hashlib.sha256(encoded).hexdigest() == vector["digest"]


@pytest.mark.parametrize("vector", GOLDEN, ids=NAMES)
def test_the_vector_is_read_and_written_the_same(vector: dict[str, Any]) -> None:
    cls: type[Canonical] = getattr(holdfast.authority, vector["class"])
    encoded = bytes.fromhex(vector["canonical"])
    assert cls.decoded(encoded).encoded() == encoded
    assert cls.decoded(encoded).digest().hex() == vector["digest"]


def test_the_objects_that_the_vectors_were_made_of_still_have_these_bytes() -> None:
    assert [specimen.encoded().hex() for specimen in specimens()] == [vector["canonical"] for vector in GOLDEN]


def test_every_public_class_has_a_vector() -> None:
    public = {cls.__name__ for cls in canonical_classes() if cls.__name__ in holdfast.authority.__all__}
    assert public == {vector["class"] for vector in GOLDEN}
    assert DOCUMENT["origin"]
    assert DOCUMENT["regenerate"]
