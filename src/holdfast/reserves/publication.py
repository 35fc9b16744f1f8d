"""Publishing an epoch: prepared, attested, written out, recorded, and only then given its name.

Each step can be interrupted and is gone on with by the next call. What is not under its number is not published.
"""

from dataclasses import replace
from importlib import resources
from pathlib import Path

import structlog

from holdfast.authority import EpochHeader
from holdfast.errors import HoldfastError
from holdfast.reserves.archive import opened_archive
from holdfast.reserves.attestation import attest
from holdfast.reserves.errors import AttestationUnavailable, EpochFolderDamaged
from holdfast.reserves.files import PUBLIC_MODE, move_durably, sole_publisher, sync_folder, write_durably
from holdfast.reserves.manifest import ListedVault, Manifest
from holdfast.reserves.numbers import is_published, known_epochs, record_published, take_number
from holdfast.reserves.preparation import ABANDONED, PREPARED, PRIVATE, listed_vaults, prepare_epoch
from holdfast.reserves.relearning import relearn
from holdfast.reserves.types import EpochView, House
from holdfast.reserves.views import MANIFEST, PUBLIC, epoch_view, read_manifest
from holdfast.signer import CLOCK_TOLERANCE_S
from holdfast.store import snapshot

log = structlog.get_logger()

PUBLISHED_FILES = ("SPEC.md", "verify-page.js", "verify.css", "verify.html", "verify.js", "verify_reserves.py")
"""What is published beside every manifest: the format, and two verifiers that need nothing of ours."""


def publish_epoch(house: House, directory: Path) -> EpochView:
    """Publish the next epoch in ``directory/<number>/``, or finish the one that is prepared.

    :raises NothingToProve, CoinsInsufficient, EpochNotLater: nothing was prepared.
    :raises AttestationUnavailable, AttestationRefused: it stays prepared; the next call goes on with it.
    :raises EpochConflict: another control plane took its number; the next call gives it up.
    :raises BlockNotFollowed: the followed chain does not reach the block to count coins at.
    :raises EpochBusy: another process is publishing.
    """
    with sole_publisher(directory):
        relearn(house, directory)
        return _finish(house, directory, _prepared(house, directory) or prepare_epoch(house, directory))


def attest_epoch(house: House, directory: Path) -> EpochView | None:
    """Finish the epoch that is prepared, if one is; none is begun."""
    with sole_publisher(directory):
        relearn(house, directory)
        prepared = _prepared(house, directory)
        return None if prepared is None else _finish(house, directory, prepared)


def _prepared(house: House, directory: Path) -> Path | None:
    """The folder of the epoch that is prepared; one that can no longer be published is given up."""
    for prepared in sorted(directory.glob(f"*{PREPARED}")):
        with opened_archive(prepared / PRIVATE) as archive:
            unsigned = archive.unsigned()
        reason = _past_publishing(house, prepared, unsigned)
        if reason is None:
            return prepared
        _give_up(prepared, unsigned.header, reason)
    return None


def _past_publishing(house: House, prepared: Path, unsigned: Manifest) -> str | None:
    """Why the prepared epoch cannot be published any more, or None."""
    header = unsigned.header
    with snapshot(house.engine) as connection:
        if is_published(connection, header):
            # The log says so, whatever has become of it since.
            return None
        known = known_epochs(connection)
        holdings = house.holdings(connection, header.height)
    if header.epoch <= known.published or known.headers[header.epoch - 1 :] not in {(), (header,)}:
        return "another epoch has its number, or a later one"
    if unsigned.skipped != known.headers[known.published : header.epoch - 1]:
        return "the number before it was published meanwhile"
    if holdings.block.hash != header.block_hash.hex():
        return "the chain has replaced its block"
    if _keys(unsigned.vaults) != _keys(listed_vaults(holdings)):
        return "other vaults are in use"
    too_old = house.clock.now_s() - header.at_s > CLOCK_TOLERANCE_S
    return "signers attest no epoch that old" if too_old and _attested_before(prepared, unsigned) is None else None


def _keys(vaults: tuple[ListedVault, ...]) -> dict[str, bytes]:
    return {vault.name: vault.key for vault in vaults}


def _give_up(prepared: Path, header: EpochHeader, reason: str) -> None:
    """Move it aside. Its number stays taken: a signer may have attested it, and it was true when it did."""
    aside = prepared.with_suffix(ABANDONED)
    while aside.exists():
        aside = aside.with_name(f"{aside.name}-again")
    move_durably(prepared, aside)
    log.warning("reserves.epoch_abandoned", epoch=header.epoch, height=header.height, reason=reason)


def _finish(house: House, directory: Path, prepared: Path) -> EpochView:
    with opened_archive(prepared / PRIVATE) as archive:
        header, unsigned = archive.header, archive.unsigned()
    take_number(house, header)
    manifest = _attested_before(prepared, unsigned) or replace(unsigned, vaults=_attested(house, unsigned))
    manifest.require_consistent()
    try:
        _write_public(prepared / PUBLIC, manifest.encoded())
        record_published(house, header, manifest.before[0])
        move_durably(prepared, directory / str(header.epoch))
    except OSError as fault:
        raise EpochFolderDamaged(f"{prepared} cannot be published: {fault.strerror}") from None
    return epoch_view(directory, header.epoch)


def _attested_before(prepared: Path, unsigned: Manifest) -> Manifest | None:
    """The manifest that an interrupted run has had attested and written already, if it did."""
    try:
        manifest = Manifest.decoded(read_manifest(prepared))
        manifest.require_consistent()
    except HoldfastError:
        return None
    same = (manifest.header, manifest.skipped) == (unsigned.header, unsigned.skipped)
    return manifest if same else None


def _attested(house: House, unsigned: Manifest) -> tuple[ListedVault, ...]:
    """The manifest's vaults, each with its signers' attestation."""
    header = unsigned.header
    with snapshot(house.engine) as connection:
        held = house.holdings(connection, header.height).vaults
        chain = known_epochs(connection).headers[: header.epoch]
    certificates = {vault.certificate.order.vault: vault.certificate for vault in held}
    signed = []
    for vault in unsigned.vaults:
        if vault.name not in certificates:
            raise AttestationUnavailable(f"vault {vault.name} is no longer in use: publish again")
        certificate = certificates[vault.name]
        clients = house.signers(certificate.order.members)
        signed.append(replace(vault, signature=attest(clients, house.roster, certificate, chain)))
    return tuple(signed)


def _write_public(public: Path, manifest: bytes) -> None:
    public.mkdir(mode=0o755, exist_ok=True)
    sources = resources.files("holdfast.reserves") / "published"
    for name in PUBLISHED_FILES:
        write_durably(public / name, (sources / name).read_bytes(), PUBLIC_MODE)
    # Last: once it is there, the rest is.
    write_durably(public / MANIFEST, manifest, PUBLIC_MODE)
    sync_folder(public)
    sync_folder(public.parent)
