"""A signer's process: serves its node on a Unix socket that only its own user can open."""

import os
import socket
import socketserver
import threading
from pathlib import Path

import structlog

from holdfast.signer.errors import SignerUnavailable
from holdfast.signer.node import SignerNode
from holdfast.signer.transport import receive_frame, send_frame

log = structlog.get_logger()

MAX_CONNECTIONS = 32
REQUEST_TIMEOUT_S = 20.0


class _Handler(socketserver.BaseRequestHandler):
    server: "SignerServer"

    def handle(self) -> None:
        """Answer one request; a peer that sends nonsense or stalls is dropped."""
        connection: socket.socket = self.request
        connection.settimeout(REQUEST_TIMEOUT_S)
        with self.server.slots:
            try:
                send_frame(connection, self.server.node.respond(receive_frame(connection)))
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
