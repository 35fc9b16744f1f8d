"""Asking an ASGI application in this process, as a browser would."""

import asyncio
from typing import Any

import httpx

ADDRESS = "http://127.0.0.1:8410"


class Browser:
    """Requests without redirects or cookies; a fault of the application fails the test unless it was answered."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        """GET a path."""
        return self.request("GET", path, headers)

    def request(self, method: str, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        """Ask with any method."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
                return await client.request(method, path, headers=headers)

        return asyncio.run(ask())
