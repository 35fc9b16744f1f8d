"""Freezes: an officer sets one at any signer's page; the relay hands it on to the others, and the log keeps it.

A freeze is known by its digest, and so is what a lift ends. What a signer claims is never believed: only freezes that
it can show, approved by those who may, count.
"""

import itertools
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import structlog
from sqlalchemy import Connection, insert, select

from holdfast.audit import FreezeLifted, FreezeSet, append
from holdfast.authority import EVERYONE, FreezeOrder, Header, open_envelope, require_freeze, require_lift
from holdfast.custody import models
from holdfast.custody.control_plane import ControlPlane
from holdfast.custody.health import signer_health
from holdfast.errors import HoldfastError
from holdfast.signer import (
    MAX_FREEZES_EACH,
    FreezeRequest,
    FreezeShow,
    LiftRequest,
    SignerUnavailable,
    Status,
)
from holdfast.store import transaction

log = structlog.get_logger()

Answer = TypeVar("Answer")

MAX_LEARNED = 32
"""How many freezes one signer is asked to show at a time."""

BUDGET_S = 5.0
"""How long one signer may take to show them."""


def spread_freezes(plane: ControlPlane) -> int:
    """Hand on what is known, learn what signers show beyond it, hand that on too; returns how many were new.

    What one signer shows is handed on as soon as it has: one that is slow, or shows nothing, keeps nothing from others.
    """
    statuses = _statuses(plane)
    _hand_on_to_all(plane, statuses)
    new = 0
    for shown in _each_at_once(statuses, lambda status: _shown_by(plane, status)):
        learned = sum(_learn(plane, request) for request in shown)
        if learned:
            new += learned
            _hand_on_to_all(plane, statuses)
    return new


def standing_freezes(plane: ControlPlane) -> tuple[FreezeOrder, ...]:
    """What a lift should name: the log's freezes that no lift has ended, then what signers show that is in no log.

    That is of somebody who has left since, and stands where it was given; or it is made up. Signers take turns, so that
    one which makes up any number leaves room for what the others show.
    """
    spread_freezes(plane)
    with transaction(plane.engine) as connection:
        orders = {freeze: each.order for freeze, each in _in_force(connection).items()}
    for turn in itertools.zip_longest(*_each_at_once(_statuses(plane), lambda status: _shown_by(plane, status))):
        for shown in turn:
            if shown is not None:
                orders.setdefault(shown.order.digest(), shown.order)
    return tuple(orders.values())


def is_frozen(plane: ControlPlane) -> bool:
    """Whether a freeze that the log has is not lifted; a signer's word alone does not count."""
    with transaction(plane.engine) as connection:
        return connection.execute(_NOT_LIFTED.limit(1)).one_or_none() is not None


def record_lift(plane: ControlPlane, request: LiftRequest) -> None:
    """Keep that a quorum has lifted these freezes, and log it once; signers are handed it as long as they lack it.

    :raises AuthorityError: not approved by those who may under the roster in force.
    """
    require_lift(request.lift, request.approvals, plane.roster, plane.genesis.digest())
    lift, now_s = request.lift, plane.clock.now_s()
    with transaction(plane.engine) as connection:
        lifted = _lifted(connection)
        for freeze in lift.lifted():
            # The newest approvals: those of before may be of somebody who has left.
            table = models.lifted_freezes
            if freeze in lifted:
                connection.execute(table.update().where(table.c.freeze == freeze).values(request=request.encoded()))
            else:
                connection.execute(insert(table).values(freeze=freeze, request=request.encoded(), at_s=now_s))
        if not set(lift.lifted()) <= lifted.keys():
            append(connection, FreezeLifted(lift.digest(), lift.lifted(), lift.reason), now_s)


def _statuses(plane: ControlPlane) -> list[Status]:
    return [health.status for health in signer_health(plane) if health.status is not None]


def _each_at_once(statuses: Iterable[Status], ask: Callable[[Status], Answer]) -> Iterator[Answer]:
    """Ask all signers at the same time; their answers as they come, for a few seconds in all."""
    answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
    asked = list(statuses)
    for status in asked:
        # Daemons: a signer that never answers must not keep the process from ending.
        threading.Thread(target=lambda status=status: answers.put(ask(status)), daemon=True).start()
    deadline = time.monotonic() + BUDGET_S
    for _ in asked:
        try:
            yield answers.get(timeout=max(deadline - time.monotonic(), 0))
        except queue.Empty:
            return


