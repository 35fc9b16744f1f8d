"""Asking the console in this process, over ASGI, as a browser would: with its cookies, its origin, and a passkey."""

import asyncio
import html
import re
import time
from typing import Any
from urllib.parse import urlencode

import httpx
from webauthn.helpers import base64url_to_bytes

from holdfast.demo.authenticator import SoftwareAuthenticator, as_document
from holdfast.web import create_app
from world import World

ORIGIN = "http://localhost:8410"


class Browser:
    """Requests without redirects; cookies are kept. A fault of the application fails the test unless it is answered."""

    def __init__(self, app: Any, origin: str = ORIGIN) -> None:
        self.app = app
        self._origin = origin
        self.cookies = httpx.Cookies()

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        """GET a path."""
        return self.request("GET", path, headers)

    def submit(self, path: str, fields: dict[str, str] | None = None) -> httpx.Response:
        """Submit a form, as the page at the origin does."""
        headers = {"origin": self._origin, "content-type": "application/x-www-form-urlencoded"}
        return self.request("POST", path, headers, urlencode(fields or {}).encode())

    def post(self, path: str, document: object, origin: str | None = None) -> httpx.Response:
        """Post a document, as the page's script does."""
        return self.request("POST", path, {"origin": origin or self._origin}, document=document)

    def request(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        content: bytes | None = None,
        document: object = None,
    ) -> httpx.Response:
        """Ask with any method."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url=self._origin, cookies=self.cookies) as client:
                answer = await client.request(method, path, headers=headers, content=content, json=document)
                self.cookies = httpx.Cookies(client.cookies)
                return answer

        return asyncio.run(ask())

    def sign_in(self, passkey: SoftwareAuthenticator, origin: str | None = None, **assertion: Any) -> httpx.Response:
        """Sign in as the page's script does; the passkey answers on ``origin``."""
        invitation = self.post("/sign-in/challenge", {"name": passkey.name}).json()
        challenge = base64url_to_bytes(invitation["challenge"])
        answer = passkey.assertion(challenge, origin or self._origin, **assertion)
        return self.post("/sign-in", {"challenge": invitation["challenge"], "assertion": as_document(answer)})


def console(world: World, person: str | None = "ada", **settings: Any) -> Browser:
    """A fresh console of a deployment, and a browser in which this person has signed in (None: nobody)."""
    browser = Browser(create_app(world.plane, origin=ORIGIN, **settings))
    if person is not None:
        assert browser.sign_in(world.deployment.persons[person]).status_code == 200
    return browser


def words_of(markup: str) -> str:
    """Text without tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def text_of(page: Browser, path: str = "/") -> str:
    """The words of a page, once it waits for none of its slower parts."""
    deadline = time.monotonic() + 10
    while True:
        answer = page.get(path)
        assert answer.status_code == 200
        text = words_of(answer.text)
        if not re.search("being checked|being asked|Being counted", text) or time.monotonic() > deadline:
            return text
