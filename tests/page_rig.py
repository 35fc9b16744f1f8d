"""A signer's page, asked in this process."""

import asyncio
import re
from typing import Any

import httpx

from holdfast.demo.deployment import page_of
from holdfast.signer.pages import create_page
from world import World

SIGNER = "lugano"
"""The signer whose page is asked unless another is named."""


class Page:
    """A signer's page, asked as a browser on its origin would."""

    def __init__(self, world: World, signer: str = SIGNER) -> None:
        self.signer, self.origin = signer, page_of(signer)
        self._app = create_page(world.signers[signer])

    def get(self, path: str) -> httpx.Response:
        return self._ask("GET", path, None, {})

    def post(self, path: str, document: Any, origin: str | None = None) -> httpx.Response:
        return self._ask("POST", path, document, {"origin": origin or self.origin})

    def _ask(self, method: str, path: str, document: Any, headers: dict[str, str]) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url=self.origin) as client:
                return await client.request(method, path, json=document, headers=headers)

        return asyncio.run(ask())


def text_of(answer: httpx.Response) -> str:
    """What a person reads."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))
