"""Preparing an epoch: books, coins and nonces read in one moment, trees planted, everything written down.

Nothing leaves the house yet. What signers will be asked to attest is on the disk, and its number taken in the database,
before they are: whoever attests an epoch attests it for ever.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from holdfast._core import SumTree
from holdfast.amounts import Amount, asset_named
from holdfast.authority import NO_EPOCH, AssetTree, EpochHeader
from holdfast.keys import GroupKey
from holdfast.reserves.archive import ArchivedBalance, write_archive, write_nodes
from holdfast.reserves.errors import CoinsInsufficient, EpochConflict, EpochFolderDamaged, EpochNotLater, NothingToProve
from holdfast.reserves.files import move_durably, sync_folder
from holdfast.reserves.liabilities import Liabilities, read_liabilities
from holdfast.reserves.manifest import MAX_SKIPPED, ListedCoin, ListedVault, Manifest, holdings_digest
from holdfast.reserves.nonces import nonces_for
from holdfast.reserves.numbers import known_epochs
from holdfast.reserves.planting import plant
from holdfast.reserves.types import Holdings, House
from holdfast.store import snapshot

PRIVATE = "private"
PREPARED = ".prepared"
ABANDONED = ".abandoned"
_BUILDING = ".building-"

_UNSIGNED = bytes(64)


def prepare_epoch(house: House, directory: Path) -> Path:
    """Prepare the next epoch; its folder, which a later call goes on with.

    :raises NothingToProve: no vault is in use.
    :raises CoinsInsufficient: the coins do not cover what is owed.
    :raises EpochConflict: more numbers were given up in a row than a manifest lists.
    :raises EpochNotLater: no block or no second has passed since the newest epoch.
    """
    for left_over in directory.glob(f"{_BUILDING}*"):
        shutil.rmtree(left_over, ignore_errors=True)
    # Read before the books are: whatever was posted by then is in them.
    at_s = house.clock.now_s()
    with snapshot(house.engine) as connection:
        known = known_epochs(connection)
        holdings = house.holdings(connection)
        liabilities = read_liabilities(connection)
        nonces = nonces_for(connection, liabilities.customers)
    vaults = listed_vaults(holdings)
    _require_later(known.headers, holdings, at_s)
    if len(known.skipped) > MAX_SKIPPED:
        raise EpochConflict(f"a manifest lists at most {MAX_SKIPPED} numbers that were given up")
    owed = {asset for asset in liabilities.assets() if liabilities.total(asset)}
    assets = sorted(owed | {vault.asset for vault in vaults})
    _require_covered(assets, liabilities, vaults)
    epoch, secret = (house.genesis.venue, len(known.headers) + 1), os.urandom(32)
    trees = [plant(epoch, asset, secret, liabilities, nonces) for asset in assets]
    header = EpochHeader(
        venue=house.genesis.venue,
        epoch=epoch[1],
        at_s=at_s,
        previous=known.headers[-1].super_root() if known.headers else NO_EPOCH,
        network=house.genesis.network,
        height=holdings.block.height,
        block_hash=bytes.fromhex(holdings.block.hash),
        holdings=holdings_digest(vaults),
        assets=tuple(_asset_tree(asset, tree) for asset, tree in zip(assets, trees, strict=True)),
    )
    try:
        building = Path(tempfile.mkdtemp(prefix=_BUILDING, dir=directory))
        # Made for its owner only; what is published inside is for everybody.
        building.chmod(0o755)
        private = building / PRIVATE
        private.mkdir(mode=0o700)
        for position, tree in enumerate(trees):
            write_nodes(private, position, tree.node_bytes())
        write_archive(
            private,
            Manifest(header, vaults, known.skipped),
            secret=secret,
            through=liabilities.through,
            customers=nonces.items(),
            balances=_archived(assets, trees, liabilities),
        )
        sync_folder(building)
        prepared = directory / f"{header.epoch}{PREPARED}"
        move_durably(building, prepared)
    except OSError as fault:
        raise EpochFolderDamaged(f"{directory} cannot be written: {fault.strerror}") from None
    return prepared


def listed_vaults(holdings: Holdings) -> tuple[ListedVault, ...]:
    """The vaults as a manifest lists them, not yet signed.

    :raises NothingToProve: there is none.
    """
    vaults = tuple(
        ListedVault(
            name=vault.certificate.order.vault,
            asset=vault.certificate.order.asset,
            key=GroupKey.decoded(vault.certificate.statement.group_key).verifying_key,
            coins=tuple(ListedCoin(coin.outpoint, coin.value, coin.path) for coin in vault.coins),
            signature=_UNSIGNED,
        )
        # By code point: a database's own order depends on its locale.
        for vault in sorted(holdings.vaults, key=lambda vault: vault.certificate.order.vault)
    )
    if not vaults:
        raise NothingToProve("no vault has a key in use: there are no signers to attest an epoch")
    return vaults


def _require_later(known: tuple[EpochHeader, ...], holdings: Holdings, at_s: int) -> None:
    """Signers attest no two epochs as of one block: one of two sets of books could borrow the other's coins."""
    if not known:
        return
    newest = known[-1]
    if holdings.block.height <= newest.height:
        raise EpochNotLater(
            f"epoch {newest.epoch} is of block {newest.height}: wait for a higher one to be deep enough"
        )
    if at_s <= newest.at_s:
        raise EpochNotLater(f"epoch {newest.epoch} is of the same second, or the clock went back")


def _require_covered(assets: list[str], liabilities: Liabilities, vaults: tuple[ListedVault, ...]) -> None:
    for asset in assets:
        owed = Amount(asset, liabilities.total(asset))
        held = Amount(asset, sum(coin.value for vault in vaults if vault.asset == asset for coin in vault.coins))
        if held < owed:
            raise CoinsInsufficient(f"customers are owed {owed}, and the vaults' coins are worth {held}")


def _asset_tree(asset: str, tree: SumTree) -> AssetTree:
    return AssetTree(asset, asset_named(asset).decimals, tree.root, tree.total, tree.leaves)


def _archived(assets: list[str], trees: list[SumTree], liabilities: Liabilities) -> Iterator[ArchivedBalance]:
    for asset, tree in zip(assets, trees, strict=True):
        for customer, fragments in zip(liabilities.customers, tree.fragments, strict=True):
            balance = liabilities.balances.get((asset, customer))
            account_id, through = (balance.account_id, balance.through) if balance else (None, None)
            units = liabilities.units(asset, customer)
            yield ArchivedBalance(asset, customer, units, account_id, through, tuple(fragments))
