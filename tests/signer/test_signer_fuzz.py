"""Whatever bytes arrive, a signer answers with a signed reply and, unless it was asked properly, changes nothing."""

import dataclasses
import hashlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from canonical_strategies import objects
from holdfast.authority import EVERYONE, Header, open_envelope
from holdfast.demo.deployment import SIGNERS
from holdfast.encoding import Canonical, decode, encode
from holdfast.errors import HoldfastError
from holdfast.signer import (
    CosignRequest,
    FreezeRequest,
    FreezeShow,
    KeygenActivate,
    KeygenBegin,
    KeygenExchange,
    KeygenFinish,
    KeygenTestBegin,
    LiftRequest,
    ListRequest,
    Refusal,
    Reply,
    SigningFinish,
    SigningRequest,
    StatusRequest,
)
from signer_rig import QUORUM, Takeover, row_counts

FUZZING = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)

REQUESTS: tuple[type[Canonical], ...] = (
    SigningRequest,
    SigningFinish,
    CosignRequest,
    KeygenBegin,
    KeygenExchange,
    KeygenFinish,
    KeygenTestBegin,
    KeygenActivate,
    FreezeRequest,
    FreezeShow,
    LiftRequest,
    ListRequest,
)


@pytest.fixture(scope="module")
def honest_request(shared: Takeover) -> bytes:
    """A request that would be signed as it is."""
    movement = shared.movement(shared.world.approved("honest", 20_000_000))
    return shared.request("bern", movement, quorum=QUORUM).encoded()


def refusal(takeover: Takeover, request: bytes) -> Refusal:
    """The signer's signed refusal of these bytes; anything else is a failure, and so is any new row."""
    before = row_counts(takeover.database("bern"))
    reply = Reply.decoded(takeover.world.signers["bern"].respond(request))
    assert row_counts(takeover.database("bern")) == before
    assert reply.letters == ()
    assert reply.refusal is not None
    place = Header("bern", EVERYONE, hashlib.sha256(request).digest(), 0, 0)
    body = Refusal.decoded(open_envelope(reply.refusal, takeover.plane.roster, place))
    # A fault of the signer's own would be a check that met what it did not expect.
    assert body.code != "signer.internal_fault", body.message
    assert len(body.message) <= 500
    assert body.message.isprintable()
    return body


@FUZZING
@given(st.binary(max_size=2_000))
def test_random_bytes(shared: Takeover, request_bytes: bytes) -> None:
    assert refusal(shared, request_bytes).code == "signer.request_unknown"


@FUZZING
@given(data=st.data())
def test_requests_of_random_fields(shared: Takeover, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(REQUESTS))
    refusal(shared, data.draw(objects(kind)).encoded())


@FUZZING
@given(data=st.data())
def test_honest_request_with_some_bytes_altered(shared: Takeover, honest_request: bytes, data: st.DataObject) -> None:
    altered = bytearray(honest_request)
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(0, len(altered) - 1))
        altered[position] ^= data.draw(st.integers(1, 255))
    if _evidence(bytes(altered)) != _evidence(honest_request):
        refusal(shared, bytes(altered))


def _evidence(request: bytes) -> SigningRequest | bytes:
    """A request but for what is the relay's to choose: the attempt, and the transaction within its own rules.

    Every other byte of an honest request counts.
    """
    try:
        return dataclasses.replace(SigningRequest.decoded(request), attempt=b"", transaction=b"")
    except HoldfastError:
        return request


@FUZZING
@given(data=st.data())
def test_honest_request_cut_or_continued(shared: Takeover, honest_request: bytes, data: st.DataObject) -> None:
    length = data.draw(st.integers(0, len(honest_request) - 1))
    assert refusal(shared, honest_request[:length]).code == "signer.request_unknown"
    more = data.draw(st.binary(min_size=1, max_size=20))
    assert refusal(shared, honest_request + more).code == "signer.request_unknown"


VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**31, 2**63 - 1, 2**63, 2**64, -(2**63), 2**200, -(2**255),
    "", "x" * 10_000, "\x00", "\n\r\x1b[2J", "ß\U0001f600", b"", b"\x00" * 32, b"\xff" * 5_000, [], [[]], [0] * 100,
)  # fmt: skip
"""What a field might hold that it should not."""


def places(value: Any, path: tuple[int, ...] = ()) -> list[tuple[int, ...]]:
    """Every place in nested arrays."""
    if not isinstance(value, list):
        return [path]
    return [path, *(place for index, item in enumerate(value) for place in places(item, (*path, index)))]


def replaced(value: Any, path: tuple[int, ...], by: Any) -> Any:
    """A copy with another value at a place."""
    if not path:
        return by
    return [replaced(item, path[1:], by) if index == path[0] else item for index, item in enumerate(value)]


def test_every_field_of_a_request_holding_something_else(shared: Takeover, honest_request: bytes) -> None:
    plain = decode(honest_request)
    for number, path in enumerate(places(plain)):
        for step in (0, 7, 15):
            other = encode(replaced(plain, path, VALUES[(number + step) % len(VALUES)]))
            if _evidence(other) != _evidence(honest_request):
                refusal(shared, other)


MALFORMED: dict[str, tuple[tuple[int, ...], Any, str]] = {
    "no conflict key": ((2, 4), "", "intent.conflict_key_missing"),
    "a conflict key of no known form": ((2, 4), "outpoint:00:0", "intent.conflict_key_missing"),
    "a second spelling of a conflict key": ((2, 4), f"outpoint:{'AB' * 32}:0", "intent.conflict_key_missing"),
    "an amount of zero": ((2, 3, 0, 0, 1), 0, "amount.not_positive"),
    "a negative amount": ((2, 3, 0, 0, 1), -1, "amount.out_of_range"),
    "an amount beyond the limit": ((2, 3, 0, 0, 1), 10**36 + 1, "amount.out_of_range"),
    "an unknown asset": ((2, 3, 0, 0, 0), "DOGE", "amount.asset_unknown"),
    "no payment": ((2, 3), [], "authority.malformed"),
    "an epoch beyond every database": ((2, 7), 2**63, "authority.malformed"),
    "a time before all time": ((2, 6), -1, "authority.malformed"),
    "another version of the request": ((0,), 2, "signer.request_unknown"),
    "another version of the intent": ((2, 0), 2, "signer.request_unknown"),
}


@pytest.mark.parametrize(("path", "value", "code"), MALFORMED.values(), ids=MALFORMED)
def test_malformed_request_has_its_own_code(
    shared: Takeover, honest_request: bytes, path: tuple[int, ...], value: Any, code: str
) -> None:
    request = encode(replaced(decode(honest_request), path, value))
    assert refusal(shared, request).code == code


@pytest.mark.parametrize("size", [1_000_001, 3_999_999])
def test_oversized_request(shared: Takeover, size: int) -> None:
    assert refusal(shared, bytes(size)).code == "signer.request_unknown"


@pytest.mark.parametrize("text", ["\x1b[2Jred", "a\nb", "\x00", "x" * 100])
def test_refusal_carries_no_control_character_to_anybodys_terminal(
    shared: Takeover, honest_request: bytes, text: str
) -> None:
    # Every text of a request, one after the other.
    plain = decode(honest_request)
    for path in places(plain):
        request = encode(replaced(plain, path, text)) if isinstance(_at(plain, path), str) else b""
        if _evidence(request) != _evidence(honest_request):
            refusal(shared, request)


def _at(value: Any, path: tuple[int, ...]) -> Any:
    return _at(value[path[0]], path[1:]) if path else value


def test_status_is_fresh_and_signed(shared: Takeover) -> None:
    for signer in SIGNERS:
        status = shared.plane.signer(signer).status()
        assert (status.signer, status.genesis) == (signer, shared.plane.genesis.digest())
    (letter,) = shared.plane.signer("bern").call(StatusRequest(b"mine"))
    assert letter.letter.header.session == b"mine"
