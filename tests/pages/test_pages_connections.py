"""A page's connections: a slow reader gets a long answer, one that takes nothing is let go."""

import contextlib
import socket
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from holdfast.pages import connections, served_beside

CHUNK = b"x" * 65_536
CHUNKS = 32
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A page with a long answer, whose connections have half a second."""
    monkeypatch.setattr(connections, "REQUEST_WITHIN_S", 0.5)

    async def long_answer(_request: Request) -> Response:
        async def parts() -> AsyncIterator[bytes]:
            for _ in range(CHUNKS):
                yield CHUNK

        return StreamingResponse(parts())

    listener = socket.create_server(("127.0.0.1", 0))
    with served_beside(Starlette(routes=[Route("/", long_answer)]), listener):
        yield listener.getsockname()[1]


def asking(port: int) -> socket.socket:
    """A connection with little room for what comes, that has asked."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    connection.settimeout(10)
    connection.connect(("127.0.0.1", port))
    connection.sendall(REQUEST)
    return connection


def test_a_slow_reader_gets_all_of_a_long_answer(port: int) -> None:
    received = 0
    with asking(port) as connection:
        began_s = time.monotonic()
        while part := connection.recv(1 << 15):
            received += len(part)
            time.sleep(0.05)
    assert received > CHUNKS * len(CHUNK)
    assert time.monotonic() - began_s > 2 * connections.REQUEST_WITHIN_S


def test_who_takes_nothing_is_let_go(port: int) -> None:
    with asking(port) as connection:
        time.sleep(3 * connections.REQUEST_WITHIN_S)
        received = 0
        with contextlib.suppress(ConnectionError):
            while part := connection.recv(1 << 18):
                received += len(part)
    assert received < CHUNKS * len(CHUNK)
