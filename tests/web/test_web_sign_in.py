"""Signing in by passkey: what opens the console, what does not, and what no longer does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from webauthn.helpers import base64url_to_bytes

from holdfast.demo.authenticator import SoftwareAuthenticator, as_document
from holdfast.demo.deployment import CUSTOMER_ORIGIN, RELYING_PARTY, page_of
from holdfast.web import create_app
from holdfast.web.access.attempts import MAX_BY_ADDRESS, WINDOW_S
from holdfast.web.access.sign_in import CHALLENGE_LASTS_S
from web_rig import ORIGIN, Browser, console
from world import World, copy_world


@pytest.fixture
def founded_world(founded: Path, tmp_path: Path) -> Iterator[World]:
    """A deployment of this test's own, with a clock in hand."""
    world = copy_world(founded, tmp_path / "house")
    yield world
    world.close()


@pytest.fixture
def browser(founded_world: World) -> Browser:
    """Nobody is signed in."""
    return console(founded_world, person=None)


def passkey(world: World, person: str = "ada") -> SoftwareAuthenticator:
    """What a person carries."""
    return world.deployment.persons[person]


def refused(browser: Browser, answer: object, code: str, status: int = 401) -> None:
    """The answer is a refusal with this code, and nobody is signed in by it."""
    assert isinstance(answer, type(browser.get("/sign-in")))
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert "set-cookie" not in answer.headers
    assert browser.get("/").status_code == 303


def test_a_person_of_the_roster_signs_in_and_out(founded_world: World, browser: Browser) -> None:
    assert browser.get("/").headers["location"] == "/sign-in?next=%2F"
    assert browser.sign_in(passkey(founded_world)).json() == {"signed_in": True}
    shown = browser.get("/").text
    assert "<strong>ada</strong>" in shown
    assert "officer, approver" in shown
    assert browser.submit("/sign-out").headers["location"] == "/sign-in"
    assert browser.get("/").status_code == 303


def test_without_a_name_any_passkey_of_the_roster_will_do(founded_world: World, browser: Browser) -> None:
    invitation = browser.post("/sign-in/challenge", {}).json()
    assert (invitation["credentials"], invitation["relying_party"]) == ([], RELYING_PARTY)
    answer = passkey(founded_world, "emi").assertion(base64url_to_bytes(invitation["challenge"]), ORIGIN)
    document = {"challenge": invitation["challenge"], "assertion": as_document(answer)}
    assert browser.post("/sign-in", document).status_code == 200
    assert "<strong>emi</strong>" in browser.get("/").text


def test_a_name_that_nobody_has_is_answered_like_one_that_somebody_has(browser: Browser) -> None:
    known = browser.post("/sign-in/challenge", {"name": "ada"}).json()
    unknown, again, other = (
        browser.post("/sign-in/challenge", {"name": name}).json() for name in ("nobody", "nobody", "somebody")
    )
    assert known.keys() == unknown.keys()
    assert [len(each["credentials"][0]) for each in (known, unknown)] == [43, 43]
    assert unknown["credentials"] == again["credentials"] != other["credentials"]


def test_a_passkey_of_nobody_in_the_roster(founded_world: World, browser: Browser) -> None:
    refused(browser, browser.sign_in(SoftwareAuthenticator(RELYING_PARTY, "mallory")), "web.sign_in_refused")
    refused(browser, browser.sign_in(founded_world.deployment.customer("alice")), "web.sign_in_refused")


@pytest.mark.parametrize(
    "origin", [page_of("bern"), CUSTOMER_ORIGIN, "http://127.0.0.1:8410", "https://localhost:8410"]
)
def test_an_assertion_made_on_another_origin(founded_world: World, browser: Browser, origin: str) -> None:
    refused(browser, browser.sign_in(passkey(founded_world), origin), "web.sign_in_refused")


@pytest.mark.parametrize("fault", [{"user_verified": False}, {"user_present": False}, {"cross_origin": True}])
def test_an_authenticator_that_verified_nobody_or_sat_in_a_frame(
    founded_world: World, browser: Browser, fault: dict[str, Any]
) -> None:
    refused(browser, browser.sign_in(passkey(founded_world), **fault), "web.sign_in_refused")


def test_a_challenge_is_good_once(founded_world: World, browser: Browser) -> None:
    invitation = browser.post("/sign-in/challenge", {"name": "ada"}).json()
    answer = passkey(founded_world).assertion(base64url_to_bytes(invitation["challenge"]), ORIGIN)
    document = {"challenge": invitation["challenge"], "assertion": as_document(answer)}
    assert browser.post("/sign-in", document).status_code == 200
    thief = Browser(browser.app)
    refused(thief, thief.post("/sign-in", document), "web.challenge_unknown")


