""" "Check my reserves" in a real browser: what is right is found right, and each lie is found by what it lies about."""

import secrets
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from browser.house import CUSTOMERS, House, port_of
from browser.quality import WIDTHS, axe, overflow
from browser.rig import Visitor
from holdfast.demo.exchange.simulation import EPOCHS_APART_S

# The browser's clock is the machine's, the house's is the test's: what was seen is dated before the epoch by hand.
_SEEN = """(total) => {
  const kept = JSON.parse(localStorage.getItem("example-exchange"));
  kept.balances = { carla: [{ total, at: 1 }] };
  localStorage.setItem("example-exchange", JSON.stringify(kept));
}"""

_REMEMBERED = """({ number }) => {
  const kept = JSON.parse(localStorage.getItem("example-exchange"));
  kept.reserves.nora.keys = { hot: "02".repeat(33) };
  kept.reserves.nora.roots[number] = "00".repeat(32);
  localStorage.setItem("example-exchange", JSON.stringify(kept));
}"""

_NAMED = """({ number }) => {
  const kept = JSON.parse(localStorage.getItem("example-exchange"));
  kept.reserves.quinn.named[number] = "00".repeat(32);
  kept.reserves.quinn.given_up[number] = "00".repeat(32);
  localStorage.setItem("example-exchange", JSON.stringify(kept));
}"""


def open_account(person: Visitor, name: str) -> Page:
    """A new account, opened in this browser."""
    page = person.page
    page.goto(CUSTOMERS)
    page.get_by_label("Choose a name").fill(name)
    page.get_by_role("button", name="Make my passkey").click()
    expect(page.locator(".who .name")).to_have_text(name)
    page.wait_for_load_state()
    return page


def publish(page: Page, house: House) -> None:
    """Have the reserves published, and look at them."""
    house.world.clock.advance(EPOCHS_APART_S)
    page.goto(f"{CUSTOMERS}/reserves")
    with page.expect_navigation():
        page.get_by_role("button", name="Publish the reserves now").click()
    page.wait_for_load_state()


def check(page: Page) -> dict[str, str]:
    """Check the chosen publication; each finding's words and whether it is so."""
    page.get_by_role("button", name="Check my reserves").click()
    expect(page.locator("#checks li").first).to_be_visible()
    found = page.locator("#checks li").all()
    return {each.locator("strong").inner_text(): each.locator(".badge").inner_text() for each in found}


def test_everything_that_is_right_is_found_right(person: Visitor, house: House) -> None:
    page = open_account(person, "carla")
    house.world.fund("carla", 50_000_000)
    publish(page, house)
    page.evaluate(_SEEN, "0.5 BTC")
    page.reload()
    expect(page.get_by_label("What I believe I owned then")).to_have_value("0.5")
    first = {
        "It is whole and signed, by keys that are new to this browser": "Not known",
        "The listed coins cover what all customers are owed": "Yes",
        "You are counted in it": "Yes",
        "It is made with your own secret number": "Yes",
        "It is what you say you own": "Yes",
    }
    number = newest(page)
    before = (
        {f"Are you in number {number - 1} too?": "Not known"}
        if number > 1
        else {"Nothing was published before it": "Yes"}
    )
    assert check(page) == first | before
    expect(page.get_by_role("heading", name="What your browser found")).to_be_focused()
    for width in WIDTHS:
        person.resize(width, "dark")
        assert overflow(page) == []
        assert axe(page) == []
    person.require_clean()

    page.get_by_label("What I believe I owned then").fill("0.6")
    page.get_by_label("My secret number").fill("00" * 16)
    found = check(page)
    assert found["It is not what you say you own"] == "No"
    assert found["It is made with another secret number than yours"] == "No"
    page.get_by_label("What I believe I owned then").fill("lots")
    page.get_by_role("button", name="Check my reserves").click()
    expect(page.locator("#check-said")).to_have_text("Write the amount like 0.015, or leave it empty.")


def newest(page: Page) -> int:
    """The newest number that the page offers."""
    return int(page.get_by_label("Which publication").locator("option").first.get_attribute("value") or 0)


