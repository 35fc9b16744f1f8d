"""The console in a real browser: signing in by passkey, the keyboard, pages that follow what happens, a phone."""

import json

import pytest
from playwright.sync_api import Route, expect

from browser.house import CONSOLE, House
from browser.pages import enter_console
from browser.quality import axe
from browser.rig import Visitor
from world import bitcoin_address

NOT_SIGNED = "Nothing was signed: you cancelled, your device did not verify you, or no passkey of yours is known here."


@pytest.fixture
def door(person: Visitor, house: House) -> Visitor:
    """Ada with her passkey, before the console's door."""
    # Sign-ins are counted by the minute.
    house.world.clock.advance(60)
    person.passkeys.carry(house.passkey("ada"))
    person.page.goto(CONSOLE)
    return person


@pytest.fixture
def ada(door: Visitor) -> Visitor:
    """Ada, signed in."""
    enter_console(door.page)
    return door


def require_refused(person: Visitor, words: str) -> None:
    """The page says why, and nobody is in."""
    person.page.get_by_role("button", name="Sign in with a passkey").click()
    expect(person.page.get_by_role("alert")).to_contain_text(words)
    person.page.goto(f"{CONSOLE}/withdrawals")
    expect(person.page.get_by_role("button", name="Sign in with a passkey")).to_be_visible()


@pytest.mark.parametrize("name", ["", "ada"])
def test_signing_in_leads_to_what_was_asked_for(door: Visitor, name: str) -> None:
    door.page.goto(f"{CONSOLE}/withdrawal?reference=w-paid")
    door.page.get_by_label("Your name in the roster").fill(name)
    enter_console(door.page)
    expect(door.page).to_have_url(f"{CONSOLE}/withdrawal?reference=w-paid")
    expect(door.page.get_by_role("heading", level=1)).to_contain_text("w-paid")
    door.require_clean()


def test_a_session_ends_with_signing_out(ada: Visitor) -> None:
    ada.page.get_by_role("button", name="Sign out").click()
    ada.page.goto(f"{CONSOLE}/log")
    expect(ada.page.get_by_role("button", name="Sign in with a passkey")).to_be_visible()
    ada.require_clean()


def test_the_sessions_cookie_is_out_of_reach(ada: Visitor) -> None:
    (cookie,) = ada.context.cookies(CONSOLE)
    assert cookie["httpOnly"]
    assert cookie["sameSite"] in ("Strict", "Lax")
    assert ada.page.evaluate("document.cookie") == ""


def test_a_device_that_does_not_recognise_its_user(door: Visitor) -> None:
    door.passkeys.verify_user(False)
    require_refused(door, NOT_SIGNED)


def test_a_device_that_only_claims_to_have_asked(door: Visitor) -> None:
    door.passkeys.claim_unverified(True)
    require_refused(door, "that passkey does not open this console")


def test_a_prompt_that_nobody_answers(door: Visitor) -> None:
    door.passkeys.ignore_prompts()
    door.page.reload()
    require_refused(door, NOT_SIGNED)


def test_a_customer_is_not_let_in(door: Visitor, house: House) -> None:
    door.passkeys.forget()
    door.passkeys.carry(house.passkey("alice"))
    require_refused(door, "that passkey does not open this console")


def test_an_answer_is_taken_once(door: Visitor) -> None:
    posted: list[str] = []

    def note(route: Route) -> None:
        posted.append(route.request.post_data or "")
        route.continue_()

    door.page.route("**/sign-in", note)
    enter_console(door.page)
    door.page.unroute("**/sign-in")
    door.context.clear_cookies()
    door.page.goto(f"{CONSOLE}/sign-in")
    (answer,) = posted
    status = door.page.evaluate(
        """async (body) => (await fetch("/sign-in", {
          method: "POST", body, headers: { "content-type": "application/json" } })).status""",
        json.dumps(json.loads(answer)),
    )
    assert 400 <= status < 500
    assert door.context.cookies(CONSOLE) == []


def test_search_by_keyboard(ada: Visitor) -> None:
    ada.page.keyboard.press("/")
    ada.page.keyboard.type("w-pa")
    hits = ada.page.get_by_role("listbox", name="Found")
    expect(hits.get_by_role("option").first).to_contain_text("w-paid")
    assert axe(ada.page) == []
    ada.page.keyboard.press("ArrowDown")
    ada.page.keyboard.press("Enter")
    expect(ada.page).to_have_url(f"{CONSOLE}/withdrawal?reference=w-paid")
    ada.require_clean()


def test_pages_follow_what_happens(ada: Visitor, house: House) -> None:
    ada.page.goto(f"{CONSOLE}/withdrawals")
    expect(ada.page.get_by_role("main")).not_to_contain_text("w-live")
    house.world.request("w-live", 1_000_000, bitcoin_address(71))
    expect(ada.page.get_by_role("main")).to_contain_text("w-live", timeout=10_000)
    ada.require_clean()


def test_a_payout_leads_to_the_signers_pages_and_nothing_else_approves(ada: Visitor) -> None:
    ada.page.goto(f"{CONSOLE}/payouts")
    ada.page.get_by_role("row").filter(has_text="awaiting").get_by_role("link").first.click()
    expect(ada.page.get_by_role("heading", level=1)).to_contain_text("Payout")
    pages = ada.page.locator("a[href^='http://localhost:84']")
    expect(pages.first).to_be_visible()
    digest = ada.page.url.rsplit("/", 1)[1]
    assert all(f"/intents/{digest}" in (link.get_attribute("href") or "") for link in pages.all())
    assert ada.page.get_by_role("button", name="Approve").count() == 0
    address = pages.first.get_attribute("href")
    assert address is not None
    ada.page.goto(address)
    expect(ada.page.get_by_role("heading", level=1)).to_contain_text("Approve 0.3 BTC?")


def test_a_phones_menu(ada: Visitor) -> None:
    ada.resize(390, "dark")
    link = ada.page.get_by_role("link", name="Audit log")
    expect(link).to_be_hidden()
    ada.page.get_by_role("button", name="Menu").click()
    expect(link).to_be_visible()
    assert axe(ada.page) == []
    link.click()
    expect(ada.page).to_have_url(f"{CONSOLE}/log")
    ada.require_clean()
