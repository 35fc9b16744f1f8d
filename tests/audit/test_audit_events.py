"""Events: each comes back as it was written, and nothing unknown is read."""

import dataclasses
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.audit import EVENTS, Event, EventUnknown, LogEntry, PolicyActivated, ReorgSeen, decode_event
from holdfast.encoding import EncodingError, encode

FIELDS: dict[Any, Any] = {
    int: st.integers(-(2**200), 2**200),
    str: st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    bytes: st.binary(max_size=60),
    tuple[bytes, ...]: st.lists(st.binary(max_size=60), max_size=3).map(tuple),
}


@st.composite
def events(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from(sorted(EVENTS.values(), key=lambda kind: kind.DOMAIN)))
    hints = get_type_hints(kind)
    return kind(**{field.name: draw(FIELDS[hints[field.name]]) for field in dataclasses.fields(kind)})


@given(events(), st.integers(0, 2**62), st.integers(0, 2**62))
def test_every_event_comes_back_in_its_entry(event: Event, sequence: int, at_s: int) -> None:
    entry = LogEntry(sequence, at_s, event.encoded())
    assert LogEntry.decoded(entry.encoded()).opened() == event


def test_every_event_class_is_registered_under_its_own_domain() -> None:
    declared = {kind for kind in Event.__subclasses__() if kind.__module__ == Event.__module__}
    assert declared == set(EVENTS.values())
    assert all(kind.DOMAIN.startswith("holdfast/event/") for kind in EVENTS.values())


@pytest.mark.parametrize(
    "plain",
    [
        [1, "holdfast/event/never-heard-of", 1],
        [2, PolicyActivated.DOMAIN, 1, b""],
        [1, LogEntry.DOMAIN, 1, 2, b""],
        [],
        ["holdfast/event/policy-activated"],
        7,
    ],
)
def test_unknown_domains_and_versions_are_refused(plain: Any) -> None:
    with pytest.raises(EventUnknown):
        decode_event(encode(plain))


@pytest.mark.parametrize("body", [[1], [1, b"", b""], ["1", b""], [1, "digest"]])
def test_events_with_other_fields_are_refused(body: list[Any]) -> None:
    with pytest.raises(EncodingError):
        decode_event(encode([1, PolicyActivated.DOMAIN, *body]))


@given(st.binary(max_size=80))
def test_no_bytes_do_worse_than_malformed(encoded: bytes) -> None:
    try:
        event = decode_event(encoded)
    except (EncodingError, EventUnknown):
        return
    assert event.encoded() == encoded


@given(st.data())
def test_a_flipped_bit_never_gives_the_same_event(data: st.DataObject) -> None:
    event = ReorgSeen(7, "old", "new")
    encoded = bytearray(event.encoded())
    encoded[data.draw(st.integers(0, len(encoded) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        assert decode_event(bytes(encoded)) != event
    except (EncodingError, EventUnknown):
        return


def test_the_documented_events_are_these() -> None:
    page = (Path(__file__).parents[2] / "docs" / "internals" / "audit-log.md").read_text(encoding="utf-8")
    for domain, kind in EVENTS.items():
        fields = ", ".join(
            f"{name}: {hint.__name__}" for name, hint in kind.__annotations__.items() if name != "DOMAIN"
        )
        assert f"| `{domain.removeprefix('holdfast/event/')}` | {fields} |" in page
