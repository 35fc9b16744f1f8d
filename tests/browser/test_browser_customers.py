"""The customer's page in a real browser: an account by passkey, a withdrawal signed over what is shown, and lies."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Route, expect

from browser.house import CUSTOMERS, House, port_of
from browser.pages import enter_account, open_account
from browser.quality import axe
from browser.rig import Visitor
from holdfast.authority import WithdrawalOrder
from holdfast.custody import withdrawal_views
from holdfast.store import snapshot
from world import bitcoin_address

NOT_SIGNED = "Nothing was signed: you cancelled, your device did not verify you, or no passkey of yours is known here."


@pytest.fixture
def alice(person: Visitor, house: House) -> Visitor:
    """Alice, signed in with her own passkey."""
    person.passkeys.carry(house.passkey("alice"))
    person.page.goto(CUSTOMERS)
    enter_account(person.page)
    return person


def fill_in(person: Visitor, amount: str, destination: str) -> None:
    """Fill in the withdrawal form and send it."""
    person.page.get_by_label("Amount in BTC").fill(amount)
    person.page.get_by_label("To this address").fill(destination)
    person.page.get_by_role("button", name="Review and sign").click()


def references(house: House) -> list[str]:
    """The withdrawals that the exchange has accepted so far."""
    with snapshot(house.world.plane.engine) as connection:
        return [view.reference for view in withdrawal_views(connection, 50)]


def test_an_account_from_nothing(person: Visitor, house: House) -> None:
    page = person.page
    page.goto(CUSTOMERS)
    open_account(page, "frida")
    assert person.passkeys.count() == 1
    page.get_by_role("button", name="Send me 0.5 BTC").click()
    expect(page.locator("#fund-said")).to_contain_text("0.5 BTC is on its way to you.")
    house.world.mine(3)
    expect(page.locator("#deposits")).to_contain_text("0.5 BTC")
    expect(page.locator("#available")).to_have_text("0.5 BTC")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.wait_for_load_state()
    enter_account(page)
    expect(page.locator(".who .name")).to_have_text("frida")
    person.require_clean()


def test_a_withdrawal_is_signed_over_what_the_page_shows(alice: Visitor, house: House) -> None:
    destination = bitcoin_address(21)
    fill_in(alice, "0.125", destination)
    review = alice.page.get_by_role("dialog")
    expect(review).to_contain_text("0.125 BTC")
    expect(review.locator("code.address")).to_have_text(destination)
    assert axe(alice.page) == []
    review.get_by_role("button", name="Sign with my passkey").click()
    expect(alice.page.locator("#withdraw-said")).to_have_text("Signed and accepted. Follow it below.")
    expect(alice.page.locator("#withdrawals > li").filter(has_text=destination)).to_contain_text("0.125 BTC")
    alice.require_clean()


def lying(house: House) -> Callable[[Route], None]:
    """Answers as an exchange would that writes another address into the order."""

    own = port_of(CUSTOMERS)

    def lie(route: Route) -> None:
        # Asked from outside the browser, which alone knows what port is behind the page's own.
        behind = route.request.url.replace(str(own), str(house.ports[own]))
        answer = route.fetch(url=behind, headers={**route.request.headers, "host": f"localhost:{own}"})
        drafted = answer.json()
        order = WithdrawalOrder.decoded(bytes.fromhex(drafted["order"]))
        forged = replace(order, destination=bitcoin_address(666))
        route.fulfill(response=answer, json={**drafted, "order": forged.encoded().hex()})

    return lie


def test_an_exchange_that_writes_another_address_is_found_out(alice: Visitor, house: House) -> None:
    before = references(house)
    alice.page.route("**/withdrawals/draft", lying(house))
    fill_in(alice, "0.1", bitcoin_address(22))
    review = alice.page.get_by_role("dialog")
    expect(review.get_by_role("alert")).to_contain_text("another address into the order than you asked for")
    expect(review.locator("code.address")).to_have_text(bitcoin_address(666))
    expect(review.get_by_role("button", name="Sign with my passkey")).to_be_hidden()
    assert references(house) == before


def test_a_device_that_does_not_recognise_its_user(alice: Visitor, house: House) -> None:
    before = references(house)
    alice.passkeys.verify_user(False)
    fill_in(alice, "0.1", bitcoin_address(23))
    alice.page.get_by_role("button", name="Sign with my passkey").click()
    expect(alice.page.locator("#sign-said")).to_have_text(NOT_SIGNED)
    assert references(house) == before


def test_a_device_that_only_claims_to_have_asked(alice: Visitor, house: House) -> None:
    before = references(house)
    alice.passkeys.claim_unverified(True)
    fill_in(alice, "0.1", bitcoin_address(24))
    alice.page.get_by_role("button", name="Sign with my passkey").click()
    expect(alice.page.locator("#withdraw-said")).to_contain_text("Your device did not check that it is you.")
    expect(alice.page.locator("#withdraw-said")).to_contain_text("assertion.user_not_verified")
    assert references(house) == before


def test_a_prompt_that_nobody_answers(alice: Visitor, house: House) -> None:
    before = references(house)
    alice.passkeys.ignore_prompts()
    alice.page.reload()
    fill_in(alice, "0.1", bitcoin_address(25))
    alice.page.get_by_role("button", name="Sign with my passkey").click()
    expect(alice.page.locator("#sign-said")).to_have_text(NOT_SIGNED)
    assert references(house) == before


def test_another_persons_device_does_not_sign_for_alice(alice: Visitor, house: House) -> None:
    before = references(house)
    alice.passkeys.forget()
    alice.passkeys.carry(house.passkey("ben"))
    fill_in(alice, "0.1", bitcoin_address(26))
    alice.page.get_by_role("button", name="Sign with my passkey").click()
    expect(alice.page.locator("#sign-said")).to_have_text(NOT_SIGNED)
    assert references(house) == before


def test_a_stranger_does_not_sign_in(person: Visitor, house: House) -> None:
    person.passkeys.carry(house.passkey("ben"))
    person.page.goto(CUSTOMERS)
    person.page.get_by_role("button", name="Use my passkey").click()
    expect(person.page.locator("#sign-in-said")).to_contain_text("No account here has this passkey.")


@pytest.mark.parametrize(
    ("amount", "destination", "words"),
    [
        ("ten", bitcoin_address(27), "Write the amount like 0.015."),
        ("0.1", "", "Say where it shall go."),
        ("0.1", "bcrt1nonsense", "This is not a bitcoin address."),
        ("0.1", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "belongs to another network"),
        ("200", bitcoin_address(27), "This is more than"),
    ],
)
def test_what_cannot_be_ordered_is_said(alice: Visitor, amount: str, destination: str, words: str) -> None:
    fill_in(alice, amount, destination)
    expect(alice.page.locator("#withdraw-said")).to_contain_text(words)
    expect(alice.page.get_by_role("dialog")).to_be_hidden()
