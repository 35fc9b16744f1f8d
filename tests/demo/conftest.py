"""A deployment with its example exchange, in this process: founded once, copied for each test."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exchange_rig import Customer, exchange_of
from world import CUSTOMER, World, build_template, copy_world


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A deployment with one customer, alice, of forty days' standing."""
    return build_template(tmp_path_factory.mktemp("exchange") / "house")


@pytest.fixture
def world(founded: Path, tmp_path: Path) -> Iterator[World]:
    """A deployment of this test's own."""
    world = copy_world(founded, tmp_path / "house")
    yield world
    world.close()


@pytest.fixture
def app(world: World) -> Any:
    """Its example exchange."""
    return exchange_of(world)


@pytest.fixture
def newcomer(app: Any) -> Customer:
    """Somebody who was never here."""
    return Customer(app)


@pytest.fixture
def alice(world: World, app: Any) -> Customer:
    """A customer of forty days' standing with 3 BTC, signed in with her passkey."""
    return Customer(app, world.deployment.customer(CUSTOMER)).sign_in()
