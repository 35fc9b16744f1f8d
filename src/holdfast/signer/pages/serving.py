"""Serving a signer's page: on loopback, from a thread of the signer's own process."""

import contextlib
import socket
import threading
from collections.abc import Generator
from urllib.parse import urlsplit

import uvicorn

from holdfast.signer.errors import PageUnavailable
from holdfast.signer.node import SignerNode
from holdfast.signer.pages.app import create_page
from holdfast.signer.pages.connections import MAX_CONNECTIONS, BoundedProtocol

LOOPBACK = "127.0.0.1"

_STARTS_WITHIN_S = 10.0
_STOPS_WITHIN_S = 3.0


def page_address(origin: str, port: int | None) -> tuple[str, int]:
    """Where the page of an origin is served: on loopback, at the origin's own port or the one given.

    :raises PageUnavailable: the origin is not of this machine, and no port was given behind which something serves it.
    """
    parts = urlsplit(origin)
    if port is None and (parts.scheme, parts.hostname) != ("http", "localhost"):
        raise PageUnavailable(f"{origin} is served by something in front of this signer: say its port with --page-port")
    return LOOPBACK, port if port is not None else parts.port or 80


class _Server(uvicorn.Server):
    """A server in a thread: signals are the process's, and nobody else's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@contextlib.contextmanager
def served_page(node: SignerNode, port: int | None = None) -> Generator[str]:
    """Serve the page while the context lasts; gives its origin.

    :raises PageUnavailable: the port is taken, or the page does not start.
    """
    address = page_address(node.home.identity.origin, port)
    try:
        listener = socket.create_server(address)
    except (OSError, OverflowError) as fault:
        reason = getattr(fault, "strerror", None) or str(fault)
        raise PageUnavailable(f"cannot listen on {address[0]} port {address[1]}: {reason}") from None
    config = uvicorn.Config(
        create_page(node),
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
    server = _Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="signer-page", daemon=True)
    thread.start()
    try:
        yield node.home.identity.origin
    finally:
        server.should_exit = True
        thread.join(_STOPS_WITHIN_S)
        listener.close()
