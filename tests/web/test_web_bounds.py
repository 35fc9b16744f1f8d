"""Pages of a house with a long past: each is bounded in rows, and an index answers each of its questions."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from bulk import BATCH, fill
from holdfast.audit import audit
from holdfast.ledger import examine
from holdfast.store import snapshot
from holdfast.web.reading import kept
from web_rig import Browser, console
from world import World, copy_world

WITHDRAWALS = 1_500

LARGE_TABLES = "withdrawal|payout|approval|draft|customer|address|coin|audit_entry|audit_node|ledger_entry|ledger_hold"


@pytest.fixture(scope="module")
def busy(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A house with many withdrawals behind it; nobody changes it."""
    world = copy_world(founded, tmp_path_factory.mktemp("busy") / "house")
    fill(world, WITHDRAWALS)
    yield world
    world.close()


@pytest.fixture(scope="module")
def page(busy: World) -> Browser:
    """Its console."""
    return console(busy)


def paths(world: World) -> list[str]:
    """Every page, in the middle of what it lists."""
    with snapshot(world.plane.engine) as connection:
        query = text("SELECT reference, lower(hex(intent)) FROM withdrawal WHERE state = 'paid' LIMIT 1 OFFSET 700")
        reference, intent = connection.execute(query).one()
        txid = connection.execute(text("SELECT txid FROM draft LIMIT 1 OFFSET 20")).scalar_one()
    return [
        "/withdrawals",
        f"/withdrawals?after={reference}",
        f"/withdrawals?state=paid&after={reference}",
        "/withdrawals?state=cancelled",
        "/withdrawals?customer=customer-000002",
        "/withdrawals?search=order-0000",
        f"/withdrawal?reference={reference}",
        "/payouts",
        f"/payouts?after={intent}",
        f"/payouts/{intent}",
        "/customers?after=customer-000002",
        "/customer?name=customer-000002",
        "/policy",
        "/people",
        "/log",
        "/log?before=2000",
        "/log/1500",
        f"/search?q={txid[:10]}",
        f"/search?q={intent}",
        "/search?q=bcrt1qqqqq",
        "/search?q=nothing",
    ]


def test_the_made_up_past_adds_up(busy: World) -> None:
    genesis = busy.plane.genesis
    with snapshot(busy.plane.engine) as connection:
        assert examine(connection).discrepancies == ()
        keys = {signer.name: signer.signing_key for signer in busy.plane.roster.signers}
        assert audit(connection, genesis.log_name, genesis.log_key, keys).entries > 2 * WITHDRAWALS


def test_an_index_answers_each_question(busy: World, page: Browser) -> None:
    asked: list[tuple[str, str, Any]] = []
    path = ""

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_others: Any) -> None:
        # What is found in the background, and kept, may read all of it.
        if statement.startswith("SELECT") and threading.current_thread().name != "web-refresh":
            asked.append((path, statement, parameters))

    event.listen(busy.plane.engine, "before_cursor_execute", note)
    try:
        for path in paths(busy):
            assert page.get(path).status_code in (200, 303)
    finally:
        event.remove(busy.plane.engine, "before_cursor_execute", note)
    slow = re.compile(rf"SCAN ({LARGE_TABLES})\b(?! USING)")
    with snapshot(busy.plane.engine) as connection:
        plans = [
            (path, row.detail, statement)
            for path, statement, parameters in asked
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    assert [plan for plan in plans if slow.search(plan[1])] == []


@pytest.mark.parametrize("path", ["/withdrawals", "/withdrawals?state=paid", "/customers", "/log", "/search?q=order"])
def test_no_page_lists_more_than_fifty(page: Browser, path: str) -> None:
    body = page.get(path).text
    assert 0 < len(re.findall(r'<tr>\s*<th scope="row"|class="sequence"', body)) <= 50


def test_pages_lead_through_everything_once(page: Browser) -> None:
    for start, pattern, total in (
        ("/withdrawals?state=paid", r'"Reference"><a class="wrap" href="/withdrawal\?reference=([^"]+)"', 1_200),
        ("/payouts", r'data-label="Payout"><a class="mono" href="/payouts/([0-9a-f]{64})"', 1_200 // BATCH),
        ("/customers", r'"Customer"><a class="wrap" href="/customer\?name=([^"]+)"', WITHDRAWALS // 20 + 1),
    ):
        seen: list[str] = []
        address: str | None = start
        while address:
            body = page.get(address).text
            seen += re.findall(pattern, body)
            further = re.search(r'href="([^"]+)">(?:Older|Next)<', body)
            address = further[1].replace("&amp;", "&") if further else None
        assert len(seen) == len(set(seen)) == total


def test_large_books_are_checked_apart_and_found_right(busy: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "LARGE", 0)
    checks = kept.Kept(busy.plane)
    assert checks._examined().discrepancies == ()
    assert checks._audited() > 2 * WITHDRAWALS
