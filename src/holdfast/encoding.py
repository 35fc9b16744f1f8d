"""Canonical bytes: one value, one encoding, so that a hash or a signature means one thing.

A signed or stored object is a deterministic CBOR array ``[version, domain, field, ...]`` (RFC 8949, section
4.2.1, arrays only: no maps, no floats, no tags but big integers). Reading decodes, encodes again and requires
the same bytes, so a second spelling of the same value is refused.

Objects are frozen dataclasses that derive from :class:`Canonical` and name their ``DOMAIN`` and ``VERSION``.
Field types may be ``int``, ``str``, ``bytes``, ``bool``, a frozen dataclass of such, ``tuple[X, ...]``,
or ``X | None``.
"""

import dataclasses
import functools
import hashlib
import types
import typing
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import cbor2

from holdfast.errors import HoldfastError

MAX_BYTES = 1_000_000
"""The largest encoding that is read at all."""

MAX_DEPTH = 12
"""The deepest nesting of arrays that is read."""

MAX_ITEMS = 200_000
"""The most items that are read: a megabyte of one-byte integers would take seconds."""

MAX_INTEGER = 2**256

Plain = int | str | bytes | bool | None | list["Plain"]
"""What canonical CBOR may hold."""


class EncodingError(HoldfastError):
    """Bytes that are not the canonical form of what was expected."""

    code: ClassVar[str] = "encoding.malformed"
    exit_status: ClassVar[int] = 2


class EncodingNotCanonical(EncodingError):
    """A second spelling of a value: only the shortest, definite-length form is accepted."""

    code = "encoding.not_canonical"


class EncodingVersionUnknown(EncodingError):
    """The version or domain is not the expected one."""

    code = "encoding.version_unknown"


def _require_plain(value: object, depth: int = 0) -> None:
    if depth > MAX_DEPTH:
        raise EncodingError(f"nested deeper than {MAX_DEPTH} arrays")
    if value is None or type(value) in (bool, str, bytes):
        return
    if type(value) is int:
        if abs(value) >= MAX_INTEGER:
            raise EncodingError("an integer beyond 256 bits")
        return
    if type(value) is list:
        for item in value:
            _require_plain(item, depth + 1)
        return
    raise EncodingError(f"canonical bytes hold no {type(value).__name__}")


def encode(value: Plain) -> bytes:
    """The canonical bytes of a plain value.

    :raises EncodingError: a type, size, depth or text that canonical bytes do not hold.
    """
    _require_plain(value)
    try:
        encoded = cbor2.dumps(value, canonical=True)
    except UnicodeEncodeError:
        raise EncodingError("text with half a surrogate pair, which UTF-8 does not hold") from None
    if len(encoded) > MAX_BYTES:
        raise EncodingError(f"{len(encoded)} bytes; at most {MAX_BYTES} are written")
    return encoded


_INDEFINITE = 31
_BIG_INTEGER_TAGS = (2, 3)
_SIMPLE: dict[int, bool | None] = {20: False, 21: True, 22: None}


class _Reader:
    """Reads the few items of CBOR that canonical bytes hold, in time linear in their size.

    A general decoder follows tags: shared references (tag 29) unfold a few hundred bytes into billions of items.
    """

    def __init__(self, encoded: bytes) -> None:
        self._encoded = encoded
        self._at = 0
        self._items = 0

    def _take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._encoded):
            raise EncodingError("not CBOR: it ends too early")
        taken = self._encoded[self._at : end]
        self._at = end
        return taken

    def _head(self) -> tuple[int, int, int]:
        """The next item's major type, additional information and argument (RFC 8949, section 3)."""
        first = self._take(1)[0]
        major, info = first >> 5, first & 0x1F
        if info == _INDEFINITE:
            raise EncodingNotCanonical("an item of indefinite length")
        if info > 27:
            raise EncodingError("not CBOR: a reserved length")
        return major, info, info if info < 24 else int.from_bytes(self._take(1 << info - 24), "big")

    def whole(self) -> Plain:
        """The one value that the bytes hold."""
        value = self._value(0)
        if self._at != len(self._encoded):
            raise EncodingNotCanonical("bytes follow the value")
        return value

    def _value(self, depth: int) -> Plain:
        if depth > MAX_DEPTH:
            raise EncodingError(f"nested deeper than {MAX_DEPTH} arrays")
        self._items += 1
        if self._items > MAX_ITEMS:
            raise EncodingError(f"more than {MAX_ITEMS} items")
        major, info, argument = self._head()
        match major:
            case 0 | 1:
                return argument if major == 0 else -1 - argument
            case 2:
                return self._take(argument)
            case 3:
                return self._text(argument)
            case 4:
                return [self._value(depth + 1) for _ in range(argument)]
            case 6 if argument in _BIG_INTEGER_TAGS:
                return self._big_integer(argument)
            case 7 if info in _SIMPLE:
                return _SIMPLE[info]
            case _:
                raise EncodingError(f"canonical bytes hold no item of major type {major} and argument {argument}")

    def _text(self, length: int) -> str:
        try:
            return self._take(length).decode("utf-8")
        except UnicodeDecodeError:
            raise EncodingError("text that is not UTF-8") from None

    def _big_integer(self, tag: int) -> int:
        major, _, length = self._head()
        if major != 2:
            raise EncodingError("a big integer without its bytes")
        magnitude = int.from_bytes(self._take(length), "big")
        return magnitude if tag == 2 else -1 - magnitude


