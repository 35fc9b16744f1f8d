"""The pages of the example exchange: what they show, to whom, and what binds the browser."""

import sqlite3
from typing import Any

import pytest

from exchange_rig import ELSEWHERE, Customer, exchange_of
from holdfast.chains import AddressMalformed
from holdfast.custody import deposit_address, request_withdrawal
from holdfast.demo.exchange.payment_code import payment_code, payment_uri
from holdfast.demo.exchange.words import REFUSALS
from holdfast.store import StoreError, transaction
from world import World, bitcoin_address

PAGES = ("/", "/reserves", "/account.json", "/deposit.svg")


def test_the_front_door_is_open_to_everybody(newcomer: Customer) -> None:
    page = newcomer.get("/")
    assert page.status_code == 200
    assert "Open an account" in page.text
    assert newcomer.get("/reserves").headers["location"] == "/"


def test_the_account_is_the_customers_own(world: World, alice: Customer) -> None:
    with transaction(world.plane.engine) as connection:
        address = deposit_address(connection, "hot", "alice")
    page = alice.get("/").text
    assert address in page
    assert f"bitcoin:{address}" in page
    assert "3 BTC" in page
    assert "New here?" not in page


def test_a_newcomer_is_told_that_withdrawals_are_held_back(newcomer: Customer) -> None:
    assert "New here?" in newcomer.open_account("carla").get("/").text


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_binds_the_browser(alice: Customer, path: str) -> None:
    headers = alice.get(path).headers
    policy = headers["content-security-policy"]
    assert "require-trusted-types-for 'script'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert (headers["cache-control"], headers["x-frame-options"]) == ("no-store", "DENY")


@pytest.mark.parametrize("path", PAGES)
def test_no_page_carries_script_or_style_of_its_own(alice: Customer, path: str) -> None:
    text = alice.get(path).text
    assert "<style" not in text
    assert " style=" not in text
    assert " onclick" not in text


def test_the_page_asks_only_on_its_own_name_and_in_its_own_name(alice: Customer) -> None:
    for origin in (None, ELSEWHERE, "http://evil.example"):
        assert alice.post("/withdrawals/draft", {"amount": "1", "destination": "x"}, origin).status_code == 403
    assert alice._ask("GET", "/", headers={"host": "127.0.0.1:8400"}).status_code == 421


POSTS = (
    "/withdrawals/draft",
    "/withdrawals",
    "/withdrawals/cancel",
    "/simulation/fund",
    "/simulation/mine",
    "/simulation/publish",
    "/simulation/approve",
    "/simulation/sign",
)
BODIES: dict[str, Any] = {
    "/withdrawals/draft": {"amount": "1", "destination": "x"},
    "/withdrawals": {"reference": "w", "assertion": {}},
    "/withdrawals/cancel": {"reference": "w"},
    "/simulation/approve": {"person": "ada", "intent": "0" * 64},
    "/simulation/sign": {"reference": "w"},
}


@pytest.mark.parametrize("path", POSTS)
def test_nothing_is_done_for_who_is_not_signed_in(newcomer: Customer, path: str) -> None:
    newcomer.refused(path, BODIES.get(path, {}), 401, "exchange.not_signed_in")


@pytest.mark.parametrize("path", ["/account.json", "/deposit.svg", "/reserves/1/proof.json"])
def test_nothing_of_a_customers_is_shown_to_others(newcomer: Customer, path: str) -> None:
    assert newcomer.get(path).status_code == 401


@pytest.mark.parametrize("body", [None, [], "x", {}, {"name": 7}, {"name": "carla", "more": 1}, {"name": "x" * 201}])
def test_a_body_of_another_form_is_refused(newcomer: Customer, body: object) -> None:
    newcomer.refused("/accounts/challenge", body, 400, "exchange.malformed")


def test_a_body_without_end_is_refused(newcomer: Customer) -> None:
    assert newcomer.post("/accounts/challenge", {"name": "x" * 70_000}).status_code == 413


def test_an_unknown_address_is_told_as_a_page_or_a_document(newcomer: Customer) -> None:
    page = newcomer.get("/nothing")
    assert (page.status_code, "no such page" in page.text) == (404, True)
    assert newcomer.post("/nothing", {}).json()["error"]["code"] == "exchange.refused"


def test_what_others_chose_stays_text(world: World, alice: Customer) -> None:
    strange = "\"><script>alert('x')</script>"
    with pytest.raises(AddressMalformed):
        request_withdrawal(world.plane, "hot", world.order("w-strange", destination=strange))
    assert "<script>alert" not in alice.get("/").text
    assert alice.account()["withdrawals"][0]["destination"] == strange


def test_without_a_simulation_there_is_none_of_it(world: World) -> None:
    bare = Customer(exchange_of(world, simulated=False), world.deployment.customer("alice")).sign_in()
    assert "imulat" not in bare.get("/").text + bare.get("/reserves").text
    assert "simulation" not in bare.account()
    for path in POSTS[3:]:
        assert bare.post(path, BODIES.get(path, {})).status_code in (404, 405)


def test_a_fault_shows_nothing_of_the_inside(
    alice: Customer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise sqlite3.OperationalError("/secret/path is locked by alice")

    monkeypatch.setattr("holdfast.demo.exchange.exchange.account_document", fails)
    answer = alice.get("/account.json")
    assert answer.status_code == 500
    assert "secret" not in answer.text


def test_a_store_that_is_away_is_told_without_its_path(alice: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise StoreError("/secret/control.sqlite cannot be read")

    monkeypatch.setattr("holdfast.demo.exchange.exchange.account_document", away)
    answer = alice.get("/account.json")
    assert answer.status_code in (409, 503)
    assert "secret" not in answer.text


def test_the_words_are_for_people() -> None:
    for code, words in REFUSALS.items():
        assert words.endswith("."), code
        assert code not in words


def test_the_code_is_an_image_of_the_uri(alice: Customer) -> None:
    answer = alice.get("/deposit.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    drawn = answer.content
    assert drawn.startswith(b"<?xml")
    assert b"<svg" in drawn
    assert payment_uri("bc1qx") == "bitcoin:bc1qx"
    assert payment_code(bitcoin_address(1)) == payment_code(bitcoin_address(1)) != payment_code(bitcoin_address(2))
