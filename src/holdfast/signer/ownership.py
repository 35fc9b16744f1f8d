"""Ownership, the signer's side: at most one super-root an epoch, each bound to the one before, for ever.

A signature here says that the vault's signers hold its key, and that they have attested no other books of this venue
for this epoch. It does not say that the books are true: signers do not see them.
"""

from sqlalchemy import Connection, insert, select

from holdfast.authority import NO_EPOCH, Envelope, EpochHeader, Genesis, KeyOrder
from holdfast.clock import Clock
from holdfast.signer import models
from holdfast.signer.errors import EpochChainBroken, EpochTaken, EpochVenueForeign, QuorumInvalid
from holdfast.signer.home import SignerHome
from holdfast.signer.messages import Commitments, EpochShown, EpochsShow, OwnershipRequest
from holdfast.signer.records import freeze_in_force
from holdfast.signer.signing import ROUND_COMMIT, Signings
from holdfast.signer.vaults import Vaults
from holdfast.store import transaction

OWNERSHIP_PATH: tuple[int, ...] = (2,)
"""The key that attests: a child of the group key beside the two chains of addresses (0 and 1), never one itself."""


class Ownerships:
    """The epochs that one signer has attested."""

    def __init__(self, home: SignerHome, genesis: Genesis, vaults: Vaults, signings: Signings, clock: Clock) -> None:
        self._home = home
        self._genesis = genesis
        self._vaults = vaults
        self._signings = signings
        self._clock = clock

    def show(self, request: EpochsShow) -> tuple[Envelope, ...]:
        """The newest epoch that this signer is bound to; number 0 before the first."""
        with transaction(self._home.engine) as connection:
            epoch, super_root = newest_attested(connection)
        return (self._signings.letter(EpochShown(epoch, super_root).encoded(), request.digest(), 0, 0),)

    def begin(self, request: OwnershipRequest) -> tuple[Envelope, ...]:
        """Bind the epochs shown, and commit to signing the last of them; shares follow as usual.

        :raises EpochVenueForeign: an epoch of another venue or network.
        :raises EpochChainBroken: the epochs do not follow one another and the newest attested here.
        :raises EpochTaken: another super-root is bound to one of them.
        """
        now_s, session_id = self._clock.now_s(), request.session()
        with transaction(self._home.engine) as connection:
            key = self._vaults.get(connection, request.vault, request.committee_epoch)
            self._require_quorum(request, key.order)
            for header in request.headers:
                self._require_ours(header, key.order)
                bind_epoch(connection, header, now_s)
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
            freeze_version, _ = freeze_in_force(connection)
        self._signings.keep(session_id, session)
        body = Commitments(freeze_version, session.commitments, None).encoded()
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


def newest_attested(connection: Connection) -> tuple[int, bytes]:
    """Number and super-root of the newest epoch that is bound here; (0, zeros) before the first."""
    table = models.attested_epochs
    row = connection.execute(
        select(table.c.epoch, table.c.super_root).order_by(table.c.epoch.desc()).limit(1)
    ).one_or_none()
    return (row.epoch, row.super_root) if row else (0, NO_EPOCH)


def bind_epoch(connection: Connection, header: EpochHeader, now_s: int) -> None:
    """Bind an epoch to its super-root for ever; the same again changes nothing.

    :raises EpochTaken: it is bound to another.
    :raises EpochChainBroken: it is new here, and does not follow the newest that is bound.
    """
    table, super_root = models.attested_epochs, header.super_root()
    bound = connection.execute(select(table.c.super_root).where(table.c.epoch == header.epoch)).scalar()
    if bound == super_root:
        return
    if bound is not None:
        raise EpochTaken(f"epoch {header.epoch} is bound to another super-root here, for ever")
    newest, previous = newest_attested(connection)
    if (header.epoch, header.previous) != (newest + 1, previous):
        raise EpochChainBroken(f"epoch {header.epoch} does not follow epoch {newest}, the newest attested here")
    connection.execute(
        insert(table).values(epoch=header.epoch, super_root=super_root, header=header.encoded(), at_s=now_s)
    )
