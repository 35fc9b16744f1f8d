"""A page's connections: each is for a whole request soon, or makes room for somebody else's."""

import asyncio
import socket
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_WITHIN_S = 5.0
"""How long a connection has for its first whole request, and then for each next one."""

MAX_CONNECTIONS = 256
"""How many connections are open at a time: beyond it, the one that has waited longest without a request is closed."""

SENT_AHEAD_BYTES = 65_536
"""How much of an answer waits in the kernel for somebody to take it."""


class BoundedProtocol(H11Protocol):
    """HTTP/1.1 on a connection that cannot stay idle: officers must reach the page while somebody floods it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, and close the connection that has waited longest where there are too many."""
        super().connection_made(transport)
        self._set_deadline()
        connected = transport.get_extra_info("socket")
        # Left to itself the kernel takes megabytes for whoever reads nothing; and it would be long until it shows that
        # somebody reads slowly.
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SENT_AHEAD_BYTES)
        # asyncio does this by itself only for sockets that name their protocol, which ``create_server`` does not: an
        # answer's second part would wait 40 ms for the first one's acknowledgement.
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if len(self.connections) > MAX_CONNECTIONS:
            idle = [
                each
                for each in self.connections
                if isinstance(each, BoundedProtocol) and each is not self and each.is_waiting
            ]
            if idle:
                min(idle, key=lambda each: each.deadline_s).transport.abort()

    @property
    def is_waiting(self) -> bool:
        """Whether it is the other side's turn: no whole request is here, or nobody takes the answer."""
        cycle = self.cycle
        return cycle is None or cycle.response_complete or cycle.more_body or self.flow.write_paused

    @property
    def deadline_s(self) -> float:
        """When it is closed if it is still the other side's turn then, by the loop's clock."""
        return 0.0 if self._deadline is None else self._deadline.when()

    def on_response_complete(self) -> None:
        """Give the connection as long again for its next request."""
        super().on_response_complete()
        self._set_deadline()

    def resume_writing(self) -> None:
        """Give whoever takes a long answer as long again for its next part, however slow their line."""
        super().resume_writing()
        self._set_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop_clock()
        super().connection_lost(exc)

    def _set_deadline(self) -> None:
        self._stop_clock()
        if not self.transport.is_closing():
            self._deadline = self.loop.call_later(REQUEST_WITHIN_S, self._close_if_waiting)

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _close_if_waiting(self) -> None:
        if self.is_waiting:
            # Not close(): what nobody takes would be kept for them.
            self.transport.abort()
        else:
            self._set_deadline()
