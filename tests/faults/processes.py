"""Processes to kill: forked with everything imported, one clock for all of them, and a way to die at a write."""

import logging
import multiprocessing
import multiprocessing.forkserver
import os
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import structlog

from faults.write_points import observe_writes

CHILD_TIMEOUT_S = 60

_PRELOADED = ["pytest", "faults.children"]
"""All that a child imports, the program that it was started by included, so that it starts in milliseconds."""


class FileClock:
    """One clock for several processes; it moves only when it is set."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def now_s(self) -> int:
        """The time last set."""
        return int.from_bytes(self._path.read_bytes(), "big")

    def set(self, seconds: int) -> None:
        """Move to ``seconds``, forwards or backwards, for every process at once."""
        replacement = self._path.with_suffix(".next")
        replacement.write_bytes(seconds.to_bytes(8, "big"))
        replacement.replace(self._path)


@dataclass(frozen=True)
class Point:
    """A place to die at: the ``occurrence``-th time, from 1 up, that this ``write`` happens."""

    write: str
    occurrence: int

    def __str__(self) -> str:
        return f"{self.write} #{self.occurrence}"


@dataclass(frozen=True)
class Fate:
    """Die right after the first write at none of the points of ``past``; if ``only`` is given, of that name."""

    past: frozenset[Point] = frozenset()
    only: str | None = None

    def falls_on(self, point: Point) -> bool:
        """Whether this is the point."""
        return point not in self.past and self.only in (None, point.write)


def meet(fate: Fate | None, report: Connection) -> None:
    """From now on tell ``report`` of every write, and die by SIGKILL where ``fate`` falls; without one, never."""
    seen: Counter[str] = Counter()

    def reach(write: str) -> None:
        seen[write] += 1
        point = Point(write, seen[write])
        report.send(point)
        if fate is not None and fate.falls_on(point):
            os.kill(os.getpid(), signal.SIGKILL)

    observe_writes(reach)


class Child:
    """A process that runs ``act(*arguments, report)`` and tells of its progress through ``report``."""

    def __init__(self, act: Callable[..., None], *arguments: Any) -> None:
        context = _fork_server()
        self._name = act.__name__
        self._report, theirs = context.Pipe(duplex=True)
        self._process = context.Process(target=_enter, args=(act, *arguments, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def told(self) -> Any:
        """What the child tells next.

        :raises EOFError: nothing more: it has ended.
        """
        if not self._report.poll(CHILD_TIMEOUT_S):
            raise TimeoutError(f"{self._name} hangs")
        try:
            return self._report.recv()
        except ConnectionResetError:
            raise EOFError from None

    def last_told(self) -> Any:
        """The last that the child told before its end, or None."""
        last = None
        with suppress(EOFError):
            while True:
                last = self.told()
        return last

    def tell(self, what: Any) -> None:
        """Answer the child."""
        self._report.send(what)

    def was_killed(self) -> bool:
        """Wait for its end, and whether it was killed; every other end than a good one is a failure."""
        self._process.join(CHILD_TIMEOUT_S)
        status = self._process.exitcode
        assert status in (0, -signal.SIGKILL), f"{self._name} ended with {status}"
        return status != 0

    def kill(self) -> None:
        """SIGKILL, if it lives."""
        self._process.kill()
        self._process.join()
        self._report.close()


def run(act: Callable[..., None], *arguments: Any) -> Point | None:
    """Run a child to its end: where its fate fell, or None if it returned."""
    child = Child(act, *arguments)
    try:
        last = child.last_told()
        return last if child.was_killed() else None
    finally:
        child.kill()


def _fork_server() -> multiprocessing.context.ForkServerContext:
    """Where children come from: a server with one thread, which has imported everything and forks on demand."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    # The server preloads what PYTHONPATH finds, and keeps silent about what it does not find.
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    try:
        multiprocessing.forkserver.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before
    return context


def _enter(act: Callable[..., None], *arguments: Any) -> None:
    status = 1
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        act(*arguments)
        status = 0
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        # At once: the workflow engine's threads would keep the process for seconds.
        sys.stderr.flush()
        os._exit(status)
