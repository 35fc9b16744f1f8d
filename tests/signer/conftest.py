"""A founded deployment for signer tests: one of each test's own, and one that a module's refusals share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from signer_rig import Takeover, signer_template_in
from world import copy_world


@pytest.fixture(scope="session")
def signer_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A founded deployment, to copy."""
    return signer_template_in(tmp_path_factory.getbasetemp())


@pytest.fixture
def takeover(signer_template: Path, tmp_path: Path) -> Iterator[Takeover]:
    """A deployment of this test's own."""
    world = copy_world(signer_template, tmp_path / "world")
    yield Takeover(world)
    world.close()


@pytest.fixture(scope="module")
def shared(signer_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Takeover]:
    """A deployment for tests whose every request is refused, and which therefore change nothing."""
    world = copy_world(signer_template, tmp_path_factory.mktemp("shared") / "world")
    yield Takeover(world)
    world.close()
