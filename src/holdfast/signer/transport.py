"""How requests reach a signer: in process, or over a Unix socket. The bytes and their meaning are the same.

The frame is a 4-byte big-endian length and as many bytes, once each way; then the connection closes.
"""

import socket
import time
from pathlib import Path
from typing import Protocol

from holdfast.signer.errors import SignerUnavailable
from holdfast.signer.node import SignerNode

MAX_FRAME_BYTES = 4_000_000
LENGTH_BYTES = 4


class SignerTransport(Protocol):
    """A way to one signer."""

    def call(self, request: bytes) -> bytes:
        """Carry a request there and its reply back.

        :raises SignerUnavailable: not reached, or no answer in time; the request may or may not have been acted on.
        """
        ...


class InProcessTransport:
    """A signer in this very process: for tests, and for a library's user who wants no sockets."""

    def __init__(self, node: SignerNode) -> None:
        self._node = node

    def call(self, request: bytes) -> bytes:
        """Ask the node directly."""
        return self._node.respond(request)


class UnixSocketTransport:
    """A signer's process on this machine."""

    def __init__(self, path: Path, timeout_s: float = 20.0) -> None:
        self._path = path
        self._timeout_s = timeout_s

    def call(self, request: bytes) -> bytes:
        """Open, send, receive, close."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(self._timeout_s)
                connection.connect(str(self._path))
                send_frame(connection, request)
                return receive_frame(connection, self._timeout_s)
        except OSError as fault:
            raise SignerUnavailable(f"no answer on {self._path.name}: {type(fault).__name__}") from None


def send_frame(connection: socket.socket, body: bytes) -> None:
    """Send one frame.

    :raises SignerUnavailable: larger than any frame may be.
    """
    if len(body) > MAX_FRAME_BYTES:
        raise SignerUnavailable(f"a frame has at most {MAX_FRAME_BYTES} bytes")
    connection.sendall(len(body).to_bytes(LENGTH_BYTES, "big") + body)


def receive_frame(connection: socket.socket, timeout_s: float) -> bytes:
    """Receive one frame, all of it within ``timeout_s``.

    :raises SignerUnavailable: too large, or the other side closed before its end.
    :raises TimeoutError: it did not come in time, however steadily it dripped.
    """
    deadline_s = time.monotonic() + timeout_s
    length = int.from_bytes(_receive_exactly(connection, LENGTH_BYTES, deadline_s), "big")
    if length > MAX_FRAME_BYTES:
        raise SignerUnavailable(f"a frame has at most {MAX_FRAME_BYTES} bytes")
    return _receive_exactly(connection, length, deadline_s)


def _receive_exactly(connection: socket.socket, length: int, deadline_s: float) -> bytes:
    received = bytearray()
    while len(received) < length:
        left_s = deadline_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the frame did not come in time")
        connection.settimeout(left_s)
        part = connection.recv(min(65_536, length - len(received)))
        if not part:
            raise SignerUnavailable("the connection closed within a frame")
        received += part
    return bytes(received)
