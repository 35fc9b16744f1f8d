"""What no address of the console lacks or shows."""

import re

import pytest

from holdfast.web import create_app
from web_rig import ORIGIN, Browser, console
from world import World

PAGES = (
    "/",
    "/withdrawals",
    "/withdrawal?reference=w-paid",
    "/payouts",
    "/vaults",
    "/vault?name=hot",
    "/customers",
    "/customer?name=alice",
    "/reserves",
    "/policy",
    "/people",
    "/signers",
    "/log",
    "/log/4",
    "/search?q=w-",
)
PATHS = (*PAGES, "/sign-in", "/healthz", "/static/console.css", "/static/htmx.min.js", "/nowhere", "/log?before=x")


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_binds_the_browser(page: Browser, path: str) -> None:
    headers = page.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none';")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert "cache-control" in headers
    assert "set-cookie" not in headers


@pytest.mark.parametrize("path", PATHS)
def test_no_page_has_inline_script_or_style_or_another_sites(page: Browser, path: str) -> None:
    answer = page.get(path)
    if not answer.headers["content-type"].startswith("text/html"):
        return
    assert not re.search(r"<style|style=|\son\w+=|javascript:", answer.text)
    assert re.sub(r'<script src="/static/[^"]+"[^>]*></script>', "", answer.text).find("<script") == -1
    assert not re.search(r"""(?:src|href|action)=["'](?:https?:)?//(?!localhost)""", answer.text)


def test_the_sign_in_carries_no_htmx_and_has_trusted_types_on(page: Browser) -> None:
    answer = page.get("/sign-in")
    assert "trusted-types 'none'" in answer.headers["content-security-policy"]
    assert "htmx" not in answer.text
    assert "htmx" in page.get("/").text


@pytest.mark.parametrize("path", [*PAGES, "/log/export", "/search/suggestions?q=w", "/nowhere"])
def test_nobody_sees_a_page_without_signing_in(shared_world: World, path: str) -> None:
    stranger = console(shared_world, person=None)
    answer = stranger.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=%2F")
    assert "alice" not in answer.text


@pytest.mark.parametrize("path", ["/payouts", "/withdrawal/cancel", "/sign-out"])
def test_nobody_changes_anything_without_signing_in(shared_world: World, path: str) -> None:
    answer = console(shared_world, person=None).submit(path, {"vault": "hot"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "web.session_required")


def test_what_is_open_to_all(shared_world: World) -> None:
    stranger = console(shared_world, person=None)
    for path in ("/sign-in", "/healthz", "/static/holdfast.css"):
        assert stranger.get(path).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8410", 200),
        ("localhost:8410", 200),
        ("LOCALHOST", 200),
        ("[::1]:8410", 200),
        ("attacker.example", 421),
        ("attacker.example:8410", 421),
        ("127.0.0.1.attacker.example", 421),
        ("localhost.attacker.example:8410", 421),
        ("[::1].attacker.example", 421),
        ("", 421),
    ],
)
def test_only_its_own_names_are_answered(page: Browser, host: str, status: int) -> None:
    assert page.get("/healthz", headers={"host": host}).status_code == status


def test_a_name_that_was_given_is_its_own_too(shared_world: World) -> None:
    page = console(shared_world, hosts=("console.house.example",))
    assert page.get("/healthz", headers={"host": "Console.House.example:443"}).status_code == 200
    assert page.get("/healthz", headers={"host": "house.example"}).status_code == 421


def test_the_origins_own_name_is_answered(shared_world: World) -> None:
    page = Browser(create_app(shared_world.plane, origin="https://console.house.example"))
    assert page.get("/healthz", headers={"host": "console.house.example"}).status_code == 200


def test_who_comes_by_another_name_is_sent_to_where_passkeys_work(page: Browser) -> None:
    answer = page.get("/vault?name=hot", headers={"host": "127.0.0.1:8410"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ORIGIN}/vault?name=hot")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"])
def test_nothing_but_reading_and_posting(page: Browser, method: str) -> None:
    answer = page.request(method, "/")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize("origin", [None, "null", "http://localhost:8411", "https://attacker.example"])
def test_no_other_origin_can_have_anything_done(page: Browser, origin: str | None) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"} | ({"origin": origin} if origin else {})
    assert page.request("POST", "/payouts", headers, b"vault=hot").status_code == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nowhere", 404),
        ("/docs", 404),
        ("/openapi.json", 404),
        ("/static/../app.py", 404),
        ("/static/%2e%2e%2fapp.py", 404),
        ("/log?before=x", 400),
        ("/log?before=-1", 400),
        ("/log?before=99999999999999999999999", 400),
        ("/log?before=4611686018427387904", 200),
        ("/log?before=0", 200),
        ("/log/999999", 404),
        ("/log/x", 400),
        ("/log/-1", 400),
        ("/withdrawals?after=nobodys", 404),
        ("/withdrawals?after=" + "x" * 201, 400),
        ("/withdrawals?state=lost", 400),
        ("/withdrawals?state=&customer=&search=", 200),
        ("/withdrawal", 400),
        ("/withdrawal?reference=nobodys", 404),
        ("/payouts?after=" + "0" * 64, 404),
        ("/payouts?after=zz", 400),
        ("/payouts/" + "0" * 64, 404),
        ("/payouts/zz", 400),
        ("/vault?name=nowhere", 404),
        ("/customer?name=nobody", 404),
        ("/customers?after=zz", 200),
        ("/reserves/1", 404),
        ("/reserves/1/manifest.json", 404),
        ("/search?q=" + "x" * 201, 400),
        ("/search?q=%00", 400),
        ("/withdrawal?reference=a%00", 400),
    ],
)
def test_addresses_that_cannot_be_right(page: Browser, path: str, status: int) -> None:
    answer = page.get(path)
    assert answer.status_code == status
    assert "Traceback" not in answer.text


def test_a_database_that_is_gone_is_said_without_its_place(world: World) -> None:
    page = console(world)
    assert page.get("/").status_code == 200
    world.plane.engine.dispose()
    database = world.deployment.control / "control.sqlite"
    database.write_bytes(b"\x00" * 8192)
    for left in database.parent.glob("control.sqlite-*"):
        left.unlink()
    answer = page.get("/withdrawals")
    assert answer.status_code == 503
    assert "store.corrupt" in answer.text
    assert str(world.deployment.directory) not in answer.text
    health = page.get("/healthz")
    assert (health.status_code, health.json()) == (503, {"status": "unavailable", "code": "store.corrupt"})


def test_healthz(page: Browser) -> None:
    answer = page.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
