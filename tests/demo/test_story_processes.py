"""The demonstration's processes: ready or refused, killed on purpose, and none left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from holdfast.demo import ChildFailed
from holdfast.demo.processes import Processes, leaving_on_signals

READY = 'import time; print("ready", flush=True); time.sleep(600)'
STUBBORN = "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})\n" + READY

PARENT = """
import sys, time
from pathlib import Path
from holdfast.demo.processes import Processes
processes = Processes(Path(sys.argv[1]))
processes.start("child", "quick")
processes.wait_ready("child")
print(processes.pids()["child"], flush=True)
time.sleep(600)
"""


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that children import from."""
    before = os.environ.get("PYTHONPATH")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(tmp_path), before))))
    (tmp_path / "quick.py").write_text(READY)
    (tmp_path / "stubborn.py").write_text(STUBBORN)
    return tmp_path


@pytest.fixture
def processes(modules: Path) -> Iterator[Processes]:
    with Processes(modules / "logs") as started:
        yield started


def has_ended(pid: int) -> bool:
    """Whether the process is gone within a while, or is a zombie that nobody collects."""
    for _ in range(100):
        try:
            if ") Z " in Path(f"/proc/{pid}/stat").read_text():
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


def test_a_process_is_started_and_stopped(processes: Processes) -> None:
    processes.start("one", "quick")
    processes.wait_ready("one")
    pid = processes.pids()["one"]
    assert processes.is_running("one")
    with pytest.raises(ChildFailed, match="one runs already"):
        processes.start("one", "quick")
    processes.close()
    processes.close()
    assert has_ended(pid)
    assert processes.pids() == {}


def test_a_killed_process_can_be_started_again(processes: Processes) -> None:
    processes.start("one", "quick")
    processes.wait_ready("one")
    processes.kill("one")
    assert not processes.is_running("one")
    processes.start("one", "quick")
    processes.wait_ready("one")
    assert processes.is_running("one")


def test_a_process_that_ignores_sigterm_is_killed(processes: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("holdfast.demo.processes.STOPS_WITHIN_S", 0.2)
    processes.start("stubborn", "stubborn")
    processes.wait_ready("stubborn")
    pid = processes.pids()["stubborn"]
    processes.close()
    assert has_ended(pid)


def test_one_that_is_not_ready_in_time_is_a_fault(processes: Processes) -> None:
    processes.start("one", "quick")
    with pytest.raises(ChildFailed, match="one did not become ready: it said nothing"):
        processes.wait_ready("one", timeout_s=0.0)


def test_one_that_ends_instead_is_named_with_its_last_words(processes: Processes, modules: Path) -> None:
    processes.start("signer", "holdfast.signer", "--home", modules / "nowhere", "--socket", modules / "s.sock")
    with pytest.raises(ChildFailed, match=r"signer did not become ready: signer\.home_invalid: .* holds no signer"):
        processes.wait_ready("signer")
    assert processes.wait("signer") == 2


def test_waiting_for_an_end_that_does_not_come_is_a_fault(processes: Processes) -> None:
    processes.start("one", "quick")
    processes.wait_ready("one")
    with pytest.raises(ChildFailed, match="did not end within 0 s"):
        processes.wait("one", timeout_s=0.0)


def test_when_the_parent_is_killed_its_children_end_too(modules: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, str(modules)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert ") Z " not in Path(f"/proc/{child}/stat").read_text()
        parent.kill()
    assert has_ended(child)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_in_an_orderly_way(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(SystemExit) as left, leaving_on_signals():
        signal.raise_signal(number)
    assert left.value.code == 128 + number
    assert signal.getsignal(number) is before
