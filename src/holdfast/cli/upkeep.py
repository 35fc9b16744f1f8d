"""What a served control plane does by itself: small jobs, each again and again, none of which stops another.

A job that fails is logged with its code and waits longer before each next try, up to a minute. Each has a thread
of its own, so that one signer that does not answer keeps no deposit waiting.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import structlog

from holdfast.audit import log_size
from holdfast.custody import (
    ControlPlane,
    collect_approvals,
    collect_candidates,
    cosign_log,
    enact_subjects,
    end_expired_withdrawals,
    expire_payouts,
    follow_chain,
    resume_stalled,
    spread_freezes,
)
from holdfast.errors import HoldfastError
from holdfast.store import snapshot

log = structlog.get_logger()

LONGEST_PAUSE_S = 60.0

_STOPS_WITHIN_S = 5.0


@dataclass(frozen=True)
class Job:
    """Something to do every ``every_s`` seconds."""

    name: str
    work: Callable[[], object]
    every_s: float


class Upkeep:
    """Runs jobs while its context lasts."""

    def __init__(self, *jobs: Job) -> None:
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=(job,), name=f"upkeep-{job.name}", daemon=True) for job in jobs
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(_STOPS_WITHIN_S)

    def _repeat(self, job: Job) -> None:
        failures = 0
        while not self._stopping.is_set():
            failed = not _done(job, failures)
            failures = failures + 1 if failed else 0
            # The exponent is bounded before the power is taken: a node may be away for weeks.
            self._stopping.wait(min(job.every_s * 2 ** min(failures, 10), max(LONGEST_PAUSE_S, job.every_s)))


def _done(job: Job, failures: int) -> bool:
    try:
        job.work()
    except HoldfastError as fault:
        log.warning("upkeep.failed", job=job.name, code=fault.code, reason=str(fault), failures=failures + 1)
        return False
    # A fault of ours must not end the job for ever; what it was working on stays out of the log.
    except Exception as fault:  # noqa: BLE001
        log.error("upkeep.fault", job=job.name, fault=type(fault).__name__, failures=failures + 1)  # noqa: TRY400
        return False
    if failures:
        log.info("upkeep.recovered", job=job.name, failures=failures)
    return True


class _Cosigning:
    """Asks for cosignatures only when the log has grown, or some signer's is missing."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._complete_at = -1

    def __call__(self) -> None:
        with snapshot(self._plane.engine) as connection:
            size = log_size(connection)
        if size == self._complete_at:
            return
        missing = cosign_log(self._plane)
        self._complete_at = -1 if missing else size
        if missing:
            log.warning("upkeep.not_cosigned", size=size, missing=missing)


def control_plane_jobs(plane: ControlPlane) -> tuple[Job, ...]:
    """What keeps a control plane going; :func:`holdfast.custody.launch` comes first."""
    return (
        Job("follow-chain", lambda: follow_chain(plane), 2.0),
        Job("collect-approvals", lambda: collect_approvals(plane), 1.0),
        Job("collect-candidates", lambda: collect_candidates(plane), 2.0),
        Job("enact-proposals", lambda: enact_subjects(plane), 2.0),
        Job("spread-freezes", lambda: spread_freezes(plane), 2.0),
        Job("resume-stalled", resume_stalled, 5.0),
        Job("expire-payouts", lambda: expire_payouts(plane), 30.0),
        Job("expire-withdrawals", lambda: end_expired_withdrawals(plane), 30.0),
        Job("cosign-log", _Cosigning(plane), 10.0),
    )
