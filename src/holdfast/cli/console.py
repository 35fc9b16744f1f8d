"""The console page as a server of its own process, on an address that was reached before anything is said."""

import socket
from collections.abc import Callable

import uvicorn

from holdfast.cli.errors import AddressUnavailable
from holdfast.custody import ControlPlane
from holdfast.web import create_app

_LIMIT_CONNECTIONS = 64
_KEEP_ALIVE_S = 5
_STOPS_WITHIN_S = 5


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


def serve_console(plane: ControlPlane, listener: socket.socket, host: str, ready: Callable[[str], None]) -> None:
    """Serve the console page until a signal ends the process.

    :param host: the name it may be asked for, besides the loopback ones.
    :param ready: called with the page's address.
    """
    shown = f"[{host}]" if ":" in host else host
    config = uvicorn.Config(
        create_app(plane, hosts=(host,)),
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
    ready(f"http://{shown}:{listener.getsockname()[1]}/")
    uvicorn.Server(config).run(sockets=[listener])
