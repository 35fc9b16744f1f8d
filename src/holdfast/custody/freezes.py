"""Freezes: an officer sets one at any signer's page; the relay hands it on to the others, and the log keeps it.

A freeze is known by its digest, and so is what a lift ends. What a signer claims is never believed: only freezes that
it can show, approved by those who may, count.
"""

import contextlib
from collections.abc import Iterable, Iterator

import structlog
from sqlalchemy import Connection, insert, select

from holdfast.audit import FreezeLifted, FreezeSet, append
from holdfast.authority import EVERYONE, FreezeOrder, Header, open_envelope, require_freeze, require_lift
from holdfast.custody import models
from holdfast.custody.control_plane import ControlPlane
from holdfast.custody.health import signer_health
from holdfast.errors import HoldfastError
from holdfast.signer import FreezeRequest, FreezeShow, LiftRequest, SignerRefused, SignerUnavailable, Status
from holdfast.store import transaction

log = structlog.get_logger()

MAX_LEARNED = 32
"""How many freezes one signer is asked to show at a time."""


def spread_freezes(plane: ControlPlane) -> int:
    """Learn the freezes that signers can show, put them into the log, hand all on; returns how many were new."""
    statuses = _statuses(plane)
    new = sum(_learn(plane, shown) for shown in _shown_by_all(plane, statuses))
    with transaction(plane.engine) as connection:
        known, lifted = _known(connection), _lifted(connection)
    for status in statuses:
        _hand_on(plane, status, [request for freeze, request in known.items() if freeze not in lifted], lifted.values())
    return new


def standing_freezes(plane: ControlPlane) -> tuple[FreezeOrder, ...]:
    """The freezes that some signer which answers says are in force, the oldest first; those in the log before others.

    Also one that is in no log, because whoever gave it has left since: it stands where it was given until it is lifted.
    """
    spread_freezes(plane)
    statuses = _statuses(plane)
    said = {freeze for status in statuses for freeze in status.freezes}
    with transaction(plane.engine) as connection:
        orders = {freeze: request.order for freeze, request in _known(connection).items() if freeze in said}
    for shown in _shown_by_all(plane, statuses):
        orders.setdefault(shown.order.digest(), shown.order)
    return tuple(orders.values())


def is_frozen(plane: ControlPlane) -> bool:
    """Whether a freeze that the log has is not lifted; a signer's word alone does not count."""
    with transaction(plane.engine) as connection:
        return not _known(connection).keys() <= _lifted(connection).keys()


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


def _shown_by_all(plane: ControlPlane, statuses: Iterable[Status]) -> Iterator[FreezeRequest]:
    """What signers show of the freezes that they say are in force, and that neither the log nor a lift has."""
    with transaction(plane.engine) as connection:
        known = _known(connection).keys() | _lifted(connection).keys()
    for status in statuses:
        for freeze in [freeze for freeze in status.freezes if freeze not in known][:MAX_LEARNED]:
            shown = _shown(plane, status.signer, freeze)
            if shown is not None:
                yield shown


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
        if freeze in _known(connection):
            return False
        append(connection, FreezeSet(freeze, shown.approval.person, order.signer, order.reason), now_s)
        connection.execute(insert(models.freezes).values(freeze=freeze, request=shown.encoded(), at_s=now_s))
    return True


def _hand_on(
    plane: ControlPlane, status: Status, in_force: Iterable[FreezeRequest], lifts: Iterable[LiftRequest]
) -> None:
    """Bring a signer what it lacks: every freeze that is in force, and the lift of what it still has in force."""
    missing: list[FreezeRequest | LiftRequest] = [
        request for request in in_force if request.order.digest() not in status.freezes
    ]
    missing += {
        request.lift.digest(): request for request in lifts if set(request.lift.lifted()) & set(status.freezes)
    }.values()
    for request in missing:
        with contextlib.suppress(SignerUnavailable, SignerRefused):
            plane.signer(status.signer).call(request)


def _known(connection: Connection) -> dict[bytes, FreezeRequest]:
    table = models.freezes
    rows = connection.execute(select(table).order_by(table.c.at_s, table.c.freeze)).all()
    return {bytes(row.freeze): FreezeRequest.decoded(bytes(row.request)) for row in rows}


def _lifted(connection: Connection) -> dict[bytes, LiftRequest]:
    table = models.lifted_freezes
    rows = connection.execute(select(table)).all()
    return {bytes(row.freeze): LiftRequest.decoded(bytes(row.request)) for row in rows}
