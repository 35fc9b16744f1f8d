"""What the console changes, who may have it done, and that it approves nothing."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from holdfast.custody import PayoutState, WithdrawalState, find_withdrawal, payout_view
from holdfast.store import snapshot
from web_rig import Browser, console
from world import World, copy_world


@pytest.fixture
def founded_world(founded: Path, tmp_path: Path) -> Iterator[World]:
    """A deployment of this test's own."""
    world = copy_world(founded, tmp_path / "house")
    yield world
    world.close()


@pytest.fixture
def browser(founded_world: World) -> Browser:
    """Ada is signed in."""
    return console(founded_world)


def give_ada(world: World, *roles: str) -> None:
    """Ada has these roles from now on."""
    assert world.plane.in_force is not None
    ada, *others = world.plane.roster.persons
    world.plane.in_force.roster = replace(world.plane.roster, persons=(replace(ada, roles=roles), *others))


def test_a_payout_is_planned_and_waits_for_people_elsewhere(founded_world: World, browser: Browser) -> None:
    founded_world.request("w-1")
    answer = browser.submit("/payouts", {"vault": "hot"})
    address = answer.headers["location"]
    assert (answer.status_code, address[:9]) == (303, "/payouts/")
    with snapshot(founded_world.plane.engine) as connection:
        view = payout_view(connection, bytes.fromhex(address[9:]))
    assert (view.state, view.approved_by) == (PayoutState.AWAITING, ())
    shown = browser.get(address).text
    assert "This console cannot approve." in shown
    assert f'href="http://localhost:8411/intents/{address[9:]}"' in shown


def test_one_withdrawal_is_planned_alone(founded_world: World, browser: Browser) -> None:
    founded_world.request("w-1")
    founded_world.request("w-2")
    assert browser.submit("/payouts", {"vault": "hot", "reference": "w-2"}).status_code == 303
    assert find_withdrawal(founded_world.plane, "w-1").state is WithdrawalState.SCREENED
    assert find_withdrawal(founded_world.plane, "w-2").state is WithdrawalState.BATCHED


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"vault": "hot"}, 409, "payout.empty"),
        ({"vault": "nowhere"}, 409, "vault.unknown"),
        ({}, 400, "web.request_malformed"),
        ({"vault": "x" * 201}, 400, "web.request_malformed"),
        ({"vault": "hot\x00"}, 400, "web.request_malformed"),
        ({"vault": "hot", "reference": "w-1\x00"}, 400, "web.request_malformed"),
        ({"vault": "hot", "reference": "nobodys"}, 409, "payout.empty"),
    ],
)
def test_what_cannot_be_planned_says_why(browser: Browser, fields: dict[str, str], status: int, code: str) -> None:
    answer = browser.submit("/payouts", fields)
    assert answer.status_code == status
    assert code in answer.text


def test_a_waiting_withdrawal_is_cancelled_once(founded_world: World, browser: Browser) -> None:
    founded_world.request("w 1/&?")
    answer = browser.submit("/withdrawal/cancel", {"reference": "w 1/&?"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/withdrawal?reference=w%201%2F%26%3F")
    assert "cancelled" in browser.get(answer.headers["location"]).text
    assert find_withdrawal(founded_world.plane, "w 1/&?").state is WithdrawalState.CANCELLED
    assert browser.submit("/withdrawal/cancel", {"reference": "w 1/&?"}).status_code == 409
    assert browser.submit("/withdrawal/cancel", {"reference": "w 1/&?\x00"}).status_code == 400


def test_a_withdrawal_that_a_payout_has_taken_up_is_not_cancelled(founded_world: World, browser: Browser) -> None:
    founded_world.planned("w-1")
    answer = browser.submit("/withdrawal/cancel", {"reference": "w-1"})
    assert (answer.status_code, "withdrawal.final" in answer.text) == (409, True)
    assert "Cancel this withdrawal" not in browser.get("/withdrawal?reference=w-1").text


@pytest.mark.parametrize("roles", [("operator",), ("officer",), ("approver", "operator")])
def test_operators_and_officers_act(founded_world: World, browser: Browser, roles: tuple[str, ...]) -> None:
    give_ada(founded_world, *roles)
    founded_world.request("w-1")
    assert browser.submit("/withdrawal/cancel", {"reference": "w-1"}).status_code == 303


@pytest.mark.parametrize("roles", [(), ("approver",)])
def test_others_look_and_do_not_act(founded_world: World, browser: Browser, roles: tuple[str, ...]) -> None:
    give_ada(founded_world, *roles)
    founded_world.request("w-1")
    for path, fields in (("/payouts", {"vault": "hot"}), ("/withdrawal/cancel", {"reference": "w-1"})):
        answer = browser.submit(path, fields)
        assert (answer.status_code, "web.role_missing" in answer.text) == (403, True)
    assert find_withdrawal(founded_world.plane, "w-1").state is WithdrawalState.SCREENED
    shown = browser.get("/withdrawal?reference=w-1").text
    assert "w-1" in shown
    assert "Cancel this withdrawal" not in shown


def test_what_is_no_form(browser: Browser) -> None:
    assert browser.post("/payouts", {"vault": "hot"}).status_code == 400
    headers = {"origin": "http://localhost:8410", "content-type": "application/x-www-form-urlencoded"}
    for body in (b"vault=hot&vault=cold", b"&".join(b"%d=1" % n for n in range(11)), b"vault=%ff"):
        assert browser.request("POST", "/payouts", headers, body).status_code == 400


def test_the_console_has_no_address_that_approves(browser: Browser) -> None:
    posts = {route.path for route in _routes(browser) if "POST" in (getattr(route, "methods", None) or ())}
    assert posts == {"/sign-in", "/sign-in/challenge", "/sign-out", "/payouts", "/withdrawal/cancel"}


def _routes(browser: Browser) -> list[Any]:
    return list(browser.app.routes)
