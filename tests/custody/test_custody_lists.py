"""Withdrawals and payouts come in pages that, one after another, tell everything once."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from holdfast.custody import PayoutUnknown, WithdrawalState, WithdrawalUnknown, payout_views, withdrawal_views
from holdfast.store import snapshot
from world import World


def walked(page: Callable[[Any], Iterator[Any]], place: Callable[[Any], Any]) -> list[Any]:
    """Every view, asked for one by one."""
    found: list[Any] = []
    while views := list(page(place(found[-1]) if found else None)):
        found += views
    return found


def test_withdrawals_page_by_page(world: World) -> None:
    # Two of one second, and one later: both orders matter.
    for reference, passes_s in (("w-2", 0), ("w-1", 5), ("w-0", 0)):
        world.request(reference, 1_000)
        world.clock.advance(passes_s)
    with snapshot(world.plane.engine) as connection:
        everything = list(withdrawal_views(connection))
        assert [view.reference for view in everything] == ["w-0", "w-2", "w-1"]
        one_by_one = walked(lambda after: withdrawal_views(connection, 1, after=after), lambda view: view.reference)
        assert one_by_one == everything
        assert list(withdrawal_views(connection, state=WithdrawalState.PAID)) == []
        with pytest.raises(WithdrawalUnknown):
            withdrawal_views(connection, after="w-9")


def test_payouts_page_by_page(world: World) -> None:
    for reference, passes_s in (("w-1", 0), ("w-2", 5), ("w-3", 0)):
        world.planned(reference, 40_000_000)
        world.clock.advance(passes_s)
    with snapshot(world.plane.engine) as connection:
        everything = list(payout_views(connection))
        assert len(everything) == 3
        assert everything[0].created_at_s > everything[1].created_at_s
        assert walked(lambda after: payout_views(connection, 1, after=after), lambda view: view.intent) == everything
        assert all(view.customer_signed and view.vault == "hot" for view in everything)
        with pytest.raises(PayoutUnknown):
            payout_views(connection, after=bytes(32))
