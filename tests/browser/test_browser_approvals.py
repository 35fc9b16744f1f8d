"""A signer's page in a real browser: three people on three origins approve, and every way in which nobody does."""

import re

import pytest
from playwright.sync_api import Browser, expect

from browser.house import House
from browser.quality import axe
from browser.rig import Visitor, visitor
from holdfast.custody import PayoutState
from holdfast.demo.deployment import SIGNERS, page_of
from world import DAY_S, bitcoin_address

BERN, GENEVA, LUGANO = (page_of(name) for name in SIGNERS[:3])
AMOUNT_SAT = 11_000_000

NOT_SIGNED = "Nothing was signed: you cancelled, your device did not verify you, or no passkey of yours is known here."


@pytest.fixture
def destination(request: pytest.FixtureRequest) -> str:
    """An address of each test's own."""
    return bitcoin_address(1_000 + sum(request.node.name.encode()))


@pytest.fixture
def payout(house: House, destination: str) -> bytes:
    """The digest of a payout to that address, which waits for three persons."""
    return house.planned(f"w-{destination[-12:]}", AMOUNT_SAT, destination)


@pytest.fixture
def ada(person: Visitor, house: House) -> Visitor:
    """Ada with her passkey."""
    person.passkeys.carry(house.passkey("ada"))
    return person


def go_to(person: Visitor, origin: str, payout: bytes) -> None:
    """Open a payout on a signer's page."""
    person.page.goto(f"{origin}/intents/{payout.hex()}")


def approve(person: Visitor, words: str) -> None:
    """Press the button; what the page says then."""
    # The button is there before its script is.
    person.page.wait_for_load_state()
    person.page.get_by_role("button", name="Approve with my passkey").click()
    expect(person.page.locator("#said")).to_contain_text(words)


def test_three_people_on_three_origins(browser: Browser, house: House, payout: bytes, destination: str) -> None:
    said = {
        "ada": (BERN, "Approved, ada. 1 of 3 persons. 2 more persons are needed."),
        "ben": (GENEVA, "Approved, ben. 2 of 3 persons. 1 more person is needed."),
        "chiara": (LUGANO, "Approved, chiara. 3 of 3 persons. That is enough."),
    }
    for name, (origin, words) in said.items():
        with visitor(browser) as someone:
            someone.passkeys.carry(house.passkey(name))
            someone.page.goto(origin)
            someone.page.get_by_role("link").filter(has_text=destination).click()
            expect(someone.page.locator(".payment .amount")).to_have_text("0.11 BTC")
            expect(someone.page.locator(".address-text")).to_have_text(destination)
            approve(someone, words)
            assert axe(someone.page) == []
            someone.require_clean()
        house.pass_on()
    assert house.state(payout) is PayoutState.APPROVED


def test_by_keyboard_alone(ada: Visitor, payout: bytes) -> None:
    go_to(ada, BERN, payout)
    button = ada.page.get_by_role("button", name="Approve with my passkey")
    for _ in range(20):
        ada.page.keyboard.press("Tab")
        if button.evaluate("element => element === document.activeElement"):
            break
    ada.page.keyboard.press("Enter")
    expect(ada.page.locator("#said")).to_contain_text("Approved, ada.")


def test_a_second_person_is_sent_to_another_signer(browser: Browser, house: House, payout: bytes) -> None:
    with visitor(browser) as ada, visitor(browser) as ben:
        ada.passkeys.carry(house.passkey("ada"))
        ben.passkeys.carry(house.passkey("ben"))
        for someone in (ada, ben):
            go_to(someone, BERN, payout)
        approve(ada, "Approved, ada.")
        # Ben's page was opened before, and still has its button: the signer itself refuses.
        approve(ben, "ada has approved this on this page already: use another signer's page")
        expect(ben.page.locator("#taken")).to_contain_text("ada has approved this here.")
        expect(ben.page.locator("#approve")).to_have_count(0)
        ben.page.get_by_role("link", name="geneva").click()
        expect(ben.page).to_have_url(f"{GENEVA}/intents/{payout.hex()}")
        approve(ben, "Approved, ben.")


