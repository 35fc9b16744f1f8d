"""The console of a populated deployment, asked in process, over ASGI."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli_rig import build_populated
from web_rig import Browser, console
from world import World, build_template, copy_world


@pytest.fixture(scope="session")
def populated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One of everything; to be copied."""
    return build_populated(tmp_path_factory.mktemp("web") / "house")


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A deployment before its first withdrawal; to be copied."""
    return build_template(tmp_path_factory.mktemp("web") / "house")


@pytest.fixture
def world(populated: Path, tmp_path: Path) -> Iterator[World]:
    """A populated deployment of this test's own."""
    world = copy_world(populated, tmp_path / "house")
    yield world
    world.close()


@pytest.fixture(scope="session")
def shared_world(populated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A populated deployment that nobody changes."""
    world = copy_world(populated, tmp_path_factory.mktemp("shared") / "house")
    yield world
    world.close()


@pytest.fixture(scope="session")
def page(shared_world: World) -> Browser:
    """The console of a deployment that nobody changes, with ada signed in."""
    return console(shared_world)
