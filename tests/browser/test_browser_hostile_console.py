"""Whoever owns the console shows what they like. What an approver reads and signs comes from the signer."""

import json
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect
from webauthn.helpers import bytes_to_base64url

from browser.hostile_console import create_hostile_console
from browser.house import CONSOLE, House, port_of
from browser.rig import Visitor
from browser.serving import served
from holdfast.authority import Approval, AssertionWrongOrigin, assertion_from_document
from holdfast.custody import PayoutState, approve_payout
from holdfast.demo.deployment import page_of
from world import bitcoin_address

BERN = page_of("bern")
SHOWN, PAID = bitcoin_address(41), bitcoin_address(666)


@pytest.fixture(scope="module")
def payout(house: House) -> bytes:
    """The intent's digest: it pays the attacker."""
    return house.planned("w-attacker", 11_000_000, PAID)


@pytest.fixture(scope="module")
def ports(house: House, payout: bytes) -> Iterator[dict[int, int]]:
    """The house's pages, but for the console."""
    said = {
        "shown": SHOWN,
        "page": f"{BERN}/intents/{payout.hex()}",
        "challenge": bytes_to_base64url(payout),
    }
    with served(create_hostile_console(lambda: said)) as port:
        yield house.ports | {port_of(CONSOLE): port}


@pytest.fixture
def ada(person: Visitor, house: House) -> Visitor:
    """Ada, on the console that she trusts."""
    person.passkeys.carry(house.passkey("ada"))
    person.page.goto(CONSOLE)
    expect(person.page.locator("#shown")).to_have_text(SHOWN)
    return person


def test_the_signers_page_shows_what_is_paid(ada: Visitor) -> None:
    ada.page.get_by_role("link", name="Approve on the signer's page").click()
    expect(ada.page.locator(".address-text")).to_have_text(PAID)
    expect(ada.page.locator(".payment .amount")).to_have_text("0.11 BTC")
    expect(ada.page.get_by_role("main")).to_contain_text("first time")
    assert SHOWN not in ada.page.content()


def test_a_signers_page_is_shown_in_no_frame(ada: Visitor) -> None:
    (frame,) = ada.page.main_frame.child_frames
    assert frame.url == "chrome-error://chromewebdata/"
    assert frame.locator("#approve").count() == 0
    ada.require_clean("frame-ancestors", "ERR_BLOCKED_BY_RESPONSE", "Refused to frame")


def test_what_the_console_has_signed_itself_is_worth_nothing(ada: Visitor, house: House, payout: bytes) -> None:
    ada.page.get_by_role("button", name="Approve right here").click()
    expect(ada.page.locator("#answer")).to_contain_text("signature")
    answer = json.loads(ada.page.locator("#answer").inner_text())
    with pytest.raises(AssertionWrongOrigin, match="localhost:8410"):
        approve_payout(house.world.plane, payout, Approval("ada", assertion_from_document(answer)))
    # Nor where it was meant for, by somebody who is no browser and says whatever origin they like.
    refused = httpx.post(
        f"http://127.0.0.1:{house.ports[port_of(BERN)]}/subjects/{payout.hex()}/approvals",
        json=answer,
        headers={"host": "localhost:8411", "origin": BERN},
    )
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "assertion.wrong_origin")
    house.pass_on()
    assert house.state(payout) is PayoutState.AWAITING
