"""The console page as a server of its own process, on an address that was reached before anything is said."""

import socket
from collections.abc import Callable
from pathlib import Path

from holdfast.cli.errors import AddressUnavailable
from holdfast.custody import ControlPlane
from holdfast.pages import LOOPBACK_HOSTS, serve
from holdfast.web import create_app


def listening(host: str, port: int) -> socket.socket:
    """A socket that accepts connections already: before anything else is started for the page's sake.

    :raises AddressUnavailable: the port is taken, or no address of this machine.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as fault:
        reason = getattr(fault, "strerror", None) or str(fault)
        raise AddressUnavailable(f"cannot listen on {host} port {port}: {reason}") from None


def console_origin(listener: socket.socket, host: str) -> str:
    """How a browser on this machine names the page: ``localhost`` if it can be, as passkeys want it."""
    shown = "localhost" if host in LOOPBACK_HOSTS else f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}"


def serve_console(
    plane: ControlPlane,
    listener: socket.socket,
    origin: str,
    ready: Callable[[str], None],
    *,
    host: str,
    reserves: Path,
) -> None:
    """Serve the console page until a signal ends the process.

    :param origin: where people find it, exactly as their browsers say it; they sign in there only.
    :param ready: called with the page's address.
    :param host: a name that it may be asked for besides the origin's and the loopback ones.
    :param reserves: the folder of published epochs.
    """
    ready(f"{origin}/")
    serve(create_app(plane, origin=origin, hosts=(host,), reserves=reserves), listener)
