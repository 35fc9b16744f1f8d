"""A house with a published epoch: one of each test's own, and one that tests share which only read it."""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from reserves_rig import House, build_house, copy_house, load_verifier


@pytest.fixture(scope="session")
def house_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The house, to copy."""
    return build_house(tmp_path_factory.mktemp("reserves"))


@pytest.fixture
def house(house_template: Path, tmp_path: Path) -> Iterator[House]:
    """A house of this test's own."""
    opened = copy_house(house_template, tmp_path / "house")
    yield opened
    opened.world.close()


@pytest.fixture(scope="session")
def shared_house(house_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house that is only read."""
    opened = copy_house(house_template, tmp_path_factory.mktemp("shared") / "house")
    yield opened
    opened.world.close()


@pytest.fixture(scope="session")
def public(shared_house: House) -> Path:
    """The published folder of the shared house's epoch."""
    return shared_house.directory / "1" / "public"


@pytest.fixture(scope="session")
def verifier(public: Path) -> ModuleType:
    """The verifier that is published there."""
    return load_verifier(public)
