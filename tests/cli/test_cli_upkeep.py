"""What a served control plane does by itself, and that no failure stops it."""

import logging
import threading
import time
from collections.abc import Callable, Sequence

import structlog
from structlog.testing import capture_logs
from structlog.typing import EventDict

from cli_rig import Shell
from holdfast.chains.bitcoin import address_to_script
from holdfast.cli.upkeep import Job, Upkeep, control_plane_jobs
from holdfast.custody import PayoutState, deposit_address, durable_database_url, launch, payout_view, stop
from holdfast.ledger import balance
from holdfast.store import DatabaseUnavailable, snapshot, transaction
from world import World


def wait_for(condition: Callable[[], bool], timeout_s: float = 20.0) -> bool:
    """Whether it comes true in time."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class Flaky:
    """Fails as often as it is told to, then works."""

    def __init__(self, *faults: Exception) -> None:
        self.faults = list(faults)
        self.worked = threading.Event()

    def __call__(self) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.worked.set()


def of_flaky(logs: Sequence[EventDict]) -> list[EventDict]:
    """The lines about the flaky job."""
    return [line for line in logs if line.get("job") == "flaky"]


def test_a_job_that_fails_is_logged_and_tried_again() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    work = Flaky(DatabaseUnavailable("away"), KeyError("a secret"))
    with capture_logs() as logs, Upkeep(Job("flaky", work, 0.01)):
        assert work.worked.wait(10)
        # Whatever else this process still runs may log meanwhile: only this job's lines count.
        assert wait_for(lambda: len(of_flaky(logs)) == 3)
    failed, fault, recovered = of_flaky(logs)
    assert (failed["event"], failed["code"], failed["failures"]) == ("upkeep.failed", "store.unavailable", 1)
    assert (fault["event"], fault["fault"], fault["failures"]) == ("upkeep.fault", "KeyError", 2)
    assert "a secret" not in str(fault)
    assert (recovered["event"], recovered["failures"]) == ("upkeep.recovered", 2)


def test_a_job_that_hangs_keeps_no_other_waiting() -> None:
    release, work = threading.Event(), Flaky()
    with Upkeep(Job("stuck", release.wait, 0.01), Job("fine", work, 0.01)):
        assert work.worked.wait(10)
        release.set()


def test_leaving_stops_every_job() -> None:
    calls: list[int] = []
    with Upkeep(Job("count", lambda: calls.append(1), 0.01)):
        assert wait_for(lambda: len(calls) > 2)
    count = len(calls)
    time.sleep(0.1)
    assert len(calls) == count


def test_deposits_are_credited_payouts_settled_and_the_log_cosigned(shell: Shell, world: World) -> None:
    plane = world.plane
    with snapshot(plane.engine) as connection:
        before = balance(connection, "customer:alice", "BTC").total.units
    intent = world.planned("w-upkeep", 1_000_000)
    world.approve(intent, persons=1)
    with transaction(plane.engine) as connection:
        address = deposit_address(connection, "hot", "alice")
    world.node.fund(address_to_script(address, "regtest"), 7_000_000)
    world.node.generate(3)

    def credited() -> bool:
        with snapshot(plane.engine) as connection:
            return balance(connection, "customer:alice", "BTC").total.units == before + 7_000_000

    def broadcast() -> bool:
        with snapshot(plane.engine) as connection:
            return payout_view(connection, intent.digest()).state is PayoutState.BROADCAST

    launch(plane, durable_database_url(shell.home / "control"))
    try:
        with Upkeep(*control_plane_jobs(plane)):
            assert wait_for(credited)
            assert wait_for(broadcast)
            assert wait_for(lambda: world.signers["zurich"].status().log_size > 0)
    finally:
        stop()
