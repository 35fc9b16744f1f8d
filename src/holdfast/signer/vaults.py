"""The vault keys that one signer holds a share of: opened when needed, derived by path, never by a given tweak."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from holdfast.authority import Genesis, KeyCertificate, KeyOrder
from holdfast.keys import GroupKey, KeyShare, unseal_share
from holdfast.signer import models
from holdfast.signer.errors import CommitteeEpochUnknown
from holdfast.signer.home import SignerHome
from holdfast.signer.messages import ActiveKey
from holdfast.signer.records import active_certificate

MAX_OPEN_SHARES = 64
"""How many opened shares one signer keeps in memory; beyond it the oldest is dropped and unsealed again."""


@dataclass(frozen=True)
class VaultKey:
    """A vault's active key as this signer holds it."""

    order: KeyOrder
    certificate: KeyCertificate
    group_key: GroupKey
    share: KeyShare

    def output_key(self, path: tuple[int, ...]) -> bytes:
        """The 32-byte taproot output key at ``path``, derived from this signer's own key package."""
        return self.group_key.output_key(list(path))


def share_context(genesis: Genesis, order: KeyOrder, session: bytes, signer: str) -> bytes:
    """What a sealed share is bound to: it opens nowhere else."""
    return b"/".join((b"holdfast/share", genesis.digest(), order.digest(), session, signer.encode()))


class Vaults:
    """Active keys by vault and committee epoch, unsealed once and kept opaque."""

    def __init__(self, home: SignerHome, genesis: Genesis) -> None:
        self._home = home
        self._genesis = genesis
        self._open: dict[tuple[str, int], VaultKey] = {}

    def get(self, connection: Connection, vault: str, committee_epoch: int) -> VaultKey:
        """The active key, or :class:`CommitteeEpochUnknown`."""
        known = self._open.get((vault, committee_epoch))
        if known is not None:
            return known
        certificate = active_certificate(connection, vault, committee_epoch)
        if certificate is None:
            raise CommitteeEpochUnknown(f"no active key for {vault[:60]!r} in epoch {committee_epoch}")
        table = models.certificates
        session = connection.execute(
            select(table.c.session).where(table.c.vault == vault, table.c.committee_epoch == committee_epoch)
        ).scalar_one()
        share = self.pending_share(connection, session)
        key = VaultKey(certificate.order, certificate, share.group_key, share)
        while len(self._open) >= MAX_OPEN_SHARES:
            self._open.pop(next(iter(self._open)))
        self._open[(vault, committee_epoch)] = key
        return key

    def pending_share(self, connection: Connection, session: bytes) -> KeyShare:
        """The share that a ceremony gave, whether certified yet or not."""
        row = connection.execute(select(models.keys).where(models.keys.c.session == session)).one_or_none()
        if row is None:
            raise CommitteeEpochUnknown("no key of this ceremony is stored here")
        order = KeyOrder.decoded(row.key_order)
        context = share_context(self._genesis, order, session, self._home.identity.name)
        return unseal_share(self._home.sealer, row.sealed_share, context)

    def active_keys(self, connection: Connection) -> tuple[ActiveKey, ...]:
        """All keys in use, in the order of vault and epoch."""
        table = models.certificates
        rows = connection.execute(select(table).order_by(table.c.vault, table.c.committee_epoch)).all()
        return tuple(
            ActiveKey(row.vault, row.committee_epoch, KeyCertificate.decoded(row.certificate).digest()) for row in rows
        )
