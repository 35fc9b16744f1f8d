"""A few hundred bytes unfold into billions of items: the CBOR form of "billion laughs".

Shared references (CBOR tags 28 and 29) let an array name an earlier one any number of times. A decoder that follows
them, or a library that encodes again what it read, works for hours on one small message (compare CVE-2003-1564).
"""

import dataclasses
import time

import pytest

from holdfast.authority import Approval, AssertionMalformed, Intent, RelyingParty, verify_assertion
from holdfast.demo.authenticator import SoftwareAuthenticator
from holdfast.encoding import EncodingError, decode

PAGE = "http://localhost:8801"


def bomb(levels: int = 9, width: int = 30) -> bytes:
    """Arrays of ``width`` references to the one before: ``width ** levels`` items."""
    shareable, reference = b"\xd8\x1c", b"\xd8\x1d"
    head = shareable + bytes([0x98, width])
    upper = (head + (reference + bytes([0x18, level])) * width for level in range(levels - 1))
    return bytes([0x80 + levels]) + head + bytes(width) + b"".join(upper)


def test_canonical_bytes_hold_no_references() -> None:
    started_s = time.monotonic()
    with pytest.raises(EncodingError):
        decode(bomb())
    for kind in (Intent, Approval):
        with pytest.raises(EncodingError):
            kind.decoded(bomb())
    # Following the references would take centuries, so this is no measurement.
    assert time.monotonic() - started_s < 5


@pytest.mark.parametrize("flags", [0x85, 0x45, 0xC5, 0x05])
def test_an_assertion_s_extensions_are_never_parsed(flags: int) -> None:
    device = SoftwareAuthenticator("localhost", "anna")
    assertion = device.assertion(bytes(32), PAGE)
    loaded = assertion.authenticator_data[:32] + bytes([flags]) + bytes(4) + bytes(18) + bomb()
    with pytest.raises(AssertionMalformed):
        verify_assertion(
            dataclasses.replace(assertion, authenticator_data=loaded),
            device.credential,
            RelyingParty("localhost", (PAGE,)),
            bytes(32),
        )
