"""Fixtures of authority's tests."""

import pytest

from authority_rig import Venue, venue
from holdfast.authority import Roster


@pytest.fixture(scope="session")
def house() -> Venue:
    """Five signers and five persons with their devices."""
    return venue()


@pytest.fixture(scope="session")
def roster(house: Venue) -> Roster:
    """The first roster, with everybody."""
    return house.roster()
