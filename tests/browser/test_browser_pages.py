"""Every page of a house in use: on a phone and on a wall, in light and dark, for everybody, under its own policy."""

import contextlib
import functools
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from browser.furnishing import Furniture, furnish
from browser.house import House, served_house
from browser.pages import PAGES, Shown
from browser.quality import WIDTHS, axe, overflow, spilling
from browser.rig import Scheme, Visitor, visitor

LOOKS: tuple[tuple[int, Scheme], ...] = ((390, "dark"), (1280, "light"))


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, Furniture]]:
    """The house, which nobody changes here, and what its pages lead to."""
    directory = tmp_path_factory.mktemp("house") / "house"
    furniture = furnish(directory)
    with served_house(directory) as house:
        yield house, furniture


@pytest.fixture(scope="module")
def ports(furnished: tuple[House, Furniture]) -> dict[int, int]:
    """Where its pages are."""
    return furnished[0].ports


@pytest.fixture(scope="module")
def people(browser: Browser) -> Iterator[Callable[[str | None], Visitor]]:
    """Everybody who looks: each signs in once and stays."""
    with contextlib.ExitStack() as stack:
        yield functools.cache(lambda _name: stack.enter_context(visitor(browser)))


@pytest.mark.parametrize("shown", PAGES, ids=lambda shown: shown.name)
def test_page_is_fit_for_everybody(
    people: Callable[[str | None], Visitor], furnished: tuple[House, Furniture], shown: Shown
) -> None:
    person = people(shown.person)
    shown.visit(person, *furnished)
    for width in WIDTHS:
        person.resize(width, "light")
        assert overflow(person.page) == [], f"scrolls sideways at {width} px"
        assert spilling(person.page) == [], f"spills out of a card at {width} px"
    for width, scheme in LOOKS:
        person.resize(width, scheme)
        assert axe(person.page) == [], f"{scheme} at {width} px"
    person.require_clean(*([f"status of {shown.status}"] if shown.status != 200 else []))