def decode(encoded: bytes) -> Plain:
    """The plain value of canonical bytes.

    :raises EncodingError: not CBOR, too large, too deep, or of a type that canonical bytes do not hold.
    :raises EncodingNotCanonical: any other spelling of the value, or trailing bytes.
    """
    if len(encoded) > MAX_BYTES:
        raise EncodingError(f"{len(encoded)} bytes; at most {MAX_BYTES} are read")
    plain = _Reader(encoded).whole()
    # The writer decides what is canonical: a second spelling (long lengths, small big integers) comes back shorter.
    if encode(plain) != encoded:
        raise EncodingNotCanonical("not the canonical spelling of its value")
    return plain


def _to_plain(value: object) -> Plain:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        body = [_to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)]
        return [value.VERSION, value.DOMAIN, *body] if isinstance(value, Canonical) else body
    if isinstance(value, tuple):
        return [_to_plain(item) for item in value]
    return typing.cast(Plain, value)


@functools.cache
def _field_types(cls: type) -> tuple[tuple[str, Any], ...]:
    hints = typing.get_type_hints(cls)
    return tuple((field.name, hints[field.name]) for field in dataclasses.fields(cls))


def _from_plain(kind: Any, value: Plain, where: str) -> Any:
    origin = typing.get_origin(kind)
    if origin in (types.UnionType, typing.Union):
        (inner,) = (option for option in typing.get_args(kind) if option is not type(None))
        return None if value is None else _from_plain(inner, value, where)
    if kind in (int, str, bytes, bool):
        if type(value) is not kind:
            raise EncodingError(f"{where} must be {kind.__name__}")
        return value
    if type(value) is not list:
        raise EncodingError(f"{where} must be an array")
    if origin is tuple:
        item_kind, _ = typing.get_args(kind)
        return tuple(_from_plain(item_kind, item, f"{where}[{i}]") for i, item in enumerate(value))
    if issubclass(kind, Canonical):
        return _object_from(kind, value)
    return _body_from(kind, value, where)


def _body_from(cls: type, values: list[Plain], where: str) -> Any:
    fields = _field_types(cls)
    if len(values) != len(fields):
        raise EncodingError(f"{where} has {len(values)} fields; {len(fields)} were expected")
    read = {name: _from_plain(kind, item, f"{where}.{name}") for (name, kind), item in zip(fields, values, strict=True)}
    return cls(**read)


def _object_from(cls: "type[Canonical]", value: Plain) -> Any:
    if type(value) is not list or value[:2] != [cls.VERSION, cls.DOMAIN] or type(value[0]) is not int:
        raise EncodingVersionUnknown(f"not a {cls.DOMAIN} of version {cls.VERSION}")
    return _body_from(cls, value[2:], cls.DOMAIN)


def decode_one_of(encoded: bytes, kinds: "Iterable[type[Canonical]]") -> "Canonical":
    """Read an object of whichever of ``kinds`` it is, looking at the bytes once.

    :raises EncodingVersionUnknown: of none of them.
    :raises EncodingError: malformed, or not canonical.
    """
    value = decode(encoded)
    for kind in kinds:
        if type(value) is list and value[:2] == [kind.VERSION, kind.DOMAIN]:
            return typing.cast(Canonical, _object_from(kind, value))
    raise EncodingVersionUnknown("an object of no expected kind and version")


@dataclass(frozen=True)
class Canonical:
    """Base of every object that is signed, hashed or stored as canonical bytes."""

    DOMAIN: ClassVar[str]
    VERSION: ClassVar[int] = 1

    def encoded(self) -> bytes:
        """The canonical bytes: ``[VERSION, DOMAIN, fields...]``."""
        return encode(_to_plain(self))

    def digest(self) -> bytes:
        """SHA-256 of the canonical bytes, 32 bytes."""
        return hashlib.sha256(self.encoded()).digest()

    @classmethod
    def decoded(cls, encoded: bytes) -> Self:
        """Read an object of exactly this class.

        :raises EncodingError: malformed, of another domain or version, or not canonical.
        """
        return typing.cast(Self, _object_from(cls, decode(encoded)))
