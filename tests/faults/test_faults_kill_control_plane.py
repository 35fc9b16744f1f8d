"""SIGKILL after every database write of a withdrawal: one payout, balanced books, an unbroken log, no nonce twice.

The writes are those that happen, as the databases see them, not a list of anybody's: each withdrawal dies after the
first write that none has died after yet, until one lives to its end.
"""

from collections.abc import Iterator

import pytest

from faults.children import AMOUNT_SAT, make_key, resume, withdraw
from faults.exchange import APART_S, Exchange
from faults.processes import Fate, Point, run
from world import NOW_S


def withdrawals(exchange: Exchange) -> Iterator[str]:
    """References, each a while after the one before."""
    for number in range(1, 1_000):
        exchange.clock.set(NOW_S + number * APART_S)
        yield f"w{number}"


def settled(exchange: Exchange, reference: str, died: Point | None) -> None:
    """Resume a withdrawal that died, and judge."""
    try:
        if died is not None:
            run(resume, exchange.directory, reference)
        exchange.auditor.require_settled([(reference, AMOUNT_SAT)])
        exchange.auditor.require_sound()
    except BaseException as fault:
        fault.add_note(f"killed after {died}")
        raise


@pytest.mark.timeout(600)
def test_a_kill_after_any_write_pays_exactly_once(exchange: Exchange) -> None:
    past: set[Point] = set()
    for reference in withdrawals(exchange):
        died = run(withdraw, exchange.directory, reference, Fate(frozenset(past)))
        settled(exchange, reference, died)
        if died is None:
            break
        past.add(died)
    # Ours and the workflow engine's, before and after they were committed.
    writes = {point.write for point in past}
    assert {"INSERT INTO withdrawal", "COMMIT after UPDATE payout", "INSERT INTO main.workflow_status"} <= writes


def test_the_workflow_engines_memory_is_not_needed(exchange: Exchange) -> None:
    past: set[Point] = set()
    for reference in withdrawals(exchange):
        died = run(withdraw, exchange.directory, reference, Fate(frozenset(past), "COMMIT after UPDATE payout"))
        for file in exchange.deployment.control.glob("durable.sqlite*"):
            file.unlink()
        settled(exchange, reference, died)
        if died is None:
            break
        past.add(died)
    # At least: claimed, attested, signed, broadcast, confirmed.
    assert len(past) >= 5


def test_a_kill_after_any_write_of_a_key_ceremony_leaves_one_key(exchange: Exchange) -> None:
    past: set[Point] = set()
    while True:
        vault = f"cold-{len(past)}"
        died = run(make_key, exchange.directory, vault, Fate(frozenset(past)))
        run(make_key, exchange.directory, vault, None)
        exchange.auditor.require_one_key(vault)
        if died is None:
            break
        past.add(died)
    assert Point("COMMIT after INSERT INTO vault", 1) in past
