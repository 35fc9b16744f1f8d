"""What the pages show of a deployment: full, empty, and when something is wrong."""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from cli_rig import SANCTIONED
from holdfast.audit import log_size
from holdfast.custody import plan_payout, request_withdrawal
from holdfast.signer import SignerUnavailable
from holdfast.store import snapshot, transaction
from signer_rig import Takeover
from web_rig import Browser, console, text_of
from world import World, bitcoin_address, copy_world


def test_overview_shows_the_vault(page: Browser) -> None:
    shown = text_of(page)
    for words in ("Example Exchange", "hot", "3 of 5 signers", "Can sign now 5 of 5", "Freeze not set", "4.7"):
        assert words in shown


def test_overview_shows_what_waits_for_people(page: Browser) -> None:
    assert "1 payout waits for approvals." in text_of(page)


def test_overview_shows_signers_books_and_log(page: Browser) -> None:
    shown = text_of(page)
    assert re.search(r"bern answers \d+ hot", shown)
    assert "right Every balance derived again" in shown
    assert "Cosigned by 5 of 5 signers basel, bern, geneva, lugano, zurich" in shown
    assert "History holds" in shown


def test_withdrawals_with_reasons(page: Browser) -> None:
    shown = text_of(page, "/withdrawals")
    assert "w-paid alice 0.2 BTC" in shown
    assert SANCTIONED in shown
    assert "screening.destination_sanctioned" in shown
    assert bitcoin_address(8) in shown


def test_payouts_with_approvals_and_transaction(page: Browser) -> None:
    shown = text_of(page, "/payouts")
    assert "3 given, 3 needed ada, ben, chiara confirmed" in shown
    assert "1 given, 3 needed ada awaiting not signed yet" in shown
    assert re.search(r"confirmed [0-9a-f]{64}", shown)


def test_log_in_words(page: Browser) -> None:
    shown = text_of(page, "/log")
    for words in (
        "The log of Example Exchange begins with genesis",
        "The key of vault hot, epoch 1, is in use",
        "Customer alice has enrolled a passkey",
        "A deposit of 3 BTC is credited to alice",
        "A deposit of 0.5 BTC is credited to the house",
        f"alice asks for 0.2 BTC to {bitcoin_address(7)} (w-paid)",
        "Withdrawal w-sanctioned is refused",
        "one payment of 0.3 BTC out of hot",
        "ada has approved payout",
        "is broadcast",
        "is confirmed in block",
        "is posted for",
    ):
        assert words in shown


def test_log_and_withdrawals_come_in_pages(world: World) -> None:
    page = console(world)
    for number in range(55):
        world.request(f"n-{number:02}", 1_000)
    with snapshot(world.plane.engine) as connection:
        size = log_size(connection)
    for path, pattern, total in (
        ("/log", r'class="sequence"><a href="/log/(\d+)"', size),
        ("/withdrawals", r'data-label="Reference"><a class="wrap" href="/withdrawal\?reference=([^"]+)"', 4 + 55),
    ):
        seen: list[str] = []
        address: str | None = path
        while address:
            body = page.get(address).text
            found = re.findall(pattern, body)
            assert 0 < len(found) <= 50
            seen += found
            older = re.search(r'href="([^"]+)">Older', body)
            address = html.unescape(older[1]) if older else None
        assert len(seen) == len(set(seen)) == total


@pytest.fixture
def founded_world(founded: Path, tmp_path: Path) -> Iterator[World]:
    """A deployment that nobody has withdrawn from."""
    world = copy_world(founded, tmp_path / "house")
    yield world
    world.close()


def test_empty_pages_say_so(founded_world: World) -> None:
    page = console(founded_world)
    assert "Nothing was paid out yet." in text_of(page, "/payouts")
    assert "No customer has asked for a withdrawal yet." in text_of(page, "/withdrawals")
    shown = text_of(page)
    assert "All well" in shown
    assert "none yet" in shown  # no checkpoint


