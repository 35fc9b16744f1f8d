"""Canonical JSON: one spelling of each document, and readers that take no other."""

import json
import re
from collections.abc import Mapping
from typing import Any

from holdfast.amounts import MAX_UNITS
from holdfast.reserves.errors import DocumentMalformed

MAX_TEXT_BYTES = 1024
MAX_NUMBER = 2**53 - 1
"""The largest JSON number that every reader keeps exact; amounts are decimal text."""

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def canonical_json(document: Mapping[str, Any]) -> bytes:
    """Keys in ascending order, no space, UTF-8 with the fewest escapes, one line feed at the end."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def read_json(content: bytes, limit: int, what: str) -> dict[str, Any]:
    """The object in canonical bytes.

    :raises DocumentMalformed: larger than ``limit`` bytes, no JSON object, or another spelling of it.
    """
    if len(content) > limit:
        raise DocumentMalformed(f"the {what} has more than {limit} bytes")
    try:
        document = json.loads(content.decode())
        if isinstance(document, dict) and canonical_json(document) == content:
            return document
    except (ValueError, RecursionError):
        pass
    raise DocumentMalformed(f"the {what} is not canonical JSON")


class Fields:
    """The fields of one JSON object, which has these and no others."""

    def __init__(self, document: Any, where: str, *names: str) -> None:
        if not isinstance(document, dict) or set(document) != set(names):
            raise DocumentMalformed(f"{where} must have exactly the fields {', '.join(sorted(names))}")
        self._document: dict[str, Any] = document
        self._where = where

    def _malformed(self, name: str, what: str) -> DocumentMalformed:
        return DocumentMalformed(f"{self._where}: {name} must be {what}")

    def text(self, name: str) -> str:
        """A text of 1 to 1,024 bytes without control characters."""
        value = self._document[name]
        if not isinstance(value, str) or not 1 <= len(value.encode()) <= MAX_TEXT_BYTES or _CONTROL.search(value):
            raise self._malformed(name, f"1 to {MAX_TEXT_BYTES} bytes of text without control characters")
        return value

    def name(self, name: str) -> str:
        """A name of a vault or network: 1 to 64 of the characters A-Z a-z 0-9 . _ -"""
        value = self._document[name]
        if not isinstance(value, str) or not _NAME.fullmatch(value):
            raise self._malformed(name, "1 to 64 of the characters A-Z a-z 0-9 . _ -")
        return value

    def one_of(self, name: str, *options: str) -> str:
        """One of a few texts."""
        value = self._document[name]
        if not isinstance(value, str) or value not in options:
            raise self._malformed(name, " or ".join(options))
        return value

    def number(self, name: str) -> int:
        """A whole number from 0 to 2^53 - 1."""
        value = self._document[name]
        if type(value) is not int or not 0 <= value <= MAX_NUMBER:
            raise self._malformed(name, "a whole number from 0 to 2^53 - 1")
        return value

    def units(self, name: str) -> int:
        """An amount in base units: decimal text."""
        return units_of(self._document[name], f"{self._where}: {name}")

    def bytes(self, name: str, length: int) -> bytes:
        """So many bytes in lower-case hexadecimal."""
        return bytes_of(self._document[name], length, f"{self._where}: {name}")

    def list(self, name: str, most: int) -> list[Any]:
        """A list of at most so many items."""
        value = self._document[name]
        if not isinstance(value, list) or len(value) > most:
            raise self._malformed(name, f"a list of at most {most} items")
        return value

    def object(self, name: str) -> Any:
        """Whatever there is, for the next reader."""
        return self._document[name]


def units_of(value: object, where: str) -> int:
    """An amount in base units from its decimal text."""
    plain = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 39
    if not plain or str(int(str(value))) != value or int(value) > MAX_UNITS:
        raise DocumentMalformed(f"{where} must be a whole number up to 10^36, as text")
    return int(value)


def bytes_of(value: object, length: int, where: str) -> bytes:
    """So many bytes from lower-case hexadecimal."""
    if isinstance(value, str) and len(value) == 2 * length and set(value) <= set("0123456789abcdef"):
        return bytes.fromhex(value)
    raise DocumentMalformed(f"{where} must be {2 * length} lower-case hexadecimal digits")
