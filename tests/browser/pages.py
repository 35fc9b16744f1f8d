"""Every page, in one table: what the tests hold to its quality and the screenshots show."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from browser.furnishing import Furniture, somebody
from browser.house import CONSOLE, CUSTOMERS, House
from browser.rig import Visitor
from holdfast.demo.deployment import page_of

First = Callable[[Page], None]


@dataclass(frozen=True)
class Shown:
    """A page as somebody sees it.

    :param name: what its pictures are called.
    :param address: with the names of :class:`browser.furnishing.Furniture` in braces.
    :param person: whose passkey is at hand.
    :param first: what they do before they look, in this order.
    :param status: what the page is answered with.
    :param documented: whether its pictures belong to the documentation.
    """

    name: str
    address: str
    person: str | None = None
    first: tuple[First, ...] = ()
    status: int = 200
    documented: bool = False

    def visit(self, visitor: Visitor, house: House, furniture: Furniture) -> None:
        """Go there and do what comes first."""
        if self.person is not None and visitor.passkeys.count() == 0:
            visitor.passkeys.carry(house.passkey(self.person))
        visitor.page.goto(self.address.format(**furniture.named()))
        for act in self.first:
            act(visitor.page)


def enter_console(page: Page) -> None:
    """Sign in on the console, unless that is done; it leads to the page that was asked for."""
    door = page.get_by_role("button", name="Sign in with a passkey")
    if door.is_visible():
        door.click()
    # On a phone it is inside a closed menu.
    expect(page.get_by_role("button", name="Sign out", include_hidden=True)).to_be_attached()
    page.wait_for_load_state()


def enter_account(page: Page) -> None:
    """Sign in on the customers' page, unless that is done."""
    door = page.get_by_role("button", name="Use my passkey")
    if door.is_visible():
        door.click()
    _landed(page)


def open_account(page: Page, name: str) -> None:
    """Open an account on the customers' page, with a passkey that the device makes."""
    page.get_by_label("Choose a name").fill(name)
    page.get_by_role("button", name="Make my passkey").click()
    _landed(page)


def _landed(page: Page) -> None:
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    # What is on a page is there before its script is.
    page.wait_for_load_state()


def review_withdrawal(page: Page) -> None:
    """Fill in a withdrawal and look at what is to be signed."""
    page.get_by_label("Amount in BTC").fill("0.125")
    page.get_by_label("To this address").fill(somebody("alice's hardware wallet"))
    page.get_by_role("button", name="Review and sign").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def check_reserves(page: Page, expected: str = "") -> None:
    """Have the browser check the newest publication of the reserves.

    :param expected: what the customer believes to own, in BTC.
    """
    page.get_by_role("link", name="My reserves").click()
    expect(page.get_by_role("heading", name="Check it now")).to_be_visible()
    page.wait_for_load_state()
    page.get_by_label("What I believe I owned").fill(expected)
    page.get_by_role("button", name="Check my reserves").click()
    expect(page.locator("#checks > li").first).to_be_visible()


def prove_reserves(page: Page) -> None:
    """Have the browser check that Alice's coins are there."""
    check_reserves(page, "2.94")


def press(name: str) -> First:
    """Press the button of this name."""
    return lambda page: page.get_by_role("button", name=name).click()


def _console(name: str, path: str, status: int = 200, *, documented: bool = False) -> Shown:
    return Shown(f"console-{name}", CONSOLE + path, "ada", (enter_console,), status, documented)


BERN, GENEVA, ZURICH = (page_of(name) for name in ("bern", "geneva", "zurich"))

PAGES = (
    Shown("console-sign-in", CONSOLE),
    _console("overview", "/", documented=True),
    _console("withdrawals", "/withdrawals"),
    _console("withdrawal", "/withdrawal?reference=W-1050", documented=True),
    _console("payouts", "/payouts"),
    _console("payout", "/payouts/{payout}", documented=True),
    _console("vaults", "/vaults"),
    _console("vault", "/vault?name=hot"),
    _console("customers", "/customers"),
    _console("customer", "/customer?name=mara"),
    _console("reserves", "/reserves", documented=True),
    _console("epoch", "/reserves/11"),
    _console("policy", "/policy"),
    _console("people", "/people", documented=True),
    _console("signers", "/signers"),
    _console("log", "/log"),
    _console("entry", "/log/12"),
    _console("search", "/search?q=W-10"),
    _console("nothing-found", "/search?q=nothing-like-it"),
    _console("no-such-page", "/nowhere", status=404),
    Shown("signer-waiting", BERN),
    Shown("signer-payout", f"{GENEVA}/intents/{{payout}}", "ben", documented=True),
    Shown("signer-taken", f"{BERN}/intents/{{payout}}", "ben"),
    Shown("signer-roster", f"{GENEVA}/subjects/{{roster_change}}", "ben"),
    Shown("signer-freeze", f"{GENEVA}/freeze", "ben"),
    Shown("signer-enrol", "{invitation}"),
    Shown("signer-enrolled", "{invitation}", None, (press("Register this device"),)),
    Shown("signer-no-such-page", f"{ZURICH}/nowhere", status=404),
    Shown("customer-welcome", CUSTOMERS),
    Shown("customer-account", CUSTOMERS, "alice", (enter_account,), documented=True),
    Shown("customer-review", CUSTOMERS, "alice", (enter_account, review_withdrawal)),
    Shown("customer-reserves", CUSTOMERS, "alice", (enter_account, prove_reserves), documented=True),
    Shown("customer-verifier", f"{CUSTOMERS}/reserves/11/verify.html"),
    Shown("customer-no-such-page", f"{CUSTOMERS}/nowhere", status=404),
)
