"""Published epochs, read from their own manifests."""

from pathlib import Path

from holdfast.amounts import Amount
from holdfast.chains import BlockRef
from holdfast.reserves.errors import EpochFolderDamaged, EpochUnknown
from holdfast.reserves.files import read_bounded
from holdfast.reserves.manifest import MAX_MANIFEST_BYTES, Manifest
from holdfast.reserves.types import AssetCover, EpochView

RESERVES = "reserves"
PUBLIC = "public"
MANIFEST = "manifest.json"


def reserves_directory(home: Path) -> Path:
    """Where a control plane's folder has its epochs."""
    return home / RESERVES


def epoch_numbers(directory: Path) -> list[int]:
    """The numbers of all published epochs, ascending."""
    if not directory.is_dir():
        return []
    names = (path.name for path in directory.iterdir() if path.is_dir())
    return sorted(int(name) for name in names if name.isascii() and name.isdigit() and name[0] != "0")


def epoch_views(directory: Path, limit: int | None = None) -> list[EpochView]:
    """The published epochs, newest first, at most ``limit``."""
    return [epoch_view(directory, number) for number in epoch_numbers(directory)[::-1][:limit]]


def newest_epoch(directory: Path) -> EpochView | None:
    """The newest published epoch, or None before the first."""
    return next(iter(epoch_views(directory, 1)), None)


def epoch_folder(directory: Path, epoch: int | None) -> Path:
    """The folder of an epoch, or of the newest.

    :raises EpochUnknown: no such epoch is published here.
    """
    numbers = epoch_numbers(directory)
    if not numbers:
        raise EpochUnknown("no epoch is published yet")
    number = numbers[-1] if epoch is None else epoch
    if number not in numbers:
        raise EpochUnknown(f"epoch {number} is not published here")
    return directory / str(number)


def public_folder(directory: Path, epoch: int) -> Path:
    """The folder with the files of a published epoch that are for everybody, none of them read.

    :raises EpochUnknown: no such epoch is published here.
    """
    return epoch_folder(directory, epoch) / PUBLIC


def read_manifest(folder: Path) -> bytes:
    """The manifest in an epoch's folder, as published.

    :raises EpochFolderDamaged: it cannot be read.
    """
    return read_bounded(folder / PUBLIC / MANIFEST, MAX_MANIFEST_BYTES)


def epoch_view(directory: Path, epoch: int | None = None) -> EpochView:
    """A published epoch, or the newest.

    :raises EpochUnknown: no such epoch is published here.
    :raises EpochFolderDamaged, DocumentMalformed, SuperRootMismatch: its manifest is missing, or was altered.
    """
    folder = epoch_folder(directory, epoch)
    manifest = Manifest.decoded(read_manifest(folder))
    if str(manifest.header.epoch) != folder.name:
        raise EpochFolderDamaged(f"{folder} has the manifest of epoch {manifest.header.epoch}")
    return view_of(manifest, folder / PUBLIC)


def view_of(manifest: Manifest, public: Path) -> EpochView:
    """A manifest in short."""
    header = manifest.header
    return EpochView(
        venue=header.venue,
        epoch=header.epoch,
        at_s=header.at_s,
        super_root=header.super_root(),
        previous=header.previous,
        block=BlockRef(header.height, header.block_hash.hex()),
        network=header.network,
        assets=tuple(
            AssetCover(
                asset=tree.asset,
                liabilities=Amount(tree.asset, tree.total),
                coins=Amount(tree.asset, manifest.coins_worth(tree.asset)),
                coin_count=sum(len(vault.coins) for vault in manifest.vaults if vault.asset == tree.asset),
                leaves=tree.leaves,
            )
            for tree in header.assets
        ),
        vaults=tuple(vault.name for vault in manifest.vaults),
        public=public,
    )
