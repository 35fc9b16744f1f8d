"""COSE public keys as authenticators give them: a flat map of integers and byte strings, and nothing else.

Whoever enrols a key chooses these bytes. A general CBOR decoder follows references and hashes map keys, so that a
few hundred bytes can keep it busy for hours; here reading takes time linear in the size, and what passes is safe to
hand to one. Source: RFC 9052, section 7; RFC 9053, section 7.
"""

from holdfast.authority.errors import AuthorityMalformed

MAX_LABELS = 16

RSA_EXPONENT = 65_537
"""The public exponent of the RSA keys that authenticators make: 2^16 + 1, the default of TPM 2.0 (TPMS_RSA_PARMS).

Verifying costs as many squarings as the exponent has bits, and whoever enrols a key chooses it: one as long as the
modulus takes a hundred times as long. A small one forgives faults of padding (CVE-2006-4339). Others bound it for both
reasons: FIPS 186-5, appendix A.1.1, from below; Go and BoringSSL, at 31 and 33 bits, from above.
"""

_KTY, _FIRST, _SECOND = 1, -1, -2
_OKP, _EC2, _RSA = 1, 2, 3

_UNSIGNED, _NEGATIVE, _BYTES, _MAP = 0, 1, 2, 5


class _Reader:
    def __init__(self, encoded: bytes) -> None:
        self._encoded = encoded
        self._at = 0

    def take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._encoded):
            raise AuthorityMalformed("a public key that ends too early")
        taken = self._encoded[self._at : end]
        self._at = end
        return taken

    def head(self) -> tuple[int, int]:
        """The next item's major type and argument (RFC 8949, section 3); no indefinite lengths."""
        first = self.take(1)[0]
        info = first & 0x1F
        if info > 27:
            raise AuthorityMalformed("a public key of indefinite length")
        return first >> 5, info if info < 24 else int.from_bytes(self.take(1 << info - 24), "big")

    def integer(self) -> int:
        major, argument = self.head()
        if major not in (_UNSIGNED, _NEGATIVE):
            raise AuthorityMalformed("a public key's labels are integers")
        return argument if major == _UNSIGNED else -1 - argument

    def value(self) -> int | bytes:
        major, argument = self.head()
        if major == _BYTES:
            return self.take(argument)
        if major in (_UNSIGNED, _NEGATIVE):
            return argument if major == _UNSIGNED else -1 - argument
        raise AuthorityMalformed("a public key's values are integers and byte strings")

    def at_end(self) -> bool:
        return self._at == len(self._encoded)


def read_cose_key(encoded: bytes) -> dict[int, int | bytes]:
    """The labels and values of a COSE key.

    :raises AuthorityMalformed: not one flat map, a label twice, or a value that is no integer or byte string.
    """
    reader = _Reader(encoded)
    major, count = reader.head()
    if major != _MAP or not 1 <= count <= MAX_LABELS:
        raise AuthorityMalformed(f"a public key is a map of 1 to {MAX_LABELS} labels")
    key: dict[int, int | bytes] = {}
    for _ in range(count):
        label = reader.integer()
        if label in key:
            raise AuthorityMalformed("a public key with one label twice")
        key[label] = reader.value()
    if not reader.at_end():
        raise AuthorityMalformed("bytes follow the public key")
    return key


def key_material(encoded: bytes) -> tuple[int, ...]:
    """What tells a public key from every other, however its encoding is spelt: its type and its numbers.

    :raises AuthorityMalformed: not a COSE key of a known type with its numbers.
    """
    key = read_cose_key(encoded)
    kty = key.get(_KTY)
    if kty not in (_OKP, _EC2, _RSA):
        raise AuthorityMalformed("a public key of an unknown type")
    # Of an elliptic point x alone: whoever has the key to (x, y) has the one to (x, -y).
    numbers = tuple(_number(key.get(label)) for label in (_FIRST, _SECOND))
    if not all(numbers):
        raise AuthorityMalformed("a public key without its numbers")
    if kty == _RSA and numbers[1] != RSA_EXPONENT:
        raise AuthorityMalformed(f"an RSA key of another public exponent than {RSA_EXPONENT}")
    return (int(kty), *numbers)


def _number(value: int | bytes | None) -> int:
    return int.from_bytes(value, "big") if isinstance(value, bytes) else value or 0
