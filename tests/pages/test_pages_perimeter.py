"""Who may ask, how, and what no answer lacks or shows."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from structlog.testing import capture_logs

from holdfast.pages import TRUSTED, Perimeter, host_of
from holdfast.pages.perimeter import MAX_BODY_BYTES

HERE = "http://localhost:8411"


async def echo(request: Request) -> Response:
    return PlainTextResponse(await request.body())


def ask(
    method: str,
    headers: Mapping[str, str] | None = None,
    body: bytes | AsyncIterator[bytes] = b"",
    origins: tuple[str, ...] = (),
) -> httpx.Response:
    """Ask an application behind a perimeter that takes GET and POST."""
    app = Perimeter(
        Starlette(routes=[Route("/", echo, methods=["GET", "POST"])]),
        ("localhost",),
        csp=TRUSTED,
        methods=("GET", "POST"),
        origins=origins,
    )

    async def send() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=HERE) as client:
            return await client.request(method, "/", headers=headers, content=body)

    return asyncio.run(send())


def test_a_page_with_scripts_says_so_and_no_more() -> None:
    answer = ask("GET")
    assert answer.headers["content-security-policy"] == TRUSTED
    assert "unsafe" not in TRUSTED
    assert "require-trusted-types-for 'script'" in TRUSTED


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": HERE}, 200),
        ({}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://localhost:8410"}, 403),
        ({"origin": "http://attacker.example"}, 403),
        ({"origin": HERE, "host": "attacker.example"}, 421),
    ],
)
def test_only_the_page_itself_changes_anything(headers: dict[str, str], status: int) -> None:
    assert ask("POST", headers, b"x").status_code == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://localhost:8411", 200),
        (HERE, 403),
        ("https://localhost", 403),
        ("https://localhost:8412", 403),
        ("https://localhost:8411/", 403),
    ],
)
def test_a_page_that_knows_where_it_is_takes_nothing_from_elsewhere(origin: str, status: int) -> None:
    answer = ask("POST", {"origin": origin}, b"x", origins=("https://localhost:8411",))
    assert answer.status_code == status
    assert answer.headers["strict-transport-security"] == "max-age=31536000", "refused or not"


@pytest.mark.parametrize("origins", [(), (HERE,), (HERE, "https://localhost:8411")])
def test_a_page_without_tls_does_not_promise_it(origins: tuple[str, ...]) -> None:
    assert "strict-transport-security" not in ask("GET", origins=origins).headers


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_only_the_methods_it_has(method: str) -> None:
    answer = ask(method, {"origin": HERE})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


def test_a_body_has_a_bound() -> None:
    assert ask("POST", {"origin": HERE}, bytes(MAX_BODY_BYTES)).status_code == 200
    assert ask("POST", {"origin": HERE}, bytes(MAX_BODY_BYTES + 1)).status_code == 413


def test_a_body_that_does_not_say_how_long_it_is_has_the_same_bound() -> None:
    async def drip() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY_BYTES // 1_024 + 1):
            yield bytes(1_024)

    assert ask("POST", {"origin": HERE}, drip()).status_code == 413


@pytest.mark.parametrize(
    ("header", "host"),
    [("a:1", "a"), ("A", "a"), ("[::1]:1", "::1"), ("[::1", None), ("", None), ("a:b", None), ("u@a", None)],
)
def test_host_of_a_header(header: str, host: str | None) -> None:
    assert host_of(header) == host


def test_a_fault_of_ours_is_shown_as_nothing_but_that() -> None:
    secret = "f" * 64

    async def broken(_scope: Any, _receive: Any, _send: Any) -> None:
        raise KeyError(secret)

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", b"localhost")]}
    with capture_logs() as logs:
        asyncio.run(Perimeter(broken, ("localhost",))(scope, receive, send))
    assert sent[0]["status"] == 500
    assert secret not in str(sent)
    assert [(line["event"], line["fault"]) for line in logs] == [("web.fault", "KeyError")]
    assert secret not in str(logs)


def test_two_host_headers_are_one_too_many() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def never(*_: Any) -> Any:
        raise AssertionError

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", b"localhost"), (b"host", b"x")]}
    asyncio.run(Perimeter(never, ("localhost",))(scope, never, send))
    assert sent[0]["status"] == 421
