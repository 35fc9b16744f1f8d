"""Freeze orders, sanctions lists, checkpoints: what a signer adopts from outside, and only forwards."""

from holdfast.audit import cosign
from holdfast.authority import FreezeOrderInvalid, Genesis, Roster, require_freeze, require_lift
from holdfast.screening import require_newer, require_signed
from holdfast.signer.checks import require_extension
from holdfast.signer.home import SignerHome
from holdfast.signer.messages import Cosigned, CosignRequest, FreezeRequest, FreezeShow, LiftRequest, ListRequest
from holdfast.signer.records import (
    find_freeze,
    freezes_in_force,
    is_lifted,
    last_cosigned,
    newest_list,
    record_cosigned,
    record_freeze,
    record_lift,
    record_list,
)
from holdfast.signer.waiting import forget_lifts
from holdfast.store import transaction

MAX_FREEZES_EACH = 16
"""How many freezes by one officer, given on one signer's page, are in force at a signer at most."""


def adopt_freeze(home: SignerHome, genesis: Genesis, roster: Roster, request: FreezeRequest, now_s: int) -> None:
    """Freeze by one officer's word; the same again changes nothing.

    :raises FreezeOrderInvalid: for another genesis, or lifted before; or one more by an officer of whom
        :data:`MAX_FREEZES_EACH` are in force here.
    :raises AuthorityError: not an officer's word.
    """
    person, freeze = request.approval.person, request.order.digest()
    with transaction(home.engine) as connection:
        require_freeze(request.order, request.approval, roster, genesis.digest())
        if is_lifted(connection, freeze):
            raise FreezeOrderInvalid("a quorum has lifted this very freeze")
        if find_freeze(connection, freeze) is not None:
            return
        # None gives way to a newer one: an old one that the relay kept back, and then its lift, would undo the newer.
        # So of each page apart: what a relay hands over from others' leaves an officer room for one given here.
        if len(freezes_in_force(connection, person, request.order.signer)) >= MAX_FREEZES_EACH:
            raise FreezeOrderInvalid(f"{MAX_FREEZES_EACH} freezes by {person} on one page are in force already")
        record_freeze(connection, request, now_s)


def adopt_lift(home: SignerHome, genesis: Genesis, roster: Roster, request: LiftRequest, now_s: int) -> None:
    """Lift the freezes that a quorum names, known here or not; the same again changes nothing.

    :raises AuthorityError: for another genesis, or not approved by those who may.
    """
    with transaction(home.engine) as connection:
        require_lift(request.lift, request.approvals, roster, genesis.digest())
        record_lift(connection, request.lift, now_s)
        forget_lifts(connection, lambda freeze: is_lifted(connection, freeze))


def show_freeze(home: SignerHome, request: FreezeShow) -> FreezeRequest:
    """The freeze with a digest, so that nobody has to believe in it unseen.

    :raises FreezeOrderInvalid: none such is known here.
    """
    with transaction(home.engine) as connection:
        shown = find_freeze(connection, request.freeze)
    if shown is None:
        raise FreezeOrderInvalid(f"no freeze with the digest {request.freeze.hex()[:16]} is known here")
    return shown


def adopt_list(home: SignerHome, genesis: Genesis, request: ListRequest, now_s: int) -> None:
    """Adopt a newer sanctions list that the pinned compliance keys signed; the same again changes nothing.

    :raises ScreeningError: not signed by enough pinned keys, or not newer than the list in force.
    """
    with transaction(home.engine) as connection:
        require_signed(request.snapshot, genesis.screening_keys, genesis.screening_threshold)
        offered, known = request.snapshot.snapshot, newest_list(connection)
        if known is not None and known.snapshot == offered:
            return
        if known is not None:
            require_newer(offered, known.snapshot.number)
        record_list(connection, request.snapshot, now_s)


def adopt_checkpoint(home: SignerHome, genesis: Genesis, request: CosignRequest, now_s: int) -> Cosigned:
    """Vouch for a log that extends the one last cosigned; the line is for anybody to check.

    :raises SignerError: another log, a smaller one, or another history.
    """
    with transaction(home.engine) as connection:
        size, root = last_cosigned(connection)
        checkpoint = require_extension(request.checkpoint, request.consistency, genesis, size, root)
        record_cosigned(connection, checkpoint, now_s)
    return Cosigned(cosign(request.checkpoint, home.identity.name, home.keys.signing, now_s))
