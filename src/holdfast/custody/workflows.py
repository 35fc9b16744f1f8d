"""Durable settlement: DBOS schedules the steps and runs them again after a crash; the truth is in our tables.

A step's result in DBOS's own tables only says where to go on. What a step did is in ours, fenced, so a step that
runs twice, or on two control planes at once, does its work once. Losing DBOS's database loses nothing.
"""

from dataclasses import dataclass
from pathlib import Path

import structlog
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID
from sqlalchemy import Engine, select

from holdfast.custody import models
from holdfast.custody.control_plane import ControlPlane
from holdfast.custody.payouts import find_payout
from holdfast.custody.settlement import broadcast_payout, claim_payout, sign_payout
from holdfast.custody.types import PayoutState
from holdfast.errors import HoldfastError
from holdfast.store import open_engine, transaction

log = structlog.get_logger()

APPLICATION = "holdfast"

APPLICATION_VERSION = "settlement-1"
"""Grows when the steps of the workflow change; DBOS recovers only work of its own version by itself."""

STALLED_AFTER_S = 30
"""A payout that its claimer has not moved on for so long may be taken over by any control plane."""


@dataclass(frozen=True)
class Settled:
    """How a settlement ended: the payout's state, and the code and line of what stopped it, if anything did."""

    state: PayoutState
    code: str | None = None
    reason: str | None = None


class _Process:
    """The one control plane of this process: DBOS is one a process, and its steps are plain functions."""

    plane: ControlPlane | None = None


def _plane() -> ControlPlane:
    if _Process.plane is None:
        raise RuntimeError("durable settlement was not launched in this process")
    return _Process.plane


def launch(plane: ControlPlane, database_url: str) -> None:
    """Start durable settlement in this process and go on with what it left unfinished.

    :param database_url: where DBOS keeps its own tables: a SQLite file of its own, or the PostgreSQL database.
    """
    _Process.plane = plane
    engine: Engine = open_engine(database_url, begin_immediate=False)
    config = DBOSConfig(
        name=APPLICATION,
        system_database_url=database_url,
        system_database_engine=engine,
        application_version=APPLICATION_VERSION,
        executor_id=plane.name,
        log_level="WARNING",
        # DBOS's default serializer unpickles rows: who writes its tables would run code here.
        serializer=DBOSPortableJSONSerializer(),
    )
    DBOS(config=config)
    DBOS.launch()


def stop() -> None:
    """Stop durable settlement; what is unfinished goes on at the next launch."""
    DBOS.destroy(workflow_completion_timeout_sec=5)
    _Process.plane = None


def durable_database_url(home: Path) -> str:
    """DBOS's own SQLite file in a control plane's folder."""
    return f"sqlite:///{home / 'durable.sqlite'}"


@DBOS.step(name="sign")
def _sign(intent: str, fence: int) -> str:
    return sign_payout(_plane(), bytes.fromhex(intent), fence).value


@DBOS.step(name="broadcast")
def _broadcast(intent: str, fence: int) -> str:
    return broadcast_payout(_plane(), bytes.fromhex(intent), fence).value


@DBOS.workflow(name="settle")
def _settle(intent: str, fence: int) -> list[str | None]:
    """The steps in order; a refusal or fault ends this run, and is the run's result."""
    try:
        _sign(intent, fence)
        return [_broadcast(intent, fence), None, None]
    except HoldfastError as stopped:
        log.warning("custody.settlement_stopped", intent=intent[:16], code=stopped.code, reason=str(stopped)[:200])
        return [None, stopped.code, str(stopped)[:500]]


def settle_payout(intent_digest: bytes) -> Settled:
    """Take an approved payout over, settle it durably and wait for how that ends.

    The claim comes first and outside the workflow, so that every run has an id of its own: what one run recorded
    as its failure is never taken for the next one's.
    """
    plane, intent, code, reason = _plane(), intent_digest.hex(), None, None
    try:
        fence = claim_payout(plane, intent_digest)
        with SetWorkflowID(f"settle:{intent}:{fence}"):
            _, code, reason = DBOS.start_workflow(_settle, intent, fence).get_result()
    except HoldfastError as stopped:
        code, reason = stopped.code, str(stopped)[:500]
    with transaction(plane.engine) as connection:
        state = PayoutState(find_payout(connection, intent_digest).state)
    return Settled(state, code, reason)


def resume_stalled(stalled_after_s: int = STALLED_AFTER_S) -> list[Settled]:
    """Settle what is approved or signed and has not moved for a while, whoever had claimed it."""
    plane, table = _plane(), models.payouts
    before_s = plane.clock.now_s() - stalled_after_s
    with transaction(plane.engine) as connection:
        rows = connection.execute(
            select(table.c.intent).where(
                table.c.state.in_((PayoutState.APPROVED.value, PayoutState.SIGNED.value)),
                table.c.claimed_at_s.is_(None) | (table.c.claimed_at_s <= before_s),
            )
        ).all()
    settled = []
    for row in rows:
        try:
            settled.append(settle_payout(bytes(row.intent)))
        # One payout's fault, of whatever kind, must not keep the others waiting.
        except Exception as fault:  # noqa: BLE001
            log.warning("custody.settlement_failed", intent=bytes(row.intent).hex()[:16], fault=type(fault).__name__)
    return settled
