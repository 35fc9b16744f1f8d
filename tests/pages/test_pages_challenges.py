"""Challenges that nobody keeps: good once, for a while, for what they were given, and in no one's way."""

import pytest

from holdfast.clock import ManualClock
from holdfast.errors import HoldfastError
from holdfast.pages import CHALLENGE_BYTES, Challenges

LIFETIME_S = 60


class Refused(HoldfastError):
    """What the page says of a challenge that is not open."""

    code = "test.refused"


def made(clock: ManualClock, limit: int = 3) -> Challenges:
    return Challenges(clock, lifetime_s=LIFETIME_S, refusal=Refused, limit=limit)


def test_a_challenge_is_good_once_however_often_it_is_looked_at() -> None:
    challenges = made(ManualClock())
    challenge = challenges.give()
    assert len(challenge) == CHALLENGE_BYTES
    for _ in range(2):
        challenges.require_open(challenge)
    challenges.spend(challenge)
    for again in (challenges.require_open, challenges.spend):
        with pytest.raises(Refused):
            again(challenge)


@pytest.mark.parametrize(("waited_s", "is_open"), [(LIFETIME_S - 1, True), (LIFETIME_S, False), (-1, False)])
def test_a_challenge_is_good_for_a_while(waited_s: int, is_open: bool) -> None:
    clock = ManualClock()
    challenges = made(clock)
    challenge = challenges.give()
    clock.advance(waited_s)
    if is_open:
        challenges.require_open(challenge)
    else:
        with pytest.raises(Refused):
            challenges.require_open(challenge)
        with pytest.raises(Refused):
            challenges.spend(challenge)


def test_a_clock_that_was_set_back_keeps_nobody_out() -> None:
    clock = ManualClock()
    challenges = made(clock)
    old = [challenges.give(), challenges.give()]
    challenges.spend(old[0])
    clock.advance(-3_600)
    challenges.spend(challenges.give())
    clock.advance(3_600)
    for each in old:
        with pytest.raises(Refused):
            challenges.require_open(each)


def test_what_was_not_given_out_here_for_this() -> None:
    clock = ManualClock()
    challenges = made(clock)
    given = challenges.give("alice")
    challenges.require_open(given, "alice")
    later = (int.from_bytes(given[:6], "big") + 1).to_bytes(6, "big") + given[6:]
    for other in (b"", bytes(CHALLENGE_BYTES), given[:-1], given + b"\x00", later, made(clock).give("alice")):
        with pytest.raises(Refused):
            challenges.require_open(other, "alice")
    with pytest.raises(Refused):
        challenges.require_open(given, "bob")


def test_asking_takes_nothing_from_anybody() -> None:
    challenges = made(ManualClock())
    first = challenges.give()
    assert len({challenges.give() for _ in range(1_000)}) == 1_000
    challenges.require_open(first)


def test_without_room_the_first_are_refused_and_none_is_good_twice() -> None:
    clock = ManualClock()
    challenges = made(clock, limit=2)
    unanswered, spent = challenges.give(), [challenges.give()]
    challenges.spend(spent[0])
    for _ in range(2):
        clock.advance(1)
        spent.append(challenges.give())
        challenges.spend(spent[-1])
    for each in (unanswered, *spent):
        with pytest.raises(Refused):
            challenges.require_open(each)
    clock.advance(1)
    challenges.require_open(challenges.give())
    clock.advance(LIFETIME_S)
    last = challenges.give()
    challenges.spend(last)
    challenges.require_open(challenges.give())
