"""Ctrl-C in the middle of the story: the system shows no process of it afterwards, and no temporary folder."""

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("pbk", reason="the embedded chain needs py-bitcoinkernel")

STORY = """
from holdfast.demo import JsonReporter, run
run(None, report=JsonReporter()).close()
"""


@pytest.fixture
def folder() -> Iterator[str]:
    """A temporary folder with a shorter path than pytest's, for the sockets' sake."""
    with tempfile.TemporaryDirectory(prefix="hf-") as path:
        yield path


def processes_of(folder: str) -> list[str]:
    """The command lines of all processes on this machine that name the folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if folder in command:
            found.append(command)
    return found


def wait_for_line(story: subprocess.Popen[str], words: str) -> None:
    assert story.stderr is not None
    for line in story.stderr:
        if words in line:
            return
    pytest.fail(f"the story ended before {words!r}")


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, -signal.SIGINT), (signal.SIGTERM, 128 + signal.SIGTERM)]
)
def test_an_interrupted_story_leaves_nothing(
    number: signal.Signals, status: int, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", folder)
    command = [sys.executable, "-c", STORY]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as story:
        # The signers are starting: the worst moment to have to stop them.
        wait_for_line(story, "start, each as a process of its own")
        while len(processes_of(folder)) < 6:
            assert story.poll() is None
            time.sleep(0.02)
        story.send_signal(number)
        assert story.wait(30) == status
    assert processes_of(folder) == []
    assert list(Path(folder).iterdir()) == []