def test_a_failed_answer_takes_nobody_s_challenge_away(founded_world: World, browser: Browser) -> None:
    invitation = browser.post("/sign-in/challenge", {"name": "ada"}).json()
    challenge = base64url_to_bytes(invitation["challenge"])
    wrong = passkey(founded_world, "ben").assertion(bytes(32), ORIGIN)
    document = {"challenge": invitation["challenge"], "assertion": as_document(wrong)}
    refused(browser, browser.post("/sign-in", document), "web.sign_in_refused")
    right = passkey(founded_world).assertion(challenge, ORIGIN)
    assert browser.post("/sign-in", document | {"assertion": as_document(right)}).status_code == 200


@pytest.mark.parametrize(("waited_s", "status"), [(CHALLENGE_LASTS_S - 1, 200), (CHALLENGE_LASTS_S, 401), (-1, 401)])
def test_a_challenge_is_good_for_two_minutes(
    founded_world: World, browser: Browser, waited_s: int, status: int
) -> None:
    invitation = browser.post("/sign-in/challenge", {"name": "ada"}).json()
    answer = passkey(founded_world).assertion(base64url_to_bytes(invitation["challenge"]), ORIGIN)
    founded_world.clock.advance(waited_s)
    document = {"challenge": invitation["challenge"], "assertion": as_document(answer)}
    assert browser.post("/sign-in", document).status_code == status


def test_a_challenge_that_was_not_given_out(founded_world: World, browser: Browser) -> None:
    document = {"challenge": "A" * 43, "assertion": as_document(passkey(founded_world).assertion(bytes(32), ORIGIN))}
    refused(browser, browser.post("/sign-in", document), "web.challenge_unknown")


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"challenge": "A" * 43},
        {"challenge": "A" * 43, "assertion": {}},
        {"challenge": "A" * 42, "assertion": {}},
        {"challenge": 7, "assertion": None},
        {"challenge": "A" * 43, "assertion": {"credential_id": "***"}},
    ],
)
def test_what_is_no_answer_at_all(browser: Browser, document: object) -> None:
    assert browser.post("/sign-in", document).status_code == 400


@pytest.mark.parametrize("name", [7, None, "x" * 81, "ada\x00"])
def test_what_is_no_name(browser: Browser, name: object) -> None:
    assert browser.post("/sign-in/challenge", {"name": name}).status_code == 400


def test_half_a_character_is_no_name(browser: Browser) -> None:
    answer = browser.request("POST", "/sign-in/challenge", {"origin": ORIGIN}, rb'{"name": "\ud800"}')
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "web.request_malformed")


def test_no_other_origin_can_sign_anybody_in(founded_world: World, browser: Browser) -> None:
    assert browser.post("/sign-in/challenge", {"name": "ada"}, origin=page_of("bern")).status_code == 403


def test_too_many_failures_wait_a_minute(founded_world: World, browser: Browser) -> None:
    mallory = SoftwareAuthenticator(RELYING_PARTY, "mallory")
    for _ in range(MAX_BY_ADDRESS):
        refused(browser, browser.sign_in(mallory), "web.sign_in_refused")
    refused(browser, browser.sign_in(mallory), "web.too_many_attempts", 429)
    founded_world.clock.advance(WINDOW_S)
    refused(browser, browser.sign_in(mallory), "web.sign_in_refused")


def test_the_cookie_is_out_of_reach(founded_world: World, browser: Browser) -> None:
    cookie = browser.sign_in(passkey(founded_world)).headers["set-cookie"]
    assert "holdfast-console=" in cookie
    assert {"HttpOnly", "SameSite=strict", "Path=/", "Max-Age=28800"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


def test_over_tls_the_cookie_is_secure_and_bound_to_its_host(founded_world: World) -> None:
    origin = "https://localhost:8410"
    browser = Browser(create_app(founded_world.plane, origin=origin), origin)
    cookie = browser.sign_in(passkey(founded_world)).headers["set-cookie"]
    assert cookie.startswith("__Host-holdfast=")
    assert {"HttpOnly", "SameSite=strict", "Path=/", "Secure"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize(
    ("wanted", "next_page"),
    [
        ("/payouts?after=1", "/payouts?after=1"),
        ("//attacker.example", "/"),
        ("/\\attacker.example", "/"),
        ("https://attacker.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/sign-in", "/"),
        ("", "/"),
    ],
)
def test_after_signing_in_people_stay_on_this_console(browser: Browser, wanted: str, next_page: str) -> None:
    answer = browser.get(f"/sign-in?{urlencode({'next': wanted})}")
    assert f'data-next="{next_page}"' in answer.text
