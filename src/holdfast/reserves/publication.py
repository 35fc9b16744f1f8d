"""Publishing an epoch: prepared, attested, written out, recorded, and only then given its name.

Each step can be interrupted and is gone on with by the next call. What is not under its number is not published.
"""

from dataclasses import replace
from importlib import resources
from pathlib import Path

import structlog
from sqlalchemy import select, update

from holdfast.audit import ReservesPublished, append
from holdfast.authority import EpochHeader
from holdfast.reserves import models
from holdfast.reserves.archive import opened_archive
from holdfast.reserves.attestation import attest
from holdfast.reserves.errors import EpochFolderDamaged
from holdfast.reserves.files import PUBLIC_MODE, move_durably, sole_publisher, sync_folder, write_durably
from holdfast.reserves.manifest import ListedVault, Manifest
from holdfast.reserves.preparation import PREPARED, PRIVATE, known_headers, prepare_epoch, take_number
from holdfast.reserves.types import EpochView, House
from holdfast.reserves.views import MANIFEST, PUBLIC, epoch_view
from holdfast.store import snapshot, transaction

log = structlog.get_logger()

ABANDONED = ".abandoned"

PUBLISHED_FILES = ("SPEC.md", "verify.css", "verify.html", "verify.js", "verify_reserves.py")
"""What is published beside every manifest: the format, and two verifiers that need nothing of ours."""


def publish_epoch(house: House, directory: Path) -> EpochView:
    """Publish the next epoch in ``directory/<number>/``, or finish the one that is prepared.

    :raises NothingToProve, CoinsInsufficient: nothing was prepared.
    :raises AttestationUnavailable, AttestationRefused: it stays prepared; the next call goes on with it.
    :raises BlockNotFollowed: the followed chain does not reach the block to count coins at.
    :raises EpochBusy: another process is publishing.
    """
    with sole_publisher(directory):
        return _finish(house, directory, _prepared(house, directory) or prepare_epoch(house, directory))


def attest_epoch(house: House, directory: Path) -> EpochView | None:
    """Finish the epoch that is prepared, if one is; none is begun."""
    with sole_publisher(directory):
        prepared = _prepared(house, directory)
        return None if prepared is None else _finish(house, directory, prepared)


def _prepared(house: House, directory: Path) -> Path | None:
    """The folder of the epoch that is prepared; one whose block the chain has replaced is given up."""
    for prepared in sorted(directory.glob(f"*{PREPARED}")):
        with opened_archive(prepared / PRIVATE) as archive, snapshot(house.engine) as connection:
            header = archive.header
            holdings = house.holdings(connection, header.height)
        if holdings.block.hash == header.block_hash.hex():
            return prepared
        # Its number stays taken: a signer may have attested it, and it was true when it did.
        take_number(house, header)
        move_durably(prepared, prepared.with_suffix(ABANDONED))
        log.warning("reserves.epoch_abandoned", epoch=header.epoch, height=header.height)
    return None


def _finish(house: House, directory: Path, prepared: Path) -> EpochView:
    with opened_archive(prepared / PRIVATE) as archive:
        header, unsigned = archive.header, archive.unsigned()
    take_number(house, header)
    manifest = Manifest(header, _attested(house, unsigned))
    manifest.require_consistent()
    try:
        _write_public(prepared / PUBLIC, manifest.encoded())
        _record(house, header)
        move_durably(prepared, directory / str(header.epoch))
    except OSError as fault:
        raise EpochFolderDamaged(f"{prepared} cannot be published: {fault.strerror}") from None
    return epoch_view(directory, header.epoch)


def _attested(house: House, unsigned: Manifest) -> tuple[ListedVault, ...]:
    """The manifest's vaults, each with its signers' attestation."""
    header = unsigned.header
    with snapshot(house.engine) as connection:
        held = house.holdings(connection, header.height).vaults
        chain = [each for each in known_headers(connection) if each.epoch <= header.epoch]
    certificates = {vault.certificate.order.vault: vault.certificate for vault in held}
    signed = []
    for vault in unsigned.vaults:
        certificate = certificates[vault.name]
        clients = house.signers(certificate.order.members)
        signed.append(replace(vault, signature=attest(clients, house.roster, certificate, chain)))
    return tuple(signed)


def _write_public(public: Path, manifest: bytes) -> None:
    public.mkdir(mode=0o755, exist_ok=True)
    write_durably(public / MANIFEST, manifest, PUBLIC_MODE)
    sources = resources.files("holdfast.reserves") / "published"
    for name in PUBLISHED_FILES:
        write_durably(public / name, (sources / name).read_bytes(), PUBLIC_MODE)
    sync_folder(public)
    sync_folder(public.parent)


def _record(house: House, header: EpochHeader) -> None:
    """Say in the database and in the audit log that the epoch is published, once."""
    table, now_s = models.epochs, house.clock.now_s()
    with transaction(house.engine) as connection:
        this = select(table.c.published_at_s).where(table.c.epoch == header.epoch)
        if connection.execute(this).scalar_one() is not None:
            return
        sequence = append(connection, ReservesPublished(header.epoch, header.super_root(), header.encoded()), now_s)
        connection.execute(
            update(table).where(table.c.epoch == header.epoch).values(published_at_s=now_s, log_sequence=sequence)
        )
