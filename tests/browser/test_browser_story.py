"""The whole story in a real browser: ordered, approved on three origins, paid, and proven to the customer."""

import pytest
from playwright.sync_api import Browser, expect

from browser.house import CUSTOMERS, House
from browser.pages import check_reserves, enter_account
from browser.quality import axe
from browser.rig import Visitor, visitor
from holdfast.custody import PayoutState, payout_views
from holdfast.demo.deployment import SIGNERS, VAULT, page_of
from holdfast.demo.exchange import plan_waiting
from holdfast.store import snapshot
from world import bitcoin_address

DESTINATION = bitcoin_address(51)
APPROVERS = {"ada": "bern", "ben": "geneva", "chiara": "lugano"}


def order(alice: Visitor) -> None:
    """Alice orders a withdrawal and signs what she sees."""
    alice.page.get_by_label("Amount in BTC").fill("0.25")
    alice.page.get_by_label("To this address").fill(DESTINATION)
    alice.page.get_by_role("button", name="Review and sign").click()
    expect(alice.page.get_by_role("dialog").locator("code.address")).to_have_text(DESTINATION)
    alice.page.get_by_role("button", name="Sign with my passkey").click()
    expect(alice.page.locator("#withdraw-said")).to_contain_text("Signed and accepted.")


def approve(person: Visitor, origin: str) -> None:
    """Somebody finds the payout on a signer's page, reads it there and approves."""
    person.page.goto(origin)
    person.page.get_by_role("link").filter(has_text=DESTINATION).click()
    expect(person.page.locator(".payment .amount")).to_have_text("0.25 BTC")
    expect(person.page.locator(".address-text")).to_have_text(DESTINATION)
    expect(person.page.get_by_role("main")).to_contain_text("signed by customer alice")
    person.page.wait_for_load_state()
    person.page.get_by_role("button", name="Approve with my passkey").click()
    expect(person.page.locator("#said")).to_contain_text("Approved, ")
    person.require_clean()


def payout_to(house: House) -> bytes:
    """The digest of the payout that the exchange planned for Alice."""
    with snapshot(house.world.plane.engine) as connection:
        (found,) = [view.intent for view in payout_views(connection, 10) if view.total.units == 25_000_000]
    return found


def test_ordered_approved_paid_and_proven(browser: Browser, house: House) -> None:
    with visitor(browser) as alice:
        alice.passkeys.carry(house.passkey("alice"))
        alice.page.goto(CUSTOMERS)
        enter_account(alice.page)
        order(alice)
        assert plan_waiting(house.world.plane, VAULT) >= 1
        house.pass_on()
        for name, signer in APPROVERS.items():
            with visitor(browser) as person:
                person.passkeys.carry(house.passkey(name))
                approve(person, page_of(signer))
            house.pass_on()
        payout = payout_to(house)
        assert house.state(payout) is PayoutState.APPROVED
        house.settle(payout)
        assert house.state(payout) is PayoutState.CONFIRMED
        paid = alice.page.locator("#withdrawals > li").filter(has_text=DESTINATION)
        expect(paid).to_contain_text("It has arrived")
        epoch = house.publish()
        check_reserves(alice.page, "2.55")
        found = alice.page.locator("#checks")
        expect(found).to_contain_text("It is whole and signed, by keys that are new to this browser")
        expect(found).to_contain_text("The listed coins cover what all customers are owed")
        expect(found).to_contain_text("You are counted in it")
        expect(found).to_contain_text("It is what you say you own")
        assert alice.page.locator("#super-root").inner_text().replace(" ", "") == epoch.super_root.hex()
        assert axe(alice.page) == []
        alice.require_clean()


@pytest.mark.parametrize("signer", SIGNERS)
def test_afterwards_no_signer_waits_for_it(person: Visitor, house: House, signer: str) -> None:
    house.pass_on()
    person.page.goto(page_of(signer))
    expect(person.page.get_by_role("heading", name="Waiting for approval")).to_be_visible()
    expect(person.page.locator("section").filter(has_text=DESTINATION)).to_have_count(0)
