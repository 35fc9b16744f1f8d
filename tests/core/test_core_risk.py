"""The risk engine's states from Python: rows for events, refusals by number, the same again whatever the shards."""

import dataclasses
import struct

import pytest

from holdfast import _core
from holdfast.risk import catalogue

SECRET = bytes(range(16))
AT_US = 1_790_000_000_000_000
EVENT_BYTES = 231
_HEAD = struct.Struct("<BBHIqQQQQQ16s16s16s16s16s32s32sQHHHhhhHHhBBBH")

LOGIN, WITHDRAWAL = 1, 9
SUCCEEDED = 1


@dataclasses.dataclass(frozen=True)
class Told:
    """An event, by the layout in ``docs/reference/risk-events.md``, written here a second time."""

    kind: int
    account: int
    sequence: int
    at_us: int = AT_US
    flags: int = SUCCEEDED
    value_cents: int = 0
    balance_cents: int = 0
    device: bytes = bytes(16)

    def packed(self, version: int = 1) -> bytes:
        """Its bytes."""
        head = (version, self.kind, self.flags, 0, self.at_us, self.sequence, self.account, 0)
        money = (self.value_cents, self.balance_cents, bytes(16))
        tail = (0, 0, 0, 0, 0, -(2**15), -(2**15), 2**16 - 1, 2**16 - 1, 0, 0, 0, 255, 0)
        return _HEAD.pack(*head, *money, self.device, bytes(16), bytes(16), bytes(16), bytes(32), bytes(32), *tail)


def rows(packed: bytes) -> list[dict[str, float]]:
    """Rows by the parameters' identifiers."""
    names = [each.identifier for each in catalogue()]
    row = struct.Struct(f"<{len(names)}f")
    return [dict(zip(names, values, strict=True)) for values in row.iter_unpack(packed)]


def states(shards: int = 1) -> _core.RiskStates:
    return _core.RiskStates(SECRET, 1_000, shards)


def test_the_layout_is_as_long_as_it_says() -> None:
    assert _HEAD.size == EVENT_BYTES
    assert len(Told(LOGIN, 1, 1).packed()) == EVENT_BYTES


def test_parameters_are_as_things_were_just_before() -> None:
    hour_us = 3_600_000_000
    events = [
        Told(LOGIN, 5, 1, device=b"phone" + bytes(11)),
        Told(LOGIN, 5, 2, at_us=AT_US + hour_us, device=b"phone" + bytes(11)),
        Told(WITHDRAWAL, 5, 3, at_us=AT_US + 2 * hour_us, value_cents=50_000, balance_cents=100_000),
    ]
    packed, faults = states().take(b"".join(event.packed() for event in events), AT_US + 2 * hour_us)
    first, second, third = rows(packed)
    assert faults == []
    assert (first["account_logins_1h"], first["account_device_known_for"]) == (0, 0)
    assert second["account_logins_1h"] == pytest.approx(0.5, abs=1e-6)
    assert second["account_device_known_for"] == 3_600
    assert second["device_age"] == 3_600
    assert third["account_logins_1h"] == pytest.approx(0.75, abs=1e-6)
    assert third["account_leaving_share"] == pytest.approx(0.5)
    assert third["account_device_known_for"] == -1, "the event names none"


def test_shards_change_nothing() -> None:
    events = b"".join(Told(LOGIN, 1 + n % 7, 1 + n, device=bytes([n % 5]) * 16).packed() for n in range(200))
    whole = states().take(events, AT_US)
    assert whole == states(4).take(events, AT_US)


def test_what_is_refused_is_named_and_changes_nothing() -> None:
    engine = states()
    good = Told(LOGIN, 1, 1).packed()
    bad = [
        (Told(LOGIN, 1, 1).packed(version=2), "event.version_unknown"),
        (Told(10, 1, 2).packed(), "event.kind_unknown"),
        (Told(LOGIN, 0, 2).packed(), "event.account_missing"),
        (Told(LOGIN, 1, 2, flags=1 << 9).packed(), "event.reserved_set"),
        (Told(LOGIN, 1, 2, at_us=-1).packed(), "event.time_impossible"),
        (Told(LOGIN, 1, 2, value_cents=2**63).packed(), "event.value_out_of_range"),
        (Told(LOGIN, 1, 2, at_us=AT_US + 1).packed(), "event.from_the_future"),
        (good, "event.repeated"),
    ]
    packed, faults = engine.take(good + b"".join(event for event, _ in bad), AT_US)
    assert faults == [(number, code) for number, (_, code) in enumerate(bad, start=1)]
    assert all(value == 0 for row in rows(packed)[1:] for value in row.values())
    assert engine.held()[0] == 1


def test_what_is_no_event_at_all() -> None:
    with pytest.raises(_core.EventMalformed):
        states().take(bytes(EVENT_BYTES - 1), AT_US)
    with pytest.raises(_core.EventMalformed):
        _core.RiskStates(bytes(15), 10, 1)
    with pytest.raises(_core.NumberOutOfRange):
        _core.RiskStates(SECRET, -1, 1)
    assert states().take(b"", AT_US) == (b"", [])
    assert repr(states()) == "<RiskStates>"
