"""A page of this process on a socket of its own: the server that every page has, and one that runs beside others."""

import contextlib
import socket
import threading
from collections.abc import Generator

import uvicorn
from starlette.types import ASGIApp

_LIMIT_CONNECTIONS = 64
_KEEP_ALIVE_S = 5
_STOPS_WITHIN_S = 5


def page_server(app: ASGIApp) -> uvicorn.Server:
    """A server for a page: nothing in its answers about itself, no waiting for visitors at its end."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        ws="none",
        limit_concurrency=_LIMIT_CONNECTIONS,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_STOPS_WITHIN_S,
    )
    return uvicorn.Server(config)


@contextlib.contextmanager
def served_beside(app: ASGIApp, listener: socket.socket) -> Generator[None]:
    """Serve a page from a thread of its own while the context lasts."""
    server = page_server(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="page", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(_STOPS_WITHIN_S + 1)
