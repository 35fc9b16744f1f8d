"""Search: what leads where, what is shown of it, and that every text is only text."""

import html
import re
from urllib.parse import quote

import pytest
from sqlalchemy import text

from holdfast.audit import entry, leaf_hash
from holdfast.store import snapshot
from web_rig import Browser, console
from world import World, bitcoin_address


def led_to(page: Browser, query: str) -> list[str]:
    """The addresses that a search offers."""
    answer = page.get(f"/search?q={quote(query, safe='')}")
    if answer.status_code == 303:
        return [answer.headers["location"]]
    assert answer.status_code == 200
    return [
        html.unescape(each) for each in re.findall(r'data-label="Found"><a class="wrap" href="([^"]+)"', answer.text)
    ]


def one(world: World, statement: str) -> str:
    """One value of the database."""
    with snapshot(world.plane.engine) as connection:
        return str(connection.execute(text(statement)).scalar_one())


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ("w-paid", "/withdrawal?reference=w-paid"),
        ("  w-paid ", "/withdrawal?reference=w-paid"),
        ("hot", "/vault?name=hot"),
        ("alic", "/customer?name=alice"),
        ("4", "/log/4"),
        ("#4", "/log/4"),
        (bitcoin_address(8), "/withdrawal?reference=w-batched"),
    ],
)
def test_a_name_or_number_leads_to_the_one_it_names(page: Browser, query: str, address: str) -> None:
    assert led_to(page, query) == [address]


def test_the_beginning_of_several_leads_to_a_choice(page: Browser) -> None:
    assert led_to(page, "w-") == [
        f"/withdrawal?reference=w-{each}" for each in ("batched", "paid", "sanctioned", "waiting")
    ]


@pytest.mark.parametrize("digits", [64, 16, 7, 6])
def test_a_payout_is_found_by_the_beginning_of_its_digest_or_transaction(
    shared_world: World, page: Browser, digits: int
) -> None:
    intent = one(shared_world, "SELECT lower(hex(intent)) FROM payout WHERE state = 'confirmed'")
    txid = one(shared_world, "SELECT txid FROM draft WHERE height IS NOT NULL")
    assert f"/payouts/{intent}" in led_to(page, intent[:digits])
    assert f"/payouts/{intent}" in led_to(page, txid[:digits].upper())


def test_orders_deposits_and_our_own_addresses_are_found(shared_world: World, page: Browser) -> None:
    order = one(shared_world, "SELECT lower(hex(order_digest)) FROM withdrawal WHERE reference = 'w-paid'")
    deposit = one(
        shared_world,
        "SELECT txid FROM coin JOIN address ON address.script = coin.script WHERE address.customer = 'alice'",
    )
    address = one(shared_world, "SELECT address FROM address WHERE customer = 'alice'")
    assert led_to(page, order) == ["/withdrawal?reference=w-paid"]
    assert led_to(page, deposit) == ["/customer?name=alice"]
    assert led_to(page, address) == ["/customer?name=alice"]


def test_a_log_entry_is_found_by_its_leaf(shared_world: World, page: Browser) -> None:
    with snapshot(shared_world.plane.engine) as connection:
        leaf = leaf_hash(entry(connection, 7).encoded())
    assert led_to(page, leaf.hex()) == ["/log/7"]


NOTHING = ("", " ", "nobody", "999999", "-1", "zz" * 32, "%", "_", "w_paid", "\x7f", "'; --", "\N{FULLWIDTH DIGIT ONE}")


@pytest.mark.parametrize("query", NOTHING)
def test_what_nothing_begins_with(page: Browser, query: str) -> None:
    assert led_to(page, query) == []


def test_suggestions_are_a_bare_list(page: Browser) -> None:
    answer = page.get("/search/suggestions?q=w-")
    assert answer.text.count('role="option"') == 4
    assert "<html" not in answer.text
    assert page.get("/search/suggestions?q=").text.strip() == ""
    assert "Nothing begins with that." in page.get("/search/suggestions?q=zzz").text


def test_what_is_found_and_sought_is_text_and_never_markup(world: World) -> None:
    page = console(world)
    reference = '<b onclick="x">"&{{7*7}}'
    world.request(reference, 1_000)
    world.request(f"{reference}2", 1_000)
    for path in ("/search", "/search/suggestions"):
        body = page.get(f"{path}?q={quote('<b', safe='')}").text
        assert "<b " not in body
        assert "&lt;b onclick=&#34;x&#34;&gt;&#34;&amp;{{7*7}}" in body
    assert led_to(page, f"{reference}2") == [f"/withdrawal?reference={quote(reference + '2', safe='')}"]


def test_withdrawals_are_filtered(world: World) -> None:
    page = console(world)

    def shown(query: str) -> list[str]:
        body = page.get(f"/withdrawals?{query}").text
        return re.findall(r'data-label="Reference"><a class="wrap" href="/withdrawal\?reference=([^"]+)"', body)

    assert shown("state=paid") == ["w-paid"]
    assert shown("state=refused") == ["w-sanctioned"]
    assert shown("state=cancelled") == []
    assert len(shown("customer=alice")) == 4
    assert shown("customer=bob") == []
    assert shown(f"search={bitcoin_address(8)[:20]}") == ["w-batched"] or len(shown("search=bcrt1")) >= 1
    assert shown("search=w-s") == ["w-sanctioned"]
    assert shown("customer=alice&state=screened") == ["w-waiting"]
