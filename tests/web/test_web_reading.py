"""Values that are kept for a while, and events in words."""

import threading
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from canonical_strategies import objects
from holdfast.audit import EVENTS, EntryUnknown, Event, WithdrawalRequested
from holdfast.pages import short
from holdfast.web.refreshed import FAULT, Refreshed
from holdfast.web.words import tell


def counting() -> tuple[Callable[[], int], list[int]]:
    """A search that counts how often it was made."""
    made: list[int] = []

    def find() -> int:
        made.append(1)
        return len(made)

    return find, made


def test_a_fresh_value_is_not_sought_again() -> None:
    find, made = counting()
    kept = Refreshed(find, keep_s=60, wait_s=5)
    assert [kept.get().value for _ in range(5)] == [1] * 5
    assert len(made) == 1


def test_a_stale_value_is_and_the_old_one_is_shown_meanwhile() -> None:
    find, _made = counting()
    kept = Refreshed(find, keep_s=0, wait_s=5)
    assert kept.get().value == 1
    assert kept.get().value in (1, 2)
    deadline = time.monotonic() + 10
    while kept.get().value == 1 and time.monotonic() < deadline:
        time.sleep(0.001)
    assert kept.get().value not in (None, 1)


def test_a_value_that_took_long_is_kept_longer() -> None:
    made: list[int] = []

    def find() -> int:
        made.append(1)
        time.sleep(0.05)
        return len(made)

    kept = Refreshed(find, keep_s=0, wait_s=5)
    assert [kept.get().value for _ in range(20)] == [1] * 20
    assert len(made) == 1


def test_a_search_that_takes_long_is_not_waited_for_nor_doubled() -> None:
    release, made = threading.Event(), []

    def find() -> str:
        made.append(1)
        release.wait(10)
        return "found"

    kept = Refreshed(find, keep_s=60, wait_s=0.01)
    assert [(kept.get().value, kept.get().code) for _ in range(3)] == [(None, None)] * 3
    assert len(made) == 1
    release.set()
    deadline = time.monotonic() + 10
    while kept.get().value is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert kept.get().value == "found"


def test_a_refusal_is_kept_as_its_code_and_a_fault_as_ours() -> None:
    def refuse() -> None:
        raise EntryUnknown("with a detail")

    def fail() -> None:
        raise KeyError("a secret")

    assert Refreshed(refuse, keep_s=60, wait_s=5).get().code == "audit.entry_unknown"
    with capture_logs() as logs:
        assert Refreshed(fail, keep_s=60, wait_s=5).get().code == FAULT
    assert "a secret" not in str(logs)


@pytest.mark.parametrize("kind", EVENTS.values(), ids=lambda kind: kind.__name__)
def test_every_event_has_words(kind: type[Event]) -> None:
    @settings(max_examples=10, deadline=None)
    @given(objects(kind))
    def told(event: Event) -> None:
        assert tell(event).words

    told()


def test_an_event_whose_own_bytes_are_unreadable_is_still_told() -> None:
    assert tell(WithdrawalRequested("w", b"nonsense")).tone == "watch"


@given(st.binary(max_size=40))
def test_short_is_the_beginning(digest: bytes) -> None:
    assert digest.hex().startswith(short(digest).rstrip("…"))
