"""Officers and newcomers on signers' pages in a real browser: a device registered, a roster changed, a freeze."""

from playwright.sync_api import Browser, expect

from browser.house import House
from browser.quality import axe
from browser.rig import Visitor, visitor
from holdfast.authority import APPROVER, Credential
from holdfast.custody import (
    collect_candidates,
    cosign_log,
    enact_subjects,
    invitation_views,
    invite_person,
    propose_lift,
    propose_roster,
    spread_freezes,
    with_device,
)
from holdfast.demo.deployment import CHANGE_DELAY_S, page_of
from holdfast.store import transaction
from world import bitcoin_address

OFFICERS = {"ada": "bern", "ben": "geneva", "chiara": "lugano"}


def registered_by(house: House, person: Visitor, name: str) -> tuple[str, Credential]:
    """Somebody follows an invitation and registers a device: the address, and what an officer is to be told."""
    address = invite_person(house.world.plane, name, "zurich", "ada")
    person.page.goto(address)
    expect(person.page.get_by_role("heading", level=1)).to_have_text(f"Register a device for {name}")
    assert axe(person.page) == []
    person.page.get_by_role("button", name="Register this device").click()
    expect(person.page.locator("#words > li")).to_have_count(12)
    assert collect_candidates(house.world.plane) == 1
    with transaction(house.world.plane.engine) as connection:
        (view,) = [view for view in invitation_views(connection) if view.name == name]
    assert view.words == " ".join(person.page.locator("#words > li").all_inner_texts())
    assert view.credential is not None
    return address, view.credential


def approved_by_officers(browser: Browser, house: House, subject: bytes, shown: str) -> None:
    """Three officers read a proposal on three signers' pages and approve it."""
    house.pass_on()
    for name, signer in OFFICERS.items():
        with visitor(browser) as officer:
            officer.passkeys.carry(house.passkey(name))
            officer.page.goto(page_of(signer))
            officer.page.locator(f"a[href='/subjects/{subject.hex()}']").click()
            expect(officer.page.get_by_role("main")).to_contain_text(shown)
            assert axe(officer.page) == []
            officer.page.wait_for_load_state()
            officer.page.get_by_role("button", name="Approve with my passkey").click()
            expect(officer.page.locator("#said")).to_contain_text(f"Approved, {name}.")
            officer.require_clean()
        house.pass_on()


def test_a_newcomer_joins_and_approves(browser: Browser, house: House) -> None:
    plane = house.world.plane
    with visitor(browser) as fay:
        address, device = registered_by(house, fay, "fay")
        change = propose_roster(plane, with_device(plane.roster, "fay", device, (APPROVER,)), "Fay joins", "ada")
        cosign_log(plane)
        approved_by_officers(browser, house, change.digest(), "joins fay")
        payout = house.planned("w-early", 11_000_000, bitcoin_address(61))
        fay.page.goto(f"{page_of('basel')}/intents/{payout.hex()}")
        fay.page.get_by_role("button", name="Approve with my passkey").click()
        expect(fay.page.locator("#said")).to_contain_text("no passkey of yours is known here")
        house.world.clock.advance(CHANGE_DELAY_S)
        assert enact_subjects(plane) == 1
        payout = house.planned("w-late", 11_000_000, bitcoin_address(63))
        fay.page.goto(f"{page_of('basel')}/intents/{payout.hex()}")
        fay.page.get_by_role("button", name="Approve with my passkey").click()
        expect(fay.page.locator("#said")).to_contain_text("Approved, fay.")
        fay.page.goto(address)
        expect(fay.page.get_by_role("main")).to_contain_text("invitation.")
        assert axe(fay.page) == []


def test_a_device_that_does_not_verify_its_user_is_not_registered(person: Visitor, house: House) -> None:
    address = invite_person(house.world.plane, "gil", "zurich", "ada")
    person.passkeys.verify_user(False)
    person.page.goto(address)
    person.page.get_by_role("button", name="Register this device").click()
    expect(person.page.locator("#said")).to_contain_text("Nothing was signed")
    assert collect_candidates(house.world.plane) == 0


def test_a_device_that_is_registered_already(person: Visitor, house: House) -> None:
    address = invite_person(house.world.plane, "hal", "zurich", "ada")
    person.passkeys.carry(house.passkey("ada"))
    person.page.goto(address)
    person.page.get_by_role("button", name="Register this device").click()
    expect(person.page.locator("#said")).to_contain_text("This device is registered already.")


def test_a_hardware_key_that_protects_its_credentials(person: Visitor, house: House) -> None:
    person.passkeys.become_a_hardware_key()
    registered_by(house, person, "ivo")
    person.require_clean()


def test_an_address_that_was_no_invitation(person: Visitor) -> None:
    person.page.goto(f"{page_of('zurich')}/enrol/{'00' * 16}")
    expect(person.page.get_by_role("main")).to_contain_text("invitation.invalid")


def test_who_is_no_officer_does_not_freeze(person: Visitor, house: House) -> None:
    person.passkeys.carry(house.passkey("alice"))
    person.page.goto(f"{page_of('lugano')}/freeze")
    person.page.get_by_label("Why").fill("because I can")
    person.page.get_by_role("button", name="Freeze with my passkey").click()
    expect(person.page.locator("#said")).to_contain_text("no passkey of yours is known here")
    person.page.goto(page_of("lugano"))
    expect(person.page.get_by_role("main")).not_to_contain_text("Frozen")


def test_one_officer_freezes_everything(person: Visitor, house: House) -> None:
    payout = house.planned("w-frozen", 11_000_000, bitcoin_address(62))
    person.passkeys.carry(house.passkey("dov"))
    person.page.goto(page_of("lugano"))
    person.page.get_by_role("link", name="Freeze", exact=True).click()
    assert axe(person.page) == []
    person.page.wait_for_load_state()
    person.page.get_by_label("Why").fill("A strange order")
    person.page.get_by_role("button", name="Freeze with my passkey").click()
    expect(person.page.locator("#said")).to_contain_text("Frozen by dov.")
    spread_freezes(house.world.plane)
    for signer in ("bern", "geneva", "lugano", "basel", "zurich"):
        person.page.goto(f"{page_of(signer)}/intents/{payout.hex()}")
        expect(person.page.get_by_role("main")).to_contain_text("Nothing is signed here until a quorum")
    assert axe(person.page) == []
    person.require_clean()


def test_three_officers_lift_it(browser: Browser, person: Visitor, house: House) -> None:
    """After the one before."""
    order = propose_lift(house.world.plane, "It was a drill", "ada")
    approved_by_officers(browser, house, order.digest(), "It was a drill")
    assert enact_subjects(house.world.plane) == 1
    for signer in ("bern", "zurich"):
        person.page.goto(page_of(signer))
        expect(person.page.get_by_role("main")).not_to_contain_text("Frozen")
