"""The demonstration's child processes: started together, watched until ready, killed on purpose, never left behind."""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Self

from holdfast.demo.errors import ChildFailed

READY_WITHIN_S = 60.0
"""How long a process may take to say that it is ready; importing its parts takes a second where nothing else runs."""

STOPS_WITHIN_S = 5.0
"""How long a process may take to end after SIGTERM."""


@dataclass(frozen=True)
class _Child:
    process: subprocess.Popen[bytes]
    log: Path

    def output(self) -> IO[bytes]:
        """Where it says that it is ready."""
        if self.process.stdout is None:
            raise ChildFailed("a process without an output")
        return self.process.stdout


class Processes:
    """Named child processes, each with its own log in one folder. Leaving the context stops every one of them."""

    def __init__(self, logs: Path) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._logs = logs
        self._children: dict[str, _Child] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def start(self, name: str, module: str, *arguments: str | Path) -> None:
        """Start ``python -m module arguments`` and return at once; its errors go to ``NAME.log``.

        :raises ChildFailed: a process of this name runs already.
        """
        if self.is_running(name):
            raise ChildFailed(f"{name} runs already")
        log = self._logs / f"{name}.log"
        # -P: the folder that the demonstration was started in is nobody's place to import from.
        command = [sys.executable, "-P", "-m", "holdfast.demo.tethered", module, *map(str, arguments)]
        with log.open("ab") as errors:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and modules
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                # Ctrl-C on a terminal reaches this process alone, which then stops the others in order.
                start_new_session=True,
            )
        self._children[name] = _Child(process, log)

    def wait_ready(self, *names: str, timeout_s: float = READY_WITHIN_S) -> None:
        """Wait until each has printed its ready line.

        :raises ChildFailed: one ended instead, or took too long; the message has the last line of its log.
        """
        deadline = time.monotonic() + timeout_s
        for name in names:
            line = _read_line(self._children[name].output(), deadline)
            if not line.startswith(b"ready"):
                raise ChildFailed(f"{name} did not become ready: {self._last_words(name)}")

    def kill(self, *names: str) -> None:
        """SIGKILL: they have no chance to tidy up."""
        for name in names:
            self._children[name].process.kill()
        for name in names:
            self._children[name].process.wait()
            self._forget(name)

    def wait(self, name: str, timeout_s: float = READY_WITHIN_S) -> int:
        """Wait for its own end; the exit status, or minus the signal that ended it.

        :raises ChildFailed: it goes on.
        """
        try:
            status = self._children[name].process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise ChildFailed(f"{name} did not end within {timeout_s:.0f} s") from None
        self._forget(name)
        return status

    def is_running(self, name: str) -> bool:
        """Whether it was started and has not ended."""
        return name in self._children and self._children[name].process.poll() is None

    def pids(self) -> dict[str, int]:
        """The process ids of those that run."""
        return {name: child.process.pid for name, child in self._children.items() if self.is_running(name)}

    def close(self) -> None:
        """SIGTERM to all, SIGKILL to whoever is still there five seconds later; again is no change."""
        children = list(self._children.values())
        for child in children:
            child.process.terminate()
        deadline = time.monotonic() + STOPS_WITHIN_S
        for child in children:
            try:
                child.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
        for name in list(self._children):
            self._forget(name)

    def _forget(self, name: str) -> None:
        child = self._children.pop(name)
        for stream in (child.process.stdin, child.process.stdout):
            if stream is not None:
                stream.close()

    def _last_words(self, name: str) -> str:
        lines = self._children[name].log.read_text(encoding="utf-8", errors="replace").split("\n")
        last = next((line for line in reversed(lines) if line.strip()), "it said nothing")
        return f"{last.strip()[:300]} (in {self._children[name].log})"


def _read_line(stream: IO[bytes], deadline: float) -> bytes:
    """What comes until a line's end, the stream's end or the deadline."""
    line = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while not line.endswith(b"\n") and selector.select(max(0.0, deadline - time.monotonic())):
            part = os.read(stream.fileno(), 1)
            if not part:
                break
            line += part
    return line


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


@contextlib.contextmanager
def leaving_on_signals() -> Generator[None]:
    """Turn SIGTERM and SIGHUP into :class:`SystemExit`, so that what is open gets closed, as Ctrl-C does by itself.

    Outside the main thread, where Python sets no handlers, nothing changes.
    """
    previous = {}
    try:
        for number in (signal.SIGTERM, signal.SIGHUP):
            previous[number] = signal.signal(number, _leave)
    except ValueError:
        previous = {}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
