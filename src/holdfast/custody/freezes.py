"""Freezes: an officer sets one at any signer's page; the relay hands it on to the others, and the log keeps it.

What a signer claims is never believed: only orders that it can show, approved by those who may, count.
"""

import contextlib
from collections.abc import Mapping

import structlog
from sqlalchemy import Connection, func, insert, select

from holdfast.audit import FreezeLifted, FreezeSet, append
from holdfast.authority import EVERYONE, Header, open_envelope, require_freeze_order
from holdfast.custody import models
from holdfast.custody.control_plane import ControlPlane
from holdfast.custody.errors import FreezeNotShown
from holdfast.custody.health import signer_health
from holdfast.errors import HoldfastError
from holdfast.signer import FreezeRequest, FreezeShow, SignerRefused, SignerUnavailable, Status
from holdfast.store import transaction

log = structlog.get_logger()

MAX_FREEZE_ORDERS = 32
"""How many orders one signer is asked for at a time."""


def spread_freezes(plane: ControlPlane) -> int:
    """Learn the orders that signers can show, put them into the log, hand on the newest; returns how many were new."""
    statuses = {health.name: health.status for health in signer_health(plane) if health.status is not None}
    new = 0
    for herald, status in sorted(statuses.items(), key=lambda item: -item[1].freeze_version):
        with contextlib.suppress(FreezeNotShown):
            new += _learn(plane, herald, status.freeze_version)
    _hand_on(plane, statuses)
    return new


def _learn(plane: ControlPlane, herald: str, claimed: int) -> int:
    """Log what one signer can show beyond what the log has."""
    new = 0
    for _ in range(MAX_FREEZE_ORDERS):
        with transaction(plane.engine) as connection:
            logged = _newest(connection)
        if logged >= claimed:
            break
        shown = _shown(plane, herald, logged)
        with transaction(plane.engine) as connection:
            # Another control plane may have logged it meanwhile.
            if _newest(connection) < shown.order.version:
                _log(plane, connection, shown)
                new += 1
    return new


def _shown(plane: ControlPlane, herald: str, after: int) -> FreezeRequest:
    """The first freeze order beyond the version ``after`` that a signer can show, verified.

    :raises FreezeNotShown: it shows none that holds.
    """
    asked = FreezeShow(after)
    try:
        (letter,) = plane.signer(herald).call(asked)
        place = Header(herald, EVERYONE, asked.digest(), 0, 0)
        shown = FreezeRequest.decoded(open_envelope(letter, plane.roster, place))
        require_freeze_order(shown.order, shown.approvals, plane.roster, plane.genesis.digest(), after)
    except (HoldfastError, ValueError) as fault:
        log.warning("custody.freeze_not_shown", signer=herald, after=after, fault=type(fault).__name__)
        raise FreezeNotShown(f"{herald} shows no freeze order after {after}: {type(fault).__name__}") from None
    return shown


def _newest(connection: Connection) -> int:
    return connection.execute(select(func.max(models.freeze_orders.c.version))).scalar() or 0


def _log(plane: ControlPlane, connection: Connection, shown: FreezeRequest) -> None:
    order, now_s = shown.order, plane.clock.now_s()
    person = shown.approvals[0].person
    append(connection, (FreezeSet if order.frozen else FreezeLifted)(order.version, person), now_s)
    connection.execute(insert(models.freeze_orders).values(version=order.version, request=shown.encoded(), at_s=now_s))


def newest_freeze(connection: Connection) -> FreezeRequest | None:
    """The newest order that the log has; a freeze, or a lift."""
    table = models.freeze_orders
    encoded = connection.execute(select(table.c.request).order_by(table.c.version.desc()).limit(1)).scalar()
    return None if encoded is None else FreezeRequest.decoded(bytes(encoded))


def _hand_on(plane: ControlPlane, statuses: Mapping[str, Status]) -> None:
    """Bring every signer to the newest state: frozen by the newest freeze, or free by the lift that followed it.

    A signer that never knew of a freeze needs no lift of it.
    """
    with transaction(plane.engine) as connection:
        newest = newest_freeze(connection)
        lifted = None if newest is None or newest.order.frozen else _order_at(connection, newest.order.version - 1)
    if newest is None:
        return
    for name, status in statuses.items():
        if status.freeze_version >= newest.order.version or (not newest.order.frozen and not status.frozen):
            continue
        # A lift is valid only right after what it lifts.
        for order in (lifted, newest) if lifted is not None else (newest,):
            with contextlib.suppress(SignerUnavailable, SignerRefused):
                plane.signer(name).call(order)


def _order_at(connection: Connection, version: int) -> FreezeRequest | None:
    table = models.freeze_orders
    encoded = connection.execute(select(table.c.request).where(table.c.version == version)).scalar()
    return None if encoded is None else FreezeRequest.decoded(bytes(encoded))
