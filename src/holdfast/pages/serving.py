"""Serving a page: bounded connections, nothing in its answers about the server, and a thread of its own on request."""

import contextlib
import socket
import threading
from collections.abc import Generator

import uvicorn
from starlette.types import ASGIApp

from holdfast.pages.connections import MAX_CONNECTIONS, BoundedProtocol

_STOPS_WITHIN_S = 5


class _BesideServer(uvicorn.Server):
    """A server in a thread: signals are the process's, and nobody else's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def _configured(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        ws="none",
        http=BoundedProtocol,
        limit_concurrency=2 * MAX_CONNECTIONS,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=1,
    )


def serve(app: ASGIApp, listener: socket.socket) -> None:
    """Serve a page from this process until it is told to stop."""
    uvicorn.Server(_configured(app)).run(sockets=[listener])


@contextlib.contextmanager
def served_beside(app: ASGIApp, listener: socket.socket) -> Generator[None]:
    """Serve a page from a thread of its own while the context lasts."""
    server = _BesideServer(_configured(app))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="page", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(_STOPS_WITHIN_S)
        listener.close()
