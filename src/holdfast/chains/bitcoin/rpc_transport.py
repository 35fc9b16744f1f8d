"""JSON-RPC to a Bitcoin node, over loopback HTTP or a Unix socket: bounded in time and size, one request at a time.

The protocol is bitcoind's (``doc/JSON-RPC-interface.md`` of Bitcoin Core): a POST, basic authentication, and a
JSON object whose ``error`` is null or holds a code and a message.
"""

import base64
import http.client
import itertools
import json
import socket
import time
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from holdfast.chains.errors import ChainEndpointInvalid, ChainError, ChainUnavailable

MAX_RESPONSE_BYTES = 40_000_000
"""A block is at most 8 MB of hexadecimal; a transaction of that size with its decoded form stays below this."""

_CHUNK_BYTES = 1 << 20
_LOOPBACK_HOSTS = ("127.0.0.1", "::1", "localhost")

# The node is starting, and cannot know yet (RPC_IN_WARMUP).
_IN_WARMUP = -28


class NodeRefusal(ChainError):
    """The node understood the request and answered with an error: its ``node_code`` and words."""

    code = "chains.node_refusal"
    exit_status = 3

    def __init__(self, node_code: int, message: str) -> None:
        super().__init__(f"the node answered: {message} ({node_code})")
        self.node_code = node_code
        self.message = message


class RpcEndpoint(Protocol):
    """Where a node listens, and who asks."""

    def connection(self, timeout_s: float) -> http.client.HTTPConnection:
        """A connection that is not yet open."""
        ...

    def authorization(self) -> str | None:
        """The value of the HTTP header of this name, if the endpoint wants one."""
        ...


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


@dataclass(frozen=True, slots=True)
class UnixEndpoint:
    """A node on a Unix socket: whoever may open the file may ask."""

    path: Path

    def connection(self, timeout_s: float) -> http.client.HTTPConnection:
        """A connection to the socket."""
        return _UnixConnection(self.path, timeout_s)

    def authorization(self) -> str | None:
        """None: the file's permissions decide."""
        return None


@dataclass(frozen=True, slots=True)
class LoopbackEndpoint:
    """A node on this machine's loopback interface, with a user and password or bitcoind's cookie file.

    :raises ChainEndpointInvalid: another host (HTTP would show it the password and let it be read on the way), or
        not exactly one kind of credential.
    """

    port: int
    host: str = "127.0.0.1"
    user: str | None = None
    password: str | None = None
    cookie_file: Path | None = None

    def __post_init__(self) -> None:
        """Refuse what would send credentials where they can be read, or none at all."""
        if self.host not in _LOOPBACK_HOSTS:
            raise ChainEndpointInvalid(f"{self.host[:60]!r} is not loopback: put a tunnel in front of a remote node")
        if (self.cookie_file is None) == (self.user is None) or (self.user is None) != (self.password is None):
            raise ChainEndpointInvalid("give a cookie file, or a user and a password")

    def __repr__(self) -> str:
        """The place, never the password."""
        return f"<LoopbackEndpoint {self.host}:{self.port}>"

    def connection(self, timeout_s: float) -> http.client.HTTPConnection:
        """A connection to the port."""
        return http.client.HTTPConnection(self.host, self.port, timeout=timeout_s)

    def authorization(self) -> str | None:
        """Basic authentication; the cookie is read anew, since each start of the node writes another."""
        if self.cookie_file is None:
            credentials = f"{self.user}:{self.password}"
        else:
            credentials = self.cookie_file.read_text("utf-8").strip()
        return "Basic " + base64.b64encode(credentials.encode()).decode()


def _read_bounded(response: http.client.HTTPResponse, deadline: float) -> bytes:
    content = bytearray()
    while chunk := response.read1(_CHUNK_BYTES):
        content += chunk
        if len(content) > MAX_RESPONSE_BYTES:
            raise ChainUnavailable(f"the node answered with more than {MAX_RESPONSE_BYTES} bytes")
        # The socket's own limit is for each read: a node that drips would hold us for ever.
        if time.monotonic() > deadline:
            raise ChainUnavailable("the node did not finish its answer in time")
    return bytes(content)


def _result(content: bytes, request_id: int, status: int) -> Any:
    if status in (http.client.UNAUTHORIZED, http.client.FORBIDDEN):
        raise ChainUnavailable("the node refused the credentials")
    try:
        answer = json.loads(content, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise ChainUnavailable(f"the node did not answer with JSON (HTTP {status})") from None
    if not isinstance(answer, dict) or answer.get("id") != request_id or "result" not in answer:
        raise ChainUnavailable("the node did not answer the request")
    error = answer.get("error")
    if error is None:
        return answer["result"]
    if not isinstance(error, dict) or type(error.get("code")) is not int:
        raise ChainUnavailable("the node answered with an error of no known form")
    message = str(error.get("message"))[:500]
    if error["code"] == _IN_WARMUP:
        raise ChainUnavailable(f"the node is starting: {message}")
    raise NodeRefusal(error["code"], message)


class JsonRpc:
    """Calls to one node. Any thread may call; each call opens its own connection."""

    def __init__(self, endpoint: RpcEndpoint, timeout_s: float = 30.0) -> None:
        self._endpoint = endpoint
        self._timeout_s = timeout_s
        self._ids = itertools.count(1)

    def call(self, method: str, *params: Any) -> Any:
        """The node's result, as JSON reads; numbers with a fraction are ``Decimal``.

        :raises NodeRefusal: the node answered with an error.
        :raises ChainUnavailable: no node, no answer in time, or none that makes sense.
        """
        request_id = next(self._ids)
        body = json.dumps({"jsonrpc": "1.0", "id": request_id, "method": method, "params": params})
        deadline = time.monotonic() + self._timeout_s
        connection = self._endpoint.connection(self._timeout_s)
        try:
            authorization = self._endpoint.authorization()
            headers = {"Content-Type": "application/json", "Connection": "close"}
            connection.request("POST", "/", body, headers | ({"Authorization": authorization} if authorization else {}))
            with connection.getresponse() as response:
                content = _read_bounded(response, deadline)
            return _result(content, request_id, response.status)
        except (OSError, http.client.HTTPException) as fault:
            raise ChainUnavailable(f"the node at {self._endpoint!r} does not answer: {fault}") from None
        finally:
            connection.close()
