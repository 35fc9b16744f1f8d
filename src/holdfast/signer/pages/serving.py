"""Serving a signer's page: on loopback, from a thread of the signer's own process."""

import contextlib
import socket
from collections.abc import Generator
from urllib.parse import urlsplit

from holdfast.pages import served_beside
from holdfast.signer.errors import PageUnavailable
from holdfast.signer.node import SignerNode
from holdfast.signer.pages.app import create_page

LOOPBACK = "127.0.0.1"


def page_address(origin: str, port: int | None) -> tuple[str, int]:
    """Where the page of an origin is served: on loopback, at the origin's own port or the one given.

    :raises PageUnavailable: the origin is not of this machine, and no port was given behind which something serves it.
    """
    parts = urlsplit(origin)
    if port is None and (parts.scheme, parts.hostname) != ("http", "localhost"):
        raise PageUnavailable(f"{origin} is served by something in front of this signer: say its port with --page-port")
    return LOOPBACK, port if port is not None else parts.port or 80


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
    with served_beside(create_page(node), listener):
        yield node.home.identity.origin
