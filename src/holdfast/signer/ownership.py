"""Ownership, the signer's side: at most one super-root an epoch, each bound to the one before, for ever.

A signature here says that the vault's signers hold its key, and that they have attested no other books of this venue
for this number, nor a higher number for an earlier time or block. It does not say that the books are true: signers do
not see them. Nor does it say which numbers the venue shows to whom.
"""

from sqlalchemy import Connection, insert, select

from holdfast.authority import NO_EPOCH, Envelope, EpochChainBroken, EpochHeader, Genesis, KeyOrder
from holdfast.clock import Clock
from holdfast.signer import models
from holdfast.signer.errors import EpochTaken, EpochTimeOff, EpochVenueForeign, QuorumInvalid
from holdfast.signer.home import SignerHome
from holdfast.signer.messages import Commitments, EpochShown, EpochsShow, OwnershipRequest
from holdfast.signer.signing import ROUND_COMMIT, Signings
from holdfast.signer.vaults import Vaults
from holdfast.store import transaction

OWNERSHIP_PATH: tuple[int, ...] = (2,)
"""The key that attests: a child of the group key beside the two chains of addresses (0 and 1), never one itself."""

CLOCK_TOLERANCE_S = 3_600
"""How far an epoch's time may be from the clock of a signer that is asked to attest it for the first time."""

SHOWN_HEADERS = 500
"""How many headers one letter shows: they fit a message, however long the venue's name."""


class Ownerships:
    """The epochs that one signer has attested."""

    def __init__(self, home: SignerHome, genesis: Genesis, vaults: Vaults, signings: Signings, clock: Clock) -> None:
        self._home = home
        self._genesis = genesis
        self._vaults = vaults
        self._signings = signings
        self._clock = clock

    def show(self, request: EpochsShow) -> tuple[Envelope, ...]:
        """The newest epoch that this signer is bound to (number 0 before the first), and headers after a number.

        By them a control plane that has lost its own records learns what may not be attested differently.
        """
        with transaction(self._home.engine) as connection:
            newest = newest_attested(connection)
            headers = _attested_after(connection, request.after)
        epoch, super_root = (newest.epoch, newest.super_root()) if newest else (0, NO_EPOCH)
        return (self._signings.letter(EpochShown(epoch, super_root, headers).encoded(), request.digest(), 0, 0),)

    def begin(self, request: OwnershipRequest) -> tuple[Envelope, ...]:
        """Bind the epochs shown, and commit to signing the last of them; shares follow as usual.

        :raises EpochVenueForeign: an epoch of another venue or network.
        :raises EpochChainBroken: the epochs do not follow one another and the newest attested here.
        :raises EpochTaken: another super-root is bound to one of them.
        :raises EpochTimeOff: the last of them is new here, and its time is far from this signer's clock.
        """
        now_s, session_id = self._clock.now_s(), request.session()
        with transaction(self._home.engine) as connection:
            key = self._vaults.get(connection, request.vault, request.committee_epoch)
            self._require_quorum(request, key.order)
            for header in request.headers:
                self._require_ours(header, key.order)
                new = bind_epoch(connection, header, now_s)
            # Those before it may be old: a signer that was away learns them only now.
            if new and abs(request.attested().at_s - now_s) > CLOCK_TOLERANCE_S:
                raise EpochTimeOff(
                    f"the epoch's time is {request.attested().at_s}, and the signer's clock says {now_s}"
                )
            session = self._signings.open_session(
                connection,
                session_id,
                key.share,
                quorum=request.quorum,
                order=key.order,
                hashes=(request.attested().ownership_message(),),
                paths=(OWNERSHIP_PATH,),
                request=None,
                now_s=now_s,
            )
        self._signings.keep(session_id, session)
        body = Commitments(session.commitments, None).encoded()
        return (self._signings.letter(body, session_id, ROUND_COMMIT, key.order.committee_epoch),)

    def _require_ours(self, header: EpochHeader, order: KeyOrder) -> None:
        if (header.venue, header.network) != (self._genesis.venue, order.network):
            raise EpochVenueForeign(f"this signer attests epochs of {self._genesis.venue} on {order.network} only")

    def _require_quorum(self, request: OwnershipRequest, order: KeyOrder) -> None:
        distinct = set(request.quorum)
        if not len(request.quorum) == len(distinct) == order.threshold or not distinct <= set(order.members):
            raise QuorumInvalid(f"an attestation needs {order.threshold} distinct members")
        if self._home.identity.name not in request.quorum:
            raise QuorumInvalid(f"{self._home.identity.name} is not in this quorum")


def newest_attested(connection: Connection) -> EpochHeader | None:
    """The newest epoch that is bound here, or None before the first."""
    table = models.attested_epochs
    newest = connection.execute(select(table.c.header).order_by(table.c.epoch.desc()).limit(1)).scalar()
    return None if newest is None else EpochHeader.decoded(bytes(newest))


def _attested_after(connection: Connection, epoch: int) -> tuple[EpochHeader, ...]:
    table = models.attested_epochs
    later = select(table.c.header).where(table.c.epoch > epoch).order_by(table.c.epoch).limit(SHOWN_HEADERS)
    return tuple(EpochHeader.decoded(bytes(row.header)) for row in connection.execute(later))


def bind_epoch(connection: Connection, header: EpochHeader, now_s: int) -> bool:
    """Bind an epoch to its super-root for ever; whether it was new here. The same again changes nothing.

    :raises EpochTaken: it is bound to another.
    :raises EpochChainBroken: it is new here, and does not follow the newest that is bound.
    """
    table, super_root = models.attested_epochs, header.super_root()
    bound = connection.execute(select(table.c.super_root).where(table.c.epoch == header.epoch)).scalar()
    if bound == super_root:
        return False
    if bound is not None:
        raise EpochTaken(f"epoch {header.epoch} is bound to another super-root here, for ever")
    newest = newest_attested(connection)
    if newest is not None:
        header.require_follows(newest)
    elif header.epoch != 1:
        raise EpochChainBroken(f"epoch {header.epoch} is not the first, and this signer has attested none")
    connection.execute(
        insert(table).values(epoch=header.epoch, super_root=super_root, header=header.encoded(), at_s=now_s)
    )
    return True
