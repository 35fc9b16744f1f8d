"""What no address of the console lacks or shows."""

import re

import pytest

from holdfast.web import create_app
from web_rig import Browser
from world import World

PATHS = ("/", "/withdrawals", "/payouts", "/log", "/healthz", "/static/console.css", "/nowhere", "/log?before=x")


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_binds_the_browser(page: Browser, path: str) -> None:
    headers = page.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none';")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "cache-control" in headers
    assert "set-cookie" not in headers


@pytest.mark.parametrize("path", PATHS)
def test_no_page_needs_script_style_or_another_site(page: Browser, path: str) -> None:
    body = page.get(path).text
    assert not re.search(r"<script|<style|style=|\son\w+=|javascript:", body)
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", body)
    assert "http" not in body.replace("http-equiv", "") or path.startswith("/static")


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
    page = Browser(create_app(shared_world.plane, hosts=("console.house.example",)))
    assert page.get("/healthz", headers={"host": "Console.House.example:443"}).status_code == 200
    assert page.get("/healthz", headers={"host": "house.example"}).status_code == 421


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"])
def test_nothing_but_reading(page: Browser, method: str) -> None:
    answer = page.request(method, "/")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


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
        ("/withdrawals?after=nobodys", 404),
        ("/withdrawals?after=" + "x" * 201, 400),
        ("/payouts?after=" + "0" * 64, 404),
        ("/payouts?after=zz", 400),
    ],
)
def test_addresses_that_cannot_be_right(page: Browser, path: str, status: int) -> None:
    answer = page.get(path)
    assert answer.status_code == status
    assert "Traceback" not in answer.text


def test_a_database_that_is_gone_is_said_without_its_place(world: World) -> None:
    page = Browser(create_app(world.plane))
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
