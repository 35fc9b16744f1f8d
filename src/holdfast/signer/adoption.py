"""Freeze orders, sanctions lists, checkpoints: what a signer adopts from outside, and only forwards."""

from holdfast.audit import cosign
from holdfast.authority import FreezeOrderInvalid, Genesis, Roster, require_freeze_order
from holdfast.screening import require_newer, require_signed
from holdfast.signer.checks import require_extension
from holdfast.signer.home import SignerHome
from holdfast.signer.messages import Cosigned, CosignRequest, FreezeRequest, FreezeShow, ListRequest
from holdfast.signer.records import (
    freeze_in_force,
    last_cosigned,
    newest_list,
    next_freeze,
    record_cosigned,
    record_freeze,
    record_list,
)
from holdfast.store import transaction

MAX_FREEZE_VERSION = 2**63 - 1
"""What a database's integer holds."""


def adopt_freeze(home: SignerHome, genesis: Genesis, roster: Roster, request: FreezeRequest, now_s: int) -> None:
    """Freeze by one officer's word, or lift by a quorum's.

    :raises AuthorityError: not newer than what is known, or not approved by those who may.
    """
    with transaction(home.engine) as connection:
        highest, _ = freeze_in_force(connection)
        require_freeze_order(request.order, request.approvals, roster, genesis.digest(), highest)
        record_freeze(connection, request, now_s)


def show_freeze(home: SignerHome, request: FreezeShow) -> FreezeRequest:
    """The next freeze order that this signer knows of, so that nobody has to believe it unseen.

    :raises FreezeOrderInvalid: none after that version is known here.
    """
    if not 0 <= request.after <= MAX_FREEZE_VERSION:
        raise FreezeOrderInvalid("no freeze order has such a version")
    with transaction(home.engine) as connection:
        shown = next_freeze(connection, request.after)
    if shown is None:
        raise FreezeOrderInvalid(f"no freeze order after {request.after} is known here")
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
