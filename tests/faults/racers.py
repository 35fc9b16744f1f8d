"""Control planes that race: two processes on one database, each trying to be the one that pays, paused at random."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

from faults.children import opened
from faults.write_points import observe_writes
from holdfast.authority import SignedOrder
from holdfast.custody import (
    CoinReserved,
    ControlPlane,
    approve_payout,
    broadcast_payout,
    claim_payout,
    find_withdrawal,
    follow_chain,
    plan_payout,
    request_withdrawal,
    sign_payout,
)
from holdfast.demo.deployment import VAULT, Deployment
from holdfast.errors import HoldfastError

RACERS = {"control-1": "ada", "control-2": "ben"}
"""Two control planes, and the person who approves at each."""

PAUSE_S = 0.004
PAUSED_WRITES = 0.2
"""The longest pause, and how many of the writes are followed by one."""

PLANS = 20
"""How often a racer plans again when another took its coin."""


@dataclass(frozen=True)
class Heat:
    """One race, begun so late: to pay this order, or without one to follow the chain."""

    seed: int
    order: SignedOrder | None = None
    late_s: float = 0.0


Outcome = tuple[str, str | None]
"""A step of a racer's, and the code of the error that ended it, if any did."""


def race(directory: Path, name: str, report: Connection) -> None:
    """Run every heat that is told, and answer with what each step came to."""
    plane, deployment = opened(directory, name)
    random = Random()  # noqa: S311 - to be replayed, not to be secret

    def pause(_write: str) -> None:
        if random.random() < PAUSED_WRITES:
            time.sleep(random.random() * PAUSE_S)

    observe_writes(pause)
    while True:
        heat: Heat = report.recv()
        # A heat's pauses follow from its seed alone; which of two processes the machine runs first does not.
        random.seed(f"{heat.seed} {name}")
        time.sleep(heat.late_s)
        report.send(_follow(plane) if heat.order is None else _pay(plane, deployment, heat.order))


def _step(outcomes: list[Outcome], step: Callable[[], object]) -> None:
    try:
        step()
    except HoldfastError as refusal:
        outcomes.append((step.__name__, refusal.code))
    else:
        outcomes.append((step.__name__, None))


def _follow(plane: ControlPlane) -> list[Outcome]:
    def follow() -> None:
        while follow_chain(plane):
            pass

    outcomes: list[Outcome] = []
    _step(outcomes, follow)
    return outcomes


def _pay(plane: ControlPlane, deployment: Deployment, order: SignedOrder) -> list[Outcome]:
    reference = order.order.reference
    outcomes: list[Outcome] = []

    def request() -> None:
        request_withdrawal(plane, VAULT, order)

    def plan() -> None:
        for _ in range(PLANS):
            with suppress(CoinReserved):
                plan_payout(plane, VAULT, [reference])
                return

    def approve() -> None:
        person = RACERS[plane.name]
        approve_payout(plane, intent, deployment.approve(person, intent))

    def settle() -> None:
        fence = claim_payout(plane, intent)
        sign_payout(plane, intent, fence)
        broadcast_payout(plane, intent, fence)

    _step(outcomes, request)
    _step(outcomes, plan)
    intent = find_withdrawal(plane, reference).intent or b""
    _step(outcomes, approve)
    _step(outcomes, settle)
    return outcomes