def test_nobody_counts_twice(ada: Visitor, house: House, payout: bytes) -> None:
    go_to(ada, BERN, payout)
    approve(ada, "1 of 3 persons")
    house.pass_on()
    go_to(ada, GENEVA, payout)
    expect(ada.page.locator(".tally")).to_contain_text("1 of 3")
    ada.page.get_by_role("button", name="Approve with my passkey").click()
    expect(ada.page.locator("#said")).to_contain_text("Approved, ada")
    house.pass_on()
    ada.page.reload()
    expect(ada.page.locator(".tally")).to_contain_text("1 of 3")
    assert house.state(payout) is PayoutState.AWAITING


def require_nobody(person: Visitor, house: House, payout: bytes) -> None:
    """Nobody has approved."""
    house.pass_on()
    person.page.reload()
    expect(person.page.locator(".tally")).to_contain_text("0 of 3")
    assert house.state(payout) is PayoutState.AWAITING


def test_a_device_that_does_not_recognise_its_user(ada: Visitor, house: House, payout: bytes) -> None:
    ada.passkeys.verify_user(False)
    go_to(ada, BERN, payout)
    approve(ada, NOT_SIGNED)
    require_nobody(ada, house, payout)
    ada.require_clean()


def test_a_device_that_only_claims_to_have_asked(ada: Visitor, house: House, payout: bytes) -> None:
    ada.passkeys.claim_unverified(True)
    go_to(ada, BERN, payout)
    approve(ada, "assertion.user_not_verified")
    require_nobody(ada, house, payout)


def test_a_prompt_that_nobody_answers(ada: Visitor, house: House, payout: bytes) -> None:
    ada.passkeys.ignore_prompts()
    go_to(ada, BERN, payout)
    approve(ada, NOT_SIGNED)
    require_nobody(ada, house, payout)


def test_a_customer_is_no_approver(person: Visitor, house: House, payout: bytes) -> None:
    person.passkeys.carry(house.passkey("alice"))
    go_to(person, BERN, payout)
    approve(person, NOT_SIGNED)
    require_nobody(person, house, payout)


def test_a_stranger_who_asks_any_passkey(person: Visitor, house: House, payout: bytes) -> None:
    person.passkeys.carry(house.passkey("alice"))
    go_to(person, BERN, payout)
    # Whoever owns a browser can change the page in it: the signer itself refuses.
    person.page.evaluate("document.getElementById('approve').dataset.credentials = ''")
    approve(person, "credential")
    require_nobody(person, house, payout)


def test_an_answer_to_another_payout(ada: Visitor, house: House, payout: bytes) -> None:
    go_to(ada, BERN, payout)
    other = house.planned("w-another", AMOUNT_SAT, bitcoin_address(77))
    ada.page.evaluate(
        "subject => { document.getElementById('approve').dataset.address = `/subjects/${subject}/approvals`; }",
        other.hex(),
    )
    approve(ada, "assertion.of_another")
    require_nobody(ada, house, payout)
    go_to(ada, BERN, other)
    require_nobody(ada, house, other)


def test_unknown_and_malformed_subjects(ada: Visitor) -> None:
    for path in (f"/intents/{'00' * 32}", "/intents/x", "/nowhere"):
        ada.page.goto(BERN + path)
        expect(ada.page.get_by_role("heading", level=1)).to_have_text(re.compile("cannot be shown|no such page"))
        assert axe(ada.page) == []
        ada.require_clean("status of 404")


def test_an_expired_intent(ada: Visitor, house: House, payout: bytes) -> None:
    """The last of this file: after it, a day has passed."""
    go_to(ada, BERN, payout)
    house.world.clock.advance(2 * DAY_S)
    # The page was opened in time, and its button is still there.
    approve(ada, "intent.expired")
    ada.page.reload()
    expect(ada.page.locator("#fault")).to_contain_text("This can no longer be approved.")
    expect(ada.page.locator("#fault")).to_contain_text("intent.expired")
    expect(ada.page.locator("#approve")).to_have_count(0)
    assert axe(ada.page) == []
