"""Values that cost something to find: kept for a while, and found again in the background, once at a time.

However many people look, the signers are asked once every few seconds and the books are read once a minute. An old
value is shown, with its age, rather than waited for.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

from holdfast.errors import HoldfastError

log = structlog.get_logger()

Value = TypeVar("Value")

FAULT = "web.fault"
"""The code of a search that failed by a fault of ours."""

LEAST_REST = 20
"""A value that took long is kept this many times as long: looking at the books must not become their main work."""


@dataclass(frozen=True)
class Found(Generic[Value]):
    """The newest value, if any was found; else the code of what went wrong, or neither while the first is sought."""

    value: Value | None = None
    code: str | None = None
    at_s: float = 0.0
    """When it was found, on this process's own monotonic clock."""

    @property
    def age_s(self) -> int:
        """How many whole seconds ago."""
        return int(time.monotonic() - self.at_s)


class Refreshed(Generic[Value]):
    """Finds a value when somebody asks and the last one is older than ``keep_s``.

    :param wait_s: how long after its search began the first value is waited for; later, the last one is had at once.
    """

    def __init__(self, find: Callable[[], Value], *, keep_s: float, wait_s: float) -> None:
        self._find = find
        self._keep_s = keep_s
        self._wait_s = wait_s
        self._lock = threading.Lock()
        self._found: Found[Value] = Found()
        self._good_until_s = 0.0
        self._began_s = 0.0
        self._search: threading.Thread | None = None

    def begin(self) -> None:
        """Have a fresh value sought, if the last one is old."""
        with self._lock:
            if self._search is None and (self._empty or time.monotonic() > self._good_until_s):
                self._began_s = time.monotonic()
                self._search = threading.Thread(target=self._refresh, name="web-refresh", daemon=True)
                self._search.start()

    def get(self) -> Found[Value]:
        """The last value, if there is one; the first is waited for a little."""
        self.begin()
        search = self._search
        if self._empty and search is not None:
            search.join(max(0.0, self._began_s + self._wait_s - time.monotonic()))
        return self._found

    @property
    def _empty(self) -> bool:
        return self._found.value is None and self._found.code is None

    def _refresh(self) -> None:
        try:
            found = Found(self._find(), None, time.monotonic())
        except HoldfastError as fault:
            found = Found(None, fault.code, time.monotonic())
        # A fault of ours is shown as such, and tried again; it must not leave the page waiting for ever.
        except Exception as fault:  # noqa: BLE001
            log.error("web.refresh_fault", fault=type(fault).__name__)  # noqa: TRY400
            found = Found(None, FAULT, time.monotonic())
        with self._lock:
            self._found, self._search = found, None
            self._good_until_s = found.at_s + max(self._keep_s, LEAST_REST * (found.at_s - self._began_s))
