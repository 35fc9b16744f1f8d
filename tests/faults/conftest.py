"""A founded exchange with deposits, made once a run and copied for each module that breaks things."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.exchange import Exchange
from world import CUSTOMER, DAY_S, NOW_S, World, build_template

DEPOSIT_SAT = 3_000_000_000


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A founded deployment whose customer has 33 bitcoin."""
    directory = build_template(tmp_path_factory.mktemp("founded") / "exchange")
    world = World.open(directory, NOW_S - 39 * DAY_S)
    world.fund(CUSTOMER, DEPOSIT_SAT)
    world.close()
    return directory


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A directory whose path leaves room for a Unix socket's name."""
    with tempfile.TemporaryDirectory(prefix="hf-") as directory:
        yield Path(directory)


@pytest.fixture
def exchange(founded: Path, short_path: Path) -> Iterator[Exchange]:
    """An exchange at work: node and signers run, no control plane does."""
    directory = short_path / "exchange"
    shutil.copytree(founded, directory, ignore=shutil.ignore_patterns("scratch", "*.sock"))
    opened = Exchange(directory)
    yield opened
    opened.close()
