"""Freezes: an officer sets one at any signer's page; the relay hands it on to the others, and the log keeps it."""

import contextlib

from sqlalchemy import Connection, func, insert, select

from holdfast.audit import FreezeLifted, FreezeSet, append
from holdfast.authority import EVERYONE, Header, open_envelope, require_freeze_order
from holdfast.custody import models
from holdfast.custody.control_plane import ControlPlane
from holdfast.custody.errors import FreezeNotShown
from holdfast.custody.health import signer_health
from holdfast.errors import HoldfastError
from holdfast.signer import FreezeRequest, FreezeShow, SignerRefused, SignerUnavailable
from holdfast.store import transaction

MAX_FREEZE_ORDERS = 32
"""How many missed freeze orders one signer is handed at a time."""


def shown_freeze(plane: ControlPlane, herald: str, after: int) -> FreezeRequest:
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
        raise FreezeNotShown(f"{herald} shows no freeze order after {after}: {type(fault).__name__}") from None
    return shown


def hand_on_freezes(plane: ControlPlane, name: str, version: int, newest: int, herald: str) -> None:
    """Hand a signer each order that it has missed, in turn: a lift is valid only right after what it lifts.

    :raises FreezeNotShown: the herald speaks of an order that it cannot show.
    """
    for _ in range(MAX_FREEZE_ORDERS):
        if version >= newest:
            return
        shown = shown_freeze(plane, herald, version)
        version = shown.order.version
        with contextlib.suppress(SignerUnavailable, SignerRefused):
            plane.signer(name).call(shown)
    raise FreezeNotShown(f"{herald} speaks of freeze order {newest} and has too many before it")


def spread_freezes(plane: ControlPlane) -> int:
    """Hand on what some signer knows and others do not, and put it into the log; returns how many orders were new."""
    versions = {
        health.name: health.status.freeze_version for health in signer_health(plane) if health.status is not None
    }
    if not versions:
        return 0
    new, newest = 0, max(versions.values())
    herald = next(name for name, version in versions.items() if version == newest)
    for name, version in versions.items():
        with contextlib.suppress(FreezeNotShown):
            hand_on_freezes(plane, name, version, newest, herald)
    with transaction(plane.engine) as connection:
        logged = _logged(connection)
    while logged < newest:
        shown = shown_freeze(plane, herald, logged)
        with transaction(plane.engine) as connection:
            logged = max(_logged(connection), logged)
            if logged < shown.order.version:
                _log(plane, connection, shown)
                logged, new = shown.order.version, new + 1
    return new


def _logged(connection: Connection) -> int:
    return connection.execute(select(func.max(models.freeze_orders.c.version))).scalar() or 0


def _log(plane: ControlPlane, connection: Connection, shown: FreezeRequest) -> None:
    order, now_s = shown.order, plane.clock.now_s()
    person = shown.approvals[0].person
    append(connection, (FreezeSet if order.frozen else FreezeLifted)(order.version, person), now_s)
    connection.execute(insert(models.freeze_orders).values(version=order.version, request=shown.encoded(), at_s=now_s))