def test_the_next_publication_is_held_against_what_the_browser_remembers(person: Visitor, house: House) -> None:
    page = open_account(person, "nora")
    publish(page, house)
    check(page)
    publish(page, house)
    number = newest(page)
    found = check(page)
    assert found["It is whole, and signed by the keys that this browser knows"] == "Yes"
    assert found[f"It follows number {number - 1}, which this browser verified too"] == "Yes"

    page.evaluate(_REMEMBERED, {"number": number - 1})
    page.reload()
    found = check(page)
    assert found["It is signed by other keys than this browser knows"] == "No"
    assert found[f"It follows another number {number - 1} than this browser was shown"] == "No"
    page.get_by_role("button", name="I have compared the new keys").click()
    expect(page.get_by_text("signed by the keys that this browser knows")).to_be_visible()
    expect(page.get_by_role("button", name="I have compared the new keys")).to_be_hidden()


def test_a_number_that_is_not_the_one_named_after_it_is_found_out(person: Visitor, house: House) -> None:
    page = open_account(person, "quinn")
    publish(page, house)
    publish(page, house)
    number = newest(page)
    check(page)
    page.evaluate(_NAMED, {"number": number - 1})
    page.reload()
    page.get_by_label("Which publication").select_option(str(number - 1))
    found = check(page)
    assert found["The number after it names another one before"] == "No"
    assert found["The exchange said before that it gave this number up"] == "No"


def test_the_files_of_another_number_are_not_taken_for_the_chosen_one(person: Visitor, house: House) -> None:
    page = open_account(person, "olga")
    publish(page, house)
    publish(page, house)
    number = newest(page)
    for file in ("manifest.json", "proof.json"):
        page.route(f"**/reserves/{number}/{file}", replayed(house, number - 1, file))
    assert check(page) == {"This is another publication than you chose": "No"}


def test_a_date_that_the_files_do_not_say_is_found_out(person: Visitor, house: House) -> None:
    page = open_account(person, "petra")
    publish(page, house)
    page.route(f"{CUSTOMERS}/reserves", altered(house, b"&#34;at_s&#34;: 17", b"&#34;at_s&#34;: 16"))
    page.reload()
    assert check(page) == {"This is another publication than you chose": "No"}


def replayed(house: House, number: int, file: str) -> Callable[[Route], None]:
    """Answers with the genuine file of an earlier number."""
    own = port_of(CUSTOMERS)

    def lie(route: Route) -> None:
        behind = f"http://localhost:{house.ports[own]}/reserves/{number}/{file}"
        route.fulfill(response=route.fetch(url=behind, headers={**route.request.headers, "host": f"localhost:{own}"}))

    return lie


def altered(house: House, before: bytes, after: bytes) -> Callable[[Route], None]:
    """Answers as an exchange would that alters what it gives out."""
    own = port_of(CUSTOMERS)

    def lie(route: Route) -> None:
        behind = route.request.url.replace(str(own), str(house.ports[own]))
        answer = route.fetch(url=behind, headers={**route.request.headers, "host": f"localhost:{own}"})
        content = answer.body()
        assert before in content
        route.fulfill(response=answer, body=content.replace(before, after, 1))

    return lie


@pytest.mark.parametrize(
    ("file", "alteration", "words"),
    [
        ("manifest.json", (b'"epoch":', b'"epoch": '), "The files are not what they should be"),
        ("manifest.json", (b'"height":1', b'"height":2'), "The proof is not true"),
        ("proof.json", (b'"nonce_by":"customer"', b'"nonce_by":"house"'), "The proof is not true"),
        ("proof.json", (b'"customer":"dora', b'"customer":"alic'), "The proof is not true"),
    ],
)
def test_an_altered_file_is_found_out(
    person: Visitor, house: House, file: str, alteration: tuple[bytes, bytes], words: str
) -> None:
    page = open_account(person, f"dora{secrets.token_hex(3)}")
    publish(page, house)
    page.route(f"**/reserves/*/{file}", altered(house, *alteration))
    assert check(page) == {words: "No"}


def test_a_customer_left_out_sees_it(person: Visitor, house: House) -> None:
    page = open_account(person, "earlier")
    publish(page, house)
    person.context.clear_cookies()
    page = open_account(person, "later")
    page.goto(f"{CUSTOMERS}/reserves")
    assert check(page) == {"You are not in this publication": "No"}
    person.require_clean("404")
