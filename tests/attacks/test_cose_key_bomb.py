"""A public key that keeps its reader busy: enrolled in the log, it would hold a signer's lock for hours.

An RSA key whose public exponent is as long as its modulus makes each verification take a hundred times as long.

``webauthn`` decodes COSE keys with a general CBOR decoder. Tags 28 and 29 (shared values) let a map's key be a tree
of shared tuples, which hashing unfolds: 171 bytes took seconds, each further level a multiple. Keys are therefore
read as what they are, a flat map of integers and byte strings, before anything else sees them (RFC 9052, section 7).
"""

import cbor2
import pytest

from holdfast.authority import AuthorityMalformed, Credential


def bomb(levels: int) -> bytes:
    shared = b"\xd8\x1c\x82\x01\x02"  # 28([1, 2])
    for level in range(levels):
        shared = b"\xd8\x1c\x82" + shared + b"\xd8\x1d" + bytes([0x18, level])
    return b"\xa1" + shared + b"\x00"


@pytest.mark.parametrize("levels", [1, 20, 200])
def test_a_key_with_shared_references_is_refused_at_once(levels: int) -> None:
    with pytest.raises(AuthorityMalformed):
        Credential(b"mallory", bomb(levels))


@pytest.mark.parametrize(
    "key",
    [
        {1: 2, 3: -7, -1: 1, -2: b"x" * 32, -3: [1]},
        {1: 2, 3: -7, -1: 1, -2: {1: 1}, -3: b"y" * 32},
        {"kty": 2},
        {1: 2},
        {1: 99, -1: 1, -2: b"x"},
    ],
)
def test_nothing_but_a_flat_key_passes(key: dict[object, object]) -> None:
    with pytest.raises(AuthorityMalformed):
        Credential(b"mallory", cbor2.dumps(key))


def test_a_label_twice_or_bytes_after_the_key_are_refused() -> None:
    good = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: b"x" * 32, -3: b"y" * 32})
    Credential(b"alice", good)
    with pytest.raises(AuthorityMalformed):
        Credential(b"alice", good + b"\x00")
    with pytest.raises(AuthorityMalformed):
        Credential(b"alice", bytes([good[0] + 1]) + good[1:] + b"\x01\x02")


@pytest.mark.parametrize("exponent", [3, 65_536, 65_539, 2**2048 - 1])
def test_an_rsa_key_has_the_usual_exponent(exponent: int) -> None:
    def key(exponent: int) -> bytes:
        return cbor2.dumps({1: 3, 3: -257, -1: b"\x80" + bytes(255), -2: exponent.to_bytes(256, "big")})

    Credential(b"alice", key(65_537))
    with pytest.raises(AuthorityMalformed):
        Credential(b"mallory", key(exponent))
