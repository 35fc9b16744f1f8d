"""The ledger against a model in plain Python: the same outcome and the same balances after every step."""

import itertools
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test
from sqlalchemy import Engine

from holdfast.amounts import MAX_UNITS, Amount
from holdfast.ledger import (
    BalanceOutOfRange,
    CustomerMoney,
    Entry,
    HoldMismatch,
    InsufficientFunds,
    LedgerError,
    NormalSide,
    OwnerClass,
    Transfer,
    balance,
    check,
    hold,
    open_account,
    post,
    post_hold,
    void_hold,
)
from holdfast.store import snapshot, transaction

KINDS = {
    "vault:a": (OwnerClass.VAULT, NormalSide.DEBIT),
    "vault:b": (OwnerClass.VAULT, NormalSide.DEBIT),
    "customer:a": (OwnerClass.CUSTOMER, NormalSide.CREDIT),
    "customer:b": (OwnerClass.CUSTOMER, NormalSide.CREDIT),
    "house:a": (OwnerClass.HOUSE, NormalSide.CREDIT),
    "external:a": (OwnerClass.EXTERNAL, NormalSide.DEBIT),
    "external:b": (OwnerClass.EXTERNAL, NormalSide.CREDIT),
}

UNITS = st.one_of(
    st.integers(1, 9),
    st.sampled_from([10**18 - 1, 10**18, 10**18 + 1, MAX_UNITS - 1, MAX_UNITS]),
    st.integers(1, MAX_UNITS),
)
MOVES = st.tuples(st.sampled_from(sorted(KINDS)), st.sampled_from(sorted(KINDS)), UNITS).filter(lambda m: m[0] != m[1])


@dataclass
class Model:
    """What the ledger should say."""

    total: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    held: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))

    def after(
        self, moves: list[tuple[str, str, int]], held: tuple[str, int] | None
    ) -> "Model | set[type[LedgerError]]":
        """The model after an entry, or what the entry may be refused for."""
        new, taken = Model(dict(self.total), dict(self.held)), 0
        for debit, credit, units in moves:
            if KINDS[debit][0] is OwnerClass.CUSTOMER and KINDS[credit][0] is OwnerClass.HOUSE:
                return {CustomerMoney} | ({HoldMismatch} if held else set())
            grows = [code for code, side in ((debit, "debit"), (credit, "credit")) if KINDS[code][1] == side]
            shrinks = [code for code in (debit, credit) if code not in grows]
            if held and held[0] in grows:
                return {HoldMismatch}
            for code in grows:
                new.total[code] += units
            for code in shrinks:
                new.total[code] -= units
                if held and held[0] == code:
                    new.held[code] -= units
                    taken += units
            refusals: set[type[LedgerError]] = set()
            if any(new.total[code] > MAX_UNITS for code in grows):
                refusals.add(BalanceOutOfRange)
            if any(new.held[code] < 0 for code in shrinks):
                refusals.add(HoldMismatch)
            if any(new.total[code] < new.held[code] or new.total[code] < 0 for code in shrinks):
                refusals.add(InsufficientFunds)
            if refusals:
                return refusals
        return {HoldMismatch} if held and taken != held[1] else new


