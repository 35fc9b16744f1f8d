"""For each file of tests one house and one Chromium, and visitors that leave with their test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from browser.house import House, served_house
from browser.rig import ChromiumMissing, Visitor, chromium, visitor
from cli_rig import build_populated, copy_home

# A machine that does other work besides is slow, and nothing here is a race.
expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def populated_house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A deployment's folder with one of everything in it; to be copied."""
    return build_populated(tmp_path_factory.mktemp("browser") / "house")


@pytest.fixture(scope="module")
def house(populated_house: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A file's own house, its pages served. Alice has 2.45 BTC to withdraw."""
    with served_house(copy_home(populated_house, tmp_path_factory.mktemp("house") / "house")) as house:
        yield house


@pytest.fixture(scope="module")
def ports(house: House) -> dict[int, int]:
    """Where the browser finds what listens elsewhere than its pages' addresses say."""
    return house.ports


@pytest.fixture(scope="module")
def browser(ports: dict[int, int]) -> Iterator[Browser]:
    """A headless Chromium; skips where there is none.

    Not for the whole run: while Playwright is at work, no other test of this process can start an event loop.
    """
    try:
        with chromium(ports) as started:
            yield started
    except ChromiumMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def person(browser: Browser) -> Iterator[Visitor]:
    """Somebody at a browser of their own."""
    with visitor(browser) as someone:
        yield someone
