"""What costs something to find and is kept a little while, for all who look: signers, books, log, flows."""

from dataclasses import dataclass

from holdfast.audit import audit, log_size
from holdfast.custody import ControlPlane, DayFlow, SignerHealth, daily_flows, signer_health
from holdfast.ledger import LedgerReport, examine
from holdfast.store import open_engine, snapshot
from holdfast.web.apart import run_apart
from holdfast.web.reading.log import cosigner_keys
from holdfast.web.refreshed import Found, Refreshed

FLOW_DAYS = 30

LARGE = 20_000
"""From so many entries of the log on, books and log are checked in a process apart, for it takes seconds."""

DAY_S = 86_400


@dataclass(frozen=True)
class Flows:
    """What came and went in the last thirty days; ``first_day`` and ``last_day`` are days since 1970, both included."""

    first_day: int
    last_day: int
    moved: tuple[DayFlow, ...]

    @property
    def assets(self) -> tuple[str, ...]:
        """The assets that moved."""
        return tuple(sorted({flow.asset for flow in self.moved}))

    def of(self, asset: str) -> dict[int, DayFlow]:
        """One asset's days on which something moved."""
        return {flow.day: flow for flow in self.moved if flow.asset == asset}


class Kept:
    """One console's kept values. The signers are asked once every few seconds; the rest is found once a minute."""

    _FIRST_WAIT_S = 0.08

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._signers = Refreshed(lambda: signer_health(plane, wait_s=1.5), keep_s=4.0, wait_s=self._FIRST_WAIT_S)
        self._ledger = Refreshed(self._examined, keep_s=60.0, wait_s=self._FIRST_WAIT_S)
        self._log = Refreshed(self._audited, keep_s=60.0, wait_s=self._FIRST_WAIT_S)
        self._flows = Refreshed(self._flowed, keep_s=60.0, wait_s=self._FIRST_WAIT_S)

    def begin(self) -> None:
        """Have all of them sought at once, as far as they are old."""
        for each in (self._signers, self._ledger, self._log, self._flows):
            each.begin()

    def _examined(self) -> LedgerReport:
        if self._large():
            return run_apart(_examine_at, self._address())
        with snapshot(self._plane.engine) as connection:
            return examine(connection)

    def _audited(self) -> int:
        genesis, keys = self._plane.genesis, cosigner_keys(self._plane)
        if self._large():
            return run_apart(_audit_at, self._address(), genesis.log_name, genesis.log_key, keys)
        with snapshot(self._plane.engine) as connection:
            return audit(connection, genesis.log_name, genesis.log_key, keys).entries

    def _large(self) -> bool:
        with snapshot(self._plane.engine) as connection:
            return log_size(connection) > LARGE

    def _address(self) -> str:
        return self._plane.engine.url.render_as_string(hide_password=False)

    def _flowed(self) -> Flows:
        last = self._plane.clock.now_s() // DAY_S
        first = last - FLOW_DAYS + 1
        with snapshot(self._plane.engine) as connection:
            return Flows(first, last, daily_flows(connection, first * DAY_S))

    def signers(self) -> tuple[SignerHealth, ...]:
        """The signers, as they answered a few seconds ago at most."""
        return self._signers.get().value or ()

    def ledger(self) -> Found[LedgerReport]:
        """The books, derived again."""
        return self._ledger.get()

    def log_check(self) -> Found[int]:
        """The log, rebuilt and compared: how many entries that were."""
        return self._log.get()

    def flows(self) -> Found[Flows]:
        """What came and went."""
        return self._flows.get()


def _examine_at(address: str) -> LedgerReport:
    engine = open_engine(address)
    try:
        with snapshot(engine) as connection:
            return examine(connection)
    finally:
        engine.dispose()


def _audit_at(address: str, log_name: str, log_key: bytes, keys: dict[str, bytes]) -> int:
    engine = open_engine(address)
    try:
        with snapshot(engine) as connection:
            return audit(connection, log_name, log_key, keys).entries
    finally:
        engine.dispose()
