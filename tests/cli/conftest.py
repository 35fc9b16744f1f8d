"""A populated deployment, and a shell to run commands in."""

import logging
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from cli_rig import Shell, build_populated, copy_home, opened
from world import World


@pytest.fixture(autouse=True)
def logs_restored() -> Iterator[None]:
    """Commands set this process's logs up; the next test finds them as they were."""
    root = logging.getLogger()
    before, handlers, level, hook = structlog.get_config(), root.handlers[:], root.level, threading.excepthook
    durable = logging.getLogger("dbos")
    durable_handlers = durable.handlers[:]
    yield
    structlog.configure(**before)
    root.handlers[:], threading.excepthook = handlers, hook
    # The workflow engine's handler writes to the stream that this test's capture closes.
    durable.handlers[:] = durable_handlers
    root.setLevel(level)


@pytest.fixture(scope="session")
def populated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One of everything; to be copied."""
    return build_populated(tmp_path_factory.mktemp("cli") / "house")


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder with a path short enough for sockets."""
    folder = Path(tempfile.mkdtemp(prefix="hf-"))
    yield folder / "h"
    shutil.rmtree(folder)


@pytest.fixture
def house(populated: Path, home: Path) -> Path:
    """A deployment's folder of this test's own."""
    return copy_home(populated, home)


@pytest.fixture
def shell(house: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Commands, and the deployment that they work on."""
    monkeypatch.delenv("HOLDFAST_HOME", raising=False)
    return Shell(capsys, house)


@pytest.fixture
def world(house: Path) -> Iterator[World]:
    """The same deployment, opened in this process."""
    yield from opened(house)
