"""A real browser's answers, checked as signers check them: what it takes to approve, and every way it fails."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from browser.passkey_page import PasskeyPage
from browser.quality import axe
from browser.rig import Visitor
from browser.serving import served
from holdfast.demo.authenticator import SoftwareAuthenticator

PINNED, OTHER = 8411, 8412


@pytest.fixture(scope="module")
def house() -> PasskeyPage:
    """The page's server; it pins one of the two origins that lead to it."""
    return PasskeyPage(f"http://localhost:{PINNED}")


@pytest.fixture(scope="module")
def ports(house: PasskeyPage) -> Iterator[dict[int, int]]:
    """Both origins lead to the same server."""
    with served(house.app) as port:
        yield {PINNED: port, OTHER: port}


@pytest.fixture
def ada(person: Visitor, house: PasskeyPage) -> Visitor:
    """Ada with her passkey, which the page knows, on the page."""
    authenticator = SoftwareAuthenticator("localhost", "ada")
    house.credential, house.asks_by_name = authenticator.credential, True
    person.passkeys.carry(authenticator)
    person.page.goto(f"http://localhost:{PINNED}/")
    return person


def answer_number(person: Visitor) -> int:
    """The authenticator's counter, as the page tells it."""
    return int(re.findall(r"\d+", person.page.locator("#said").inner_text())[-1])


def press(person: Visitor, button: str, said: str | re.Pattern[str]) -> None:
    """Press a button and see what the page says."""
    person.page.get_by_role("button", name=button).click()
    expect(person.page.locator("#said")).to_have_text(said)


APPROVED = re.compile(rf"Approved on http://localhost:{PINNED}, answer number \d+\.")
REFUSED_BY_BROWSER = (
    "Nothing was signed: you cancelled, your device did not verify you, or no passkey of yours is known here."
)


def test_a_demo_persons_key_signs_in_a_browser(ada: Visitor) -> None:
    press(ada, "Approve", APPROVED)
    first = answer_number(ada)
    press(ada, "Approve", APPROVED)
    assert answer_number(ada) == first + 1
    assert axe(ada.page) == []
    ada.require_clean()


def test_a_passkey_made_in_the_browser_signs_there(ada: Visitor, house: PasskeyPage) -> None:
    ada.passkeys.forget()
    house.credential = None
    press(ada, "Register", "Registered.")
    assert ada.passkeys.count() == 1
    press(ada, "Approve", APPROVED)
    ada.require_clean()


def test_a_device_that_does_not_recognise_its_user_signs_nothing(ada: Visitor) -> None:
    ada.passkeys.verify_user(False)
    press(ada, "Approve", REFUSED_BY_BROWSER)
    ada.passkeys.verify_user(True)
    press(ada, "Approve", APPROVED)


def test_a_device_that_answers_without_verifying_its_user_is_refused(ada: Visitor) -> None:
    ada.passkeys.claim_unverified(True)
    press(ada, "Approve", "assertion.user_not_verified: the authenticator did not verify its user")
    ada.require_clean("status of 403")


def test_a_prompt_that_nobody_answers_signs_nothing(ada: Visitor) -> None:
    ada.passkeys.ignore_prompts()
    ada.page.reload()
    press(ada, "Approve", REFUSED_BY_BROWSER)
    press(ada, "Register", REFUSED_BY_BROWSER)
    ada.require_clean()


@pytest.mark.parametrize(
    ("asks_by_name", "said"),
    [
        (True, REFUSED_BY_BROWSER),
        (False, "assertion.credential_unknown: the assertion is by another credential"),
    ],
    ids=["browser", "server"],
)
def test_another_person_is_refused(ada: Visitor, house: PasskeyPage, asks_by_name: bool, said: str) -> None:
    house.asks_by_name = asks_by_name
    ada.passkeys.forget()
    ada.passkeys.carry(SoftwareAuthenticator("localhost", "ben"))
    press(ada, "Approve", said)


def test_another_origin_is_refused(ada: Visitor) -> None:
    ada.page.goto(f"http://localhost:{OTHER}/")
    ada.page.get_by_role("button", name="Approve").click()
    expect(ada.page.locator("#said")).to_contain_text("assertion.wrong_origin: ")
