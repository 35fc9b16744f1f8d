"""Clocks that jump, forwards and backwards, between any two steps: each withdrawal is paid once or given back whole.

``HOLDFAST_SEED=17`` replays one seed alone.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from faults.auditor import Auditor
from faults.children import signed_order
from holdfast.authority import SignedOrder
from holdfast.custody import (
    WithdrawalState,
    approve_payout,
    broadcast_payout,
    claim_payout,
    end_expired_withdrawals,
    expire_payouts,
    find_withdrawal,
    plan_payout,
    request_withdrawal,
    sign_payout,
)
from holdfast.demo.deployment import VAULT
from holdfast.errors import HoldfastError
from world import NOW_S, World, build_template, copy_world

SEEDS = 30
ROUNDS = 6
"""How many withdrawals there are, and how often the steps of each are tried while the clock jumps."""

JUMPS_S = (-200_000, -7_200, -600, -1, 0, 0, 0, 0, 1, 600, 7_200, 90_000)
"""Some beyond the life of an attestation (600 s), and of an order or intent (a day)."""

AMOUNT_SAT = 1_000_000
APART_S = 1_000_000

ENDS = (WithdrawalState.PAID, WithdrawalState.REFUSED)


class Operator:
    """Takes a withdrawal's steps again and again until it has ended, while the clock may jump before any of them."""

    def __init__(self, world: World, order: SignedOrder, random: Random | None) -> None:
        self._world = world
        self._plane = world.plane
        self._order = order
        self._random = random
        self._steps: tuple[Callable[[], object], ...] = (
            self._request,
            self._plan,
            self._approve,
            self._settle,
            lambda: world.mine(world.plane.confirmations),
            lambda: expire_payouts(world.plane),
            lambda: end_expired_withdrawals(world.plane),
        )

    def take_every_step(self) -> None:
        """Once each; what is refused is refused."""
        for step in self._steps:
            self._jump()
            with suppress(HoldfastError):
                step()

    def _jump(self) -> None:
        if self._random is not None:
            self._world.clock.advance(self._random.choice(JUMPS_S))

    def _intent(self) -> bytes:
        return find_withdrawal(self._plane, self._order.order.reference).intent or b""

    def _request(self) -> None:
        request_withdrawal(self._plane, VAULT, self._order)

    def _plan(self) -> None:
        plan_payout(self._plane, VAULT, [self._order.order.reference])

    def _approve(self) -> None:
        approve_payout(self._plane, self._intent(), self._world.deployment.approve("ada", self._intent()))

    def _settle(self) -> None:
        fence = claim_payout(self._plane, self._intent())
        self._jump()
        sign_payout(self._plane, self._intent(), fence)
        self._jump()
        broadcast_payout(self._plane, self._intent(), fence)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A deployment in this process, with the one clock of the control plane and all signers in hand."""
    opened = copy_world(build_template(tmp_path / "founded"), tmp_path / "world")
    yield opened
    opened.close()


def seeds() -> range:
    """The seed to be replayed, or all."""
    replayed = os.environ.get("HOLDFAST_SEED")
    return range(SEEDS) if replayed is None else range(int(replayed), int(replayed) + 1)


def test_a_jumping_clock_neither_doubles_nor_loses_a_payment(world: World) -> None:
    auditor, ended = Auditor(world.plane, world.deployment), Counter[WithdrawalState]()
    for seed in seeds():
        start_s, random, reference = NOW_S + seed * APART_S, Random(seed), f"w{seed}"  # noqa: S311
        world.clock.seconds = start_s
        # A payout that ended keeps its conflict key for ever: each withdrawal finds a coin that none has used.
        world.fund(None, 2 * AMOUNT_SAT)
        order = signed_order(world.deployment, world.plane, reference, AMOUNT_SAT)
        request_withdrawal(world.plane, VAULT, order)
        for _ in range(ROUNDS):
            Operator(world, order, random).take_every_step()
        # The clock is right again, and later than it ever claimed to be.
        world.clock.seconds = max(world.clock.seconds, start_s) + APART_S // 2
        for _ in range(2):
            # The first may end an intent that has expired meanwhile: its withdrawal then waits for another.
            Operator(world, order, None).take_every_step()
        state = find_withdrawal(world.plane, reference).state
        assert state in ENDS, f"seed {seed}: {state}"
        assert auditor.payments_to(reference) == ([AMOUNT_SAT] if state is WithdrawalState.PAID else []), f"seed {seed}"
        auditor.require_sound()
        ended[state] += 1
    if "HOLDFAST_SEED" not in os.environ:
        assert all(ended[state] for state in ENDS), ended
