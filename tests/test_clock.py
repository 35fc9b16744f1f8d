"""Clocks: whole seconds that never go back."""

import time

import pytest

from holdfast.clock import Clock, ManualClock, SystemClock


def test_the_system_s_clock_tells_the_time() -> None:
    clock: Clock = SystemClock()
    assert abs(clock.now_s() - time.time()) < 5


def test_the_system_s_clock_does_not_follow_a_step_back(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SystemClock()
    told = []
    for machine_s in (1_000.9, 2_000.2, 1_500.0, 2_000.9, 2_001.0):
        monkeypatch.setattr(time, "time", lambda machine_s=machine_s: machine_s)
        told.append(clock.now_s())
    assert told == [1_000, 2_000, 2_000, 2_000, 2_001]


def test_a_manual_clock_moves_when_told() -> None:
    clock = ManualClock(100)
    assert (clock.now_s(), clock.now_s()) == (100, 100)
    clock.advance(60)
    assert clock.now_s() == 160