class LedgerMachine(RuleBasedStateMachine):
    """Entries, holds and their ends, in any order, on accounts of this run's own."""

    holds: Bundle[Any] = Bundle("holds")
    runs = itertools.count()

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self.engine = engine
        self.run = next(self.runs)
        self.keys = (f"{self.run}.{i}" for i in itertools.count())
        self.model = Model()
        with transaction(engine) as connection:
            for code, (owner_class, side) in KINDS.items():
                open_account(connection, self.mine(code), "ETH", owner_class, side)

    def mine(self, code: str) -> str:
        """The code of this run's account."""
        return f"{code}:{self.run}"

    def expect(self, outcome: "Model | set[type[LedgerError]]", act: Any) -> Any:
        """Act, and require the model's outcome: the new state, or one of the refusals."""
        if isinstance(outcome, set):
            with pytest.raises(tuple(outcome)), transaction(self.engine) as connection:
                act(connection)
            return None
        with transaction(self.engine) as connection:
            result = act(connection)
        self.model = outcome
        return result

    def entry(self, moves: list[tuple[str, str, int]]) -> Entry:
        """An entry of this run."""
        transfers = tuple(Transfer(self.mine(d), self.mine(c), Amount("ETH", units)) for d, c, units in moves)
        return Entry("k", "r", next(self.keys), transfers)

    @rule(units=UNITS, customer=st.sampled_from(["customer:a", "customer:b"]))
    def deposit(self, units: int, customer: str) -> None:
        """Money comes in, so that there is something to move."""
        moves = [("vault:a", customer, units)]
        self.expect(self.model.after(moves, None), lambda connection: post(connection, self.entry(moves)))

    @rule(moves=st.lists(MOVES, min_size=1, max_size=4))
    def entry_of_any_moves(self, moves: list[tuple[str, str, int]]) -> None:
        """Any transfers."""
        entry = self.entry(moves)
        self.expect(self.model.after(moves, None), lambda connection: post(connection, entry))

    @rule(target=holds, code=st.sampled_from(sorted(KINDS)), share=st.integers(1, 12), units=UNITS)
    def place(self, code: str, share: int, units: int) -> Any:
        """A hold of a part of what is free, or of any amount."""
        free = self.model.total[code] - self.model.held[code]
        units = free * share // 10 or units
        units = min(units, MAX_UNITS)
        held = Model(dict(self.model.total), {**self.model.held, code: self.model.held[code] + units})
        number = self.expect(
            held if units <= free else {InsufficientFunds},
            lambda connection: hold(
                connection, self.mine(code), Amount("ETH", units), idempotency_key=next(self.keys), reference="r"
            ),
        )
        return number, code, units

    @rule(placed=consumes(holds))
    def void(self, placed: tuple[int | None, str, int]) -> None:
        """A hold is let go."""
        number, code, units = placed
        if number is not None:
            freed = Model(dict(self.model.total), {**self.model.held, code: self.model.held[code] - units})
            self.expect(freed, lambda connection: void_hold(connection, number, "cancelled"))

    @rule(placed=consumes(holds), to=st.sampled_from(sorted(KINDS)), parts=st.integers(1, 3), off=st.integers(-1, 1))
    def settle(self, placed: tuple[int | None, str, int], to: str, parts: int, off: int) -> None:
        """A hold is settled by some transfers, exactly or nearly; if refused, it is let go."""
        number, code, units = placed
        if number is None or to == code:
            return
        sums = [units // parts] * (parts - 1)
        amounts = [amount for amount in (*sums, units - sum(sums) + off) if 0 < amount <= MAX_UNITS]
        spending = KINDS[code][1] is NormalSide.CREDIT
        moves = [(code, to, amount) if spending else (to, code, amount) for amount in amounts]
        if not moves:
            return
        entry = self.entry(moves)
        outcome = self.model.after(moves, (code, units))
        self.expect(outcome, lambda connection: post_hold(connection, number, entry))
        if isinstance(outcome, set):
            self.void(placed)

    @invariant()
    def the_balances_agree(self) -> None:
        """Every account has what the model says."""
        with snapshot(self.engine) as connection:
            for code in KINDS:
                now = balance(connection, self.mine(code), "ETH")
                assert (now.total.units, now.held.units) == (self.model.total[code], self.model.held[code])

    def teardown(self) -> None:
        """The whole ledger still checks."""
        with snapshot(self.engine) as connection:
            check(connection)


def test_the_ledger_does_what_the_model_does(database: Engine) -> None:
    class Machine(LedgerMachine):
        def __init__(self) -> None:
            super().__init__(database)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
