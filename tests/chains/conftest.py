"""A rig for each backend of the ``Chain`` port."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chains.chain_rigs import RIG_NAMES, Rig, rig_named
from holdfast.demo.bitcoin_node import EmbeddedNode


@pytest.fixture(scope="module", params=RIG_NAMES)
def rig(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """A backend and its network, shared by a module's tests: each makes its own coins."""
    with rig_named(request.param, tmp_path_factory.mktemp("rig")) as made:
        yield made


@pytest.fixture
def node(tmp_path: Path) -> Iterator[EmbeddedNode]:
    """A fresh embedded node."""
    with EmbeddedNode(tmp_path / "node") as made:
        yield made
