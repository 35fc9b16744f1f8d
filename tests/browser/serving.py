"""Serving an application on a port of this machine, as its own server would, for browsers to reach."""

import contextlib
import socket
import threading
import time
from collections.abc import Generator
from typing import Any

import uvicorn

_STARTS_WITHIN_S = 10
_POLL_S = 0.01


@contextlib.contextmanager
def served(app: Any, listener: socket.socket | None = None) -> Generator[int]:
    """Serve an ASGI application from a thread of this process; the port.

    :param listener: a socket that accepts connections already; a free port by default.
    """
    listener = listener or socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", ws="none", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        _wait_started(server, thread)
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def _wait_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    until = time.monotonic() + _STARTS_WITHIN_S
    while not server.started:
        assert thread.is_alive(), "the server ended before it began"
        assert time.monotonic() < until, "the server does not start"
        time.sleep(_POLL_S)
