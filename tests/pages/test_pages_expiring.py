"""Values kept for a while: good until their time is over, once when taken, and never more than there is room for."""

from holdfast.clock import ManualClock
from holdfast.pages import Expiring

LIFETIME_S = 60


def kept(clock: ManualClock, limit: int = 3) -> Expiring[str]:
    """A store with one value."""
    values: Expiring[str] = Expiring(clock, lifetime_s=LIFETIME_S, limit=limit)
    values.put("a", "first")
    return values


def test_a_value_is_good_until_its_time_is_over() -> None:
    clock = ManualClock()
    values = kept(clock)
    clock.advance(LIFETIME_S - 1)
    assert values.get("a") == "first"
    clock.advance(1)
    assert values.get("a") is None
    assert values.take("a") is None


def test_a_clock_that_was_set_back_makes_nothing_good_for_longer() -> None:
    clock = ManualClock()
    values = kept(clock)
    clock.advance(-1)
    assert values.get("a") is None


def test_a_value_is_taken_once() -> None:
    values = kept(ManualClock())
    assert values.take("a") == "first"
    assert values.take("a") is None


def test_where_there_is_no_room_the_oldest_goes() -> None:
    clock = ManualClock()
    values = kept(clock)
    for key in "bcd":
        values.put(key, key)
    assert [values.get(key) for key in "abcd"] == [None, "b", "c", "d"]
