"""Sessions: how long they last, what ends them early, and that only their tokens' hashes are kept."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from holdfast.authority import OFFICER, Person
from holdfast.clock import ManualClock
from holdfast.web.access import Sessions
from holdfast.web.access.sessions import IDLE_S, LONGEST_S, MAX_SESSIONS
from holdfast.web.errors import SessionRequired
from web_rig import Browser, console
from world import World, copy_world


@pytest.fixture
def founded_world(founded: Path, tmp_path: Path) -> Iterator[World]:
    """A deployment of this test's own, with a clock in hand."""
    world = copy_world(founded, tmp_path / "house")
    yield world
    world.close()


@pytest.fixture
def browser(founded_world: World) -> Browser:
    """Ada is signed in."""
    return console(founded_world)


def with_persons(world: World, *persons: Person) -> None:
    """Signers have adopted another roster."""
    assert world.plane.in_force is not None
    roster = world.plane.roster
    world.plane.in_force.roster = replace(roster, version=roster.version + 1, persons=persons, change_quorum=1)


def test_an_hour_without_anybody_ends_it(founded_world: World, browser: Browser) -> None:
    founded_world.clock.advance(IDLE_S - 1)
    assert browser.get("/policy").status_code == 200
    founded_world.clock.advance(IDLE_S - 1)
    assert browser.get("/policy").status_code == 200
    founded_world.clock.advance(IDLE_S)
    assert browser.get("/policy").status_code == 303


def test_eight_hours_end_it_whatever_happens(founded_world: World, browser: Browser) -> None:
    for _ in range(LONGEST_S // 1_800 - 1):
        founded_world.clock.advance(1_800)
        assert browser.get("/policy").status_code == 200
    founded_world.clock.advance(1_800)
    assert browser.get("/policy").status_code == 303


def test_a_page_that_refreshes_itself_keeps_nobody_signed_in(founded_world: World, browser: Browser) -> None:
    live = {"hx-request": "true"}
    founded_world.clock.advance(IDLE_S // 2)
    assert browser.get("/vaults", live).status_code == 200
    founded_world.clock.advance(IDLE_S // 2)
    answer = browser.get("/vaults", live)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/sign-in")


def test_a_clock_that_is_set_back_ends_it(founded_world: World, browser: Browser) -> None:
    founded_world.clock.advance(-1)
    assert browser.get("/policy").status_code == 303


def test_a_person_who_leaves_the_roster_is_signed_out_at_once(founded_world: World, browser: Browser) -> None:
    assert browser.get("/policy").status_code == 200
    with_persons(founded_world, *founded_world.plane.roster.persons[1:])
    assert browser.get("/policy").status_code == 303
    assert browser.sign_in(founded_world.deployment.persons["ada"]).status_code == 401


def test_a_device_that_leaves_the_roster_is_signed_out_at_once(founded_world: World, browser: Browser) -> None:
    ada, *others = founded_world.plane.roster.persons
    spare = founded_world.deployment.customer("a-new-device").credential
    with_persons(founded_world, replace(ada, credentials=(spare,)), *others)
    assert browser.get("/policy").status_code == 303


def test_a_role_that_is_taken_away_is_gone_at_once(founded_world: World, browser: Browser) -> None:
    assert "Plan the next payout" in browser.get("/withdrawals").text
    ada, *others = founded_world.plane.roster.persons
    with_persons(founded_world, replace(ada, roles=("approver",)), *others)
    shown = browser.get("/withdrawals").text
    assert "approver" in shown
    assert "Plan the next payout" not in shown


def test_a_token_that_was_never_given(browser: Browser) -> None:
    stranger = Browser(browser.app)
    stranger.cookies.set("holdfast-console", "A" * 43)
    assert stranger.get("/").status_code == 303


def test_only_hashes_are_kept_and_only_so_many(founded_world: World) -> None:
    roster = founded_world.plane.roster
    sessions = Sessions(ManualClock(), lambda: roster)
    person = roster.persons[0]
    credential = person.credentials[0].credential_id
    assert OFFICER in person.roles
    first = sessions.begin(person, credential)
    assert first not in repr(vars(sessions))
    assert sessions.find(first, by_a_person=True).person == person
    for _ in range(MAX_SESSIONS):
        newest = sessions.begin(person, credential)
    with pytest.raises(SessionRequired):
        sessions.find(first, by_a_person=True)
    assert sessions.find(newest, by_a_person=True).person == person
