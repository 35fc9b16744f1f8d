"""What the attacks start from: people with their devices, and a whole deployment whose control plane was taken over."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from authority_rig import Venue, venue
from holdfast.authority import Roster
from signer_rig import Takeover, signer_template_in
from world import copy_world


@pytest.fixture(scope="session")
def house() -> Venue:
    """Five signers and five persons with their devices."""
    return venue()


@pytest.fixture(scope="session")
def roster(house: Venue) -> Roster:
    """The first roster, with everybody."""
    return house.roster()


@pytest.fixture(scope="session")
def signer_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A founded deployment, to copy."""
    return signer_template_in(tmp_path_factory.getbasetemp())


@pytest.fixture
def takeover(signer_template: Path, tmp_path: Path) -> Iterator[Takeover]:
    """A deployment of this test's own, in the wrong hands."""
    world = copy_world(signer_template, tmp_path / "world")
    yield Takeover(world)
    world.close()
