"""Assets: an address for each content, also inside the scripts that import others."""

import asyncio
import re

import httpx
from starlette.applications import Starlette
from starlette.routing import Route

from holdfast.pages import SHARED, Assets

ASSETS = Assets("holdfast.demo.exchange", *SHARED)
IMPORTS = re.compile(r'from "\./([^"]+)"')


def asked(address: str) -> httpx.Response:
    """The answer to a browser."""
    transport = httpx.ASGITransport(app=Starlette(routes=[Route("/static/{name}", ASSETS.serve)]))

    async def send() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get(address)

    return asyncio.run(send())


def test_a_file_is_kept_under_the_address_of_its_content() -> None:
    answer = asked(ASSETS["holdfast.css"])
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=86400"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"


def test_scripts_import_each_other_by_those_addresses() -> None:
    imported = IMPORTS.findall(asked(ASSETS["account.js"]).text)
    assert len(imported) > 3
    assert {f"/static/{each}" for each in imported} == {ASSETS[each.partition("?")[0]] for each in imported}
    assert all(asked(f"/static/{each}").status_code == 200 for each in imported)


def test_every_import_is_bound() -> None:
    for name in ASSETS:
        if name.endswith(".js"):
            assert all("?v=" in each for each in IMPORTS.findall(asked(ASSETS[name]).text)), name


def test_without_its_digest_a_file_is_asked_for_each_time() -> None:
    assert asked("/static/holdfast.css").headers["cache-control"] == "no-cache"


def test_what_is_not_there() -> None:
    assert asked("/static/nothing.css").status_code == 404