def test_before_the_first_key(founded_world: World) -> None:
    with transaction(founded_world.plane.engine) as connection:
        for table in ("coin", "address", "vault"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    assert "No vault has a key yet." in text_of(console(founded_world))


class Away:
    """A way to a signer that is not there."""

    def call(self, request: bytes) -> bytes:
        """No answer."""
        raise SignerUnavailable("away")


def test_signers_that_are_away(world: World) -> None:
    transports = dict(world.plane.transports)
    for name in ("basel", "lugano", "zurich"):
        transports[name] = Away()
    object.__setattr__(world.plane, "transports", transports)
    shown = text_of(console(world))
    assert "Vault hot cannot pay: 2 signers can sign, 3 are needed." in shown
    assert "No valid answer from lugano, basel, zurich." in shown
    assert "zurich no answer signer.unavailable" in shown


def test_a_freeze_in_force(world: World) -> None:
    freeze = Takeover(world).freeze()
    for name in ("bern", "geneva", "lugano"):
        world.plane.signer(name).call(freeze)
    shown = text_of(console(world))
    assert "Vault hot is frozen" in shown
    assert "Freeze in force" in shown


def unguarded(world: World, statement: str) -> None:
    """What an owner of the database can do."""
    with transaction(world.plane.engine) as connection:
        for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql(statement)


def test_an_altered_log_is_shown_as_such_and_the_rest_still_read(world: World) -> None:
    unguarded(world, "UPDATE audit_entry SET data = zeroblob(20) WHERE sequence = 3")
    page = console(world)
    assert "The audit log does not hold" in text_of(page)
    shown = text_of(page, "/log")
    assert "No. 3 This entry has been altered in the database" in shown
    assert "No. 2 " in shown
    assert "audit.log_broken" in shown


def test_a_forged_checkpoint_is_shown_as_such(world: World) -> None:
    unguarded(world, "UPDATE audit_checkpoint SET note = replace(note, 'example', 'exemple')")
    shown = text_of(console(world))
    assert "The audit log does not hold" in shown


def test_wrong_books_are_shown_as_such(world: World) -> None:
    unguarded(world, "UPDATE ledger_account SET total_lo = total_lo + 1 WHERE code = 'customer:alice'")
    shown = text_of(console(world))
    assert "The books are wrong" in shown
    assert "ledger.broken" in shown


def test_what_customers_write_is_text_and_never_markup(world: World) -> None:
    page = console(world)
    reference = '<script>alert("x")</script>&{{7*7}}'
    world.request(reference, 1_000)
    for path in ("/", "/withdrawals", "/log"):
        body = page.get(path).text
        assert "<script>" not in body
        assert html.escape(reference, quote=True).replace("&quot;", "&#34;") in body


def test_names_and_references_are_text_on_every_page_that_has_them(world: World) -> None:
    name, reference = "<i>\"'&{{7*7}}?#%", "<b onload=x>\"'&{%x%}/../?#"
    world.enrol(name)
    world.fund(name, 90_000_000)
    request_withdrawal(world.plane, "hot", world.order(reference, 1_000_000, customer=name))
    intent = plan_payout(world.plane, "hot", [reference]).digest().hex()
    page = console(world)
    in_name, in_reference = quote(name, safe=""), quote(reference, safe="")
    pages = {
        "/": reference,
        "/withdrawals": name,
        f"/withdrawals?customer={in_name}": name,
        f"/withdrawals?search={in_reference}": reference,
        f"/withdrawal?reference={in_reference}": name,
        f"/payouts/{intent}": reference,
        "/vault?name=hot": name,
        "/customers": name,
        f"/customer?name={in_name}": reference,
        "/log": name,
        f"/search/suggestions?q={quote(reference[:4], safe='')}": reference,
    }
    for path, written in pages.items():
        answer = page.get(path)
        assert answer.status_code == 200, path
        assert "<i>" not in answer.text.replace('<i class="zeros"', ""), path
        assert "<b onload" not in answer.text, path
        assert html.escape(written, quote=False).replace('"', "&#34;").replace("'", "&#39;") in answer.text, path
        for address in re.findall(r'href="(/(?:withdrawal|customer)\?[^"]+)"', answer.text):
            assert page.get(html.unescape(address)).status_code == 200, address
