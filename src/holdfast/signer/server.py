"""A signer's process: serves its node on a Unix socket that only its own user can open."""

import contextlib
import os
import signal
import socket
import socketserver
import threading
from collections.abc import Generator
from pathlib import Path

import structlog

from holdfast.clock import SystemClock
from holdfast.signer.errors import SignerUnavailable
from holdfast.signer.home import SignerHome
from holdfast.signer.node import SignerNode
from holdfast.signer.pages import served_page
from holdfast.signer.transport import receive_frame, send_frame

log = structlog.get_logger()

MAX_CONNECTIONS = 32
REQUEST_TIMEOUT_S = 20.0


class _Handler(socketserver.BaseRequestHandler):
    server: "SignerServer"

    def handle(self) -> None:
        """Answer one request; a peer that sends nonsense or stalls is dropped."""
        connection: socket.socket = self.request
        with self.server.slots:
            try:
                request = receive_frame(connection, REQUEST_TIMEOUT_S)
                connection.settimeout(REQUEST_TIMEOUT_S)
                send_frame(connection, self.server.node.respond(request))
            except (OSError, SignerUnavailable) as fault:
                log.warning("signer.connection_dropped", fault=type(fault).__name__)


class SignerServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Threads, one a connection, at most :data:`MAX_CONNECTIONS` at work; the node takes requests one by one."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = MAX_CONNECTIONS

    def __init__(self, node: SignerNode, path: Path) -> None:
        self.node = node
        self.slots = threading.BoundedSemaphore(MAX_CONNECTIONS)
        path.unlink(missing_ok=True)
        previous = os.umask(0o177)
        try:
            super().__init__(str(path), _Handler)
        finally:
            os.umask(previous)


@contextlib.contextmanager
def serve(directory: Path, path: Path, *, page_port: int | None = None) -> Generator[SignerNode]:
    """Serve the signer of a folder on a socket while the context lasts; the caller waits, with ``signal.sigwait``.

    :param page_port: where on loopback its page is served (0: at its origin's own port); None serves no page.

    SIGTERM and SIGINT are blocked from here on, so that no thread but the waiting one receives them.

    :raises HoldfastError: the folder holds no signer, its key-encryption key is wrong, or its database is damaged.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    home = SignerHome.open(directory)
    try:
        with SignerServer(SignerNode(home, SystemClock()), path) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="signer-server")
            thread.start()
            try:
                page = (
                    served_page(server.node, page_port or None) if page_port is not None else contextlib.nullcontext()
                )
                with page:
                    yield server.node
            finally:
                server.shutdown()
                thread.join()
    finally:
        home.engine.dispose()
        path.unlink(missing_ok=True)