def _shown_by(plane: ControlPlane, status: Status) -> tuple[FreezeRequest, ...]:
    """What a signer shows of the freezes that it says are in force, beyond the log and all lifts.

    It ends with the first that the signer does not show: there is no reason why it could not.
    """
    shown: list[FreezeRequest] = []
    try:
        with transaction(plane.engine) as connection:
            known = _seen(connection)
        deadline = time.monotonic() + BUDGET_S
        for freeze in [freeze for freeze in status.freezes if freeze not in known][:MAX_LEARNED]:
            request = _shown(plane, status.signer, freeze)
            if request is None or time.monotonic() > deadline:
                break
            shown.append(request)
    # Whatever goes wrong in this thread, an answer is due, or the signer would look slow instead of wrong.
    except Exception as fault:  # noqa: BLE001
        log.warning("custody.freezes_not_shown", signer=status.signer, fault=type(fault).__name__)
    return tuple(shown)


def _shown(plane: ControlPlane, signer: str, freeze: bytes) -> FreezeRequest | None:
    """The freeze of this digest, as a signer shows it; not verified yet."""
    asked = FreezeShow(freeze)
    try:
        (letter,) = plane.signer(signer).call(asked)
        shown = FreezeRequest.decoded(
            open_envelope(letter, plane.roster, Header(signer, EVERYONE, asked.digest(), 0, 0))
        )
    except (HoldfastError, ValueError) as fault:
        log.warning("custody.freeze_not_shown", signer=signer, freeze=freeze.hex()[:16], fault=type(fault).__name__)
        return None
    return shown if shown.order.digest() == freeze and shown.order.genesis == plane.genesis.digest() else None


def _learn(plane: ControlPlane, shown: FreezeRequest) -> bool:
    """Log a freeze that was shown, if an officer gave it and the log does not have it."""
    order, freeze, now_s = shown.order, shown.order.digest(), plane.clock.now_s()
    try:
        require_freeze(order, shown.approval, plane.roster, plane.genesis.digest())
    except HoldfastError as fault:
        log.warning("custody.freeze_not_valid", freeze=freeze.hex()[:16], code=fault.code)
        return False
    with transaction(plane.engine) as connection:
        # Another control plane, or another signer, may have shown it meanwhile.
        if freeze in _seen(connection):
            return False
        # No honest signer keeps more than so many by one person on one page.
        alike = [each for each in _in_force(connection).values() if each.approval.person == shown.approval.person]
        if sum(each.order.signer == order.signer for each in alike) >= MAX_FREEZES_EACH:
            return False
        append(connection, FreezeSet(freeze, shown.approval.person, order.signer, order.reason), now_s)
        connection.execute(insert(models.freezes).values(freeze=freeze, request=shown.encoded(), at_s=now_s))
    return True


def _hand_on_to_all(plane: ControlPlane, statuses: Iterable[Status]) -> None:
    with transaction(plane.engine) as connection:
        in_force, lifted = list(_in_force(connection).values()), _lifted(connection)
    lifts = {request.lift.digest(): request for request in lifted.values()}.values()
    for _ in _each_at_once(statuses, lambda status: _hand_on(plane, status, in_force, lifts)):
        pass


def _hand_on(
    plane: ControlPlane, status: Status, in_force: Iterable[FreezeRequest], lifts: Iterable[LiftRequest]
) -> None:
    """Bring a signer what it lacks: every freeze that is in force, and the lift of what it still has in force."""
    missing: list[FreezeRequest | LiftRequest] = [
        request for request in in_force if request.order.digest() not in status.freezes
    ]
    missing += [request for request in lifts if set(request.lift.lifted()) & set(status.freezes)]
    for request in missing:
        try:
            plane.signer(status.signer).call(request)
        except SignerUnavailable:
            return
        except HoldfastError as refusal:
            log.info("custody.freeze_not_taken", signer=status.signer, code=refusal.code)


_NOT_LIFTED = select(models.freezes).where(models.freezes.c.freeze.not_in(select(models.lifted_freezes.c.freeze)))


def _in_force(connection: Connection) -> dict[bytes, FreezeRequest]:
    """The log's freezes that no lift has ended, the oldest first."""
    rows = connection.execute(_NOT_LIFTED.order_by(models.freezes.c.at_s, models.freezes.c.freeze)).all()
    return {bytes(row.freeze): FreezeRequest.decoded(bytes(row.request)) for row in rows}


def _seen(connection: Connection) -> set[bytes]:
    """The digests of all freezes that the log or a lift has."""
    tables = (models.freezes, models.lifted_freezes)
    return {bytes(freeze) for table in tables for freeze in connection.execute(select(table.c.freeze)).scalars()}


def _lifted(connection: Connection) -> dict[bytes, LiftRequest]:
    table = models.lifted_freezes
    rows = connection.execute(select(table)).all()
    return {bytes(row.freeze): LiftRequest.decoded(bytes(row.request)) for row in rows}
