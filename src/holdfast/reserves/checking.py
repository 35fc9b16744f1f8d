"""Checking a published epoch from inside: against the books, the chain, the database and itself."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, select

from holdfast.chains import BlockRef, Chain
from holdfast.chains.bitcoin import Output, read_transaction
from holdfast.errors import HoldfastError
from holdfast.keys import derive_output_key
from holdfast.ledger import credits_through, newest_transfer_at
from holdfast.reserves import models
from holdfast.reserves.archive import Archive, ArchivedBalance, opened_archive
from holdfast.reserves.liabilities import Balance, Liabilities, read_liabilities
from holdfast.reserves.manifest import Manifest
from holdfast.reserves.planting import plant
from holdfast.reserves.preparation import PRIVATE, listed_vaults
from holdfast.reserves.types import CheckReport, Finding, House
from holdfast.reserves.views import PUBLIC, epoch_folder, read_manifest, view_of
from holdfast.store import snapshot

_TAPROOT = bytes.fromhex("5120")

POSTING_S = 60
"""How long a transfer may take from its time in the books until others see it."""


def check_epoch(house: House, directory: Path, epoch: int | None = None) -> CheckReport:
    """Derive an epoch, or the newest, again from ledger and chain, and verify what signers attested.

    :raises EpochUnknown: no such epoch is published here.
    :raises DocumentMalformed, SuperRootMismatch: its manifest was altered.
    :raises EpochFolderDamaged: its private part is missing or not whole.
    :raises ChainUnavailable, BlockNotFollowed: the chain cannot be asked, or does not reach the block.
    """
    folder = epoch_folder(directory, epoch)
    manifest = Manifest.decoded(read_manifest(folder))
    header = manifest.header
    findings: list[Finding] = []
    try:
        manifest.require_consistent()
    except HoldfastError as fault:
        findings.append(Finding(fault.code.rpartition(".")[2], f"epoch {header.epoch}", str(fault)))
    with opened_archive(folder / PRIVATE) as archive, snapshot(house.engine) as connection:
        archived = _archived(archive)
        findings += _compare_record(connection, manifest, archive)
        findings += _compare_books(connection, archive, archived)
        findings += _compare_trees(manifest, archive, archived)
        findings += _compare_coins(house, connection, manifest)
    return CheckReport(view_of(manifest, folder / PUBLIC), len(archived.customers), tuple(findings))


def _archived(archive: Archive) -> Liabilities:
    """The books as they were when the epoch was prepared."""
    balances = {}
    for tree in archive.header.assets:
        for each in archive.balances(tree.asset):
            balances[each.asset, each.customer] = _balance(each)
    return Liabilities(tuple(name for name, _ in archive.customers()), balances, archive.through)


def _balance(each: ArchivedBalance) -> Balance:
    return Balance(each.customer, each.asset, each.units, each.account_id or 0, each.through or 0)


def _compare_record(connection: Connection, manifest: Manifest, archive: Archive) -> Iterator[Finding]:
    header, table = manifest.header, models.epochs
    subject = f"epoch {header.epoch}"
    if archive.header != header:
        yield Finding("archive", subject, "the private part is of other content than the manifest")
    recorded = connection.execute(select(table.c.super_root).where(table.c.epoch == header.epoch)).scalar()
    if recorded is None or bytes(recorded) != header.super_root():
        yield Finding("record", subject, "the database has another super-root for it, or none")


def _compare_books(connection: Connection, archive: Archive, archived: Liabilities) -> Iterator[Finding]:
    """Every balance again from the ledger's transfers; and nobody left out, or put in with an old balance."""
    marks = {each.account_id: each.through for each in archived.balances.values() if each.account_id}
    # Not by the archive alone: it could say that it is older than it is.
    through = max(archived.through, newest_transfer_at(connection, archive.header.at_s - POSTING_S))
    absent = {
        each.account_id: each
        for key, each in read_liabilities(connection).balances.items()
        if each.account_id not in marks and key[0] in {tree.asset for tree in archive.header.assets}
    }
    totals = credits_through(connection, marks | dict.fromkeys(absent, through))
    by_then = credits_through(connection, dict.fromkeys(marks, through))
    for each in archived.balances.values():
        said = f"the epoch says {each.units} base units of {each.asset}"
        derived, whole = totals.get(each.account_id, 0), by_then.get(each.account_id, 0)
        if derived != each.units:
            yield Finding("balance", each.customer, f"{said}, the ledger's transfers add up to {derived}")
        elif whole != each.units:
            detail = f"{said} up to transfer {each.through}; up to {through}, the newest by then, it is {whole}"
            yield Finding("stale", each.customer, detail)
    for account_id, each in absent.items():
        if totals[account_id]:
            detail = (
                f"the ledger owed them {totals[account_id]} base units of {each.asset}; the epoch has no such account"
            )
            yield Finding("left_out", each.customer, detail)


def _compare_trees(manifest: Manifest, archive: Archive, archived: Liabilities) -> Iterator[Finding]:
    """Every tree again from balances, nonces and the secret."""
    header, nonces = manifest.header, dict(archive.customers())
    for tree in header.assets:
        planted = plant((header.venue, header.epoch), tree.asset, archive.secret, archived, nonces)
        if (planted.root, planted.total, planted.leaves) != (tree.root, tree.total, tree.leaves):
            yield Finding("tree", tree.asset, "the balances lead to another root than the published one")


def _compare_coins(house: House, connection: Connection, manifest: Manifest) -> Iterator[Finding]:
    header = manifest.header
    claimed = BlockRef(header.height, header.block_hash.hex())
    on_chain = house.chain.block_hash(header.height)
    if on_chain != claimed.hash:
        yield Finding("block", f"height {header.height}", f"the chain has {on_chain}, the epoch {claimed.hash}")
    yield from _compare_with_chain(house.chain, manifest)
    holdings = house.holdings(connection, header.height)
    if holdings.block != claimed:
        yield Finding("block", f"height {header.height}", "the followed chain has another block there")
    listed = {vault.name: vault for vault in manifest.vaults}
    for vault in listed_vaults(holdings):
        if vault.name not in listed:
            # One that came later had no coins then.
            if vault.coins:
                yield Finding("coins", vault.name, "the vault held coins by then, and the epoch does not list it")
        elif (vault.key, vault.coins) != (listed[vault.name].key, listed[vault.name].coins):
            yield Finding("coins", vault.name, "its key or coins are not those that the epoch lists")


def _compare_with_chain(chain: Chain, manifest: Manifest) -> Iterator[Finding]:
    """Every coin in its own transaction, by the node's word: that it was there by the block, at that key, worth that.

    Whether it was spent by then is known by following the chain: a node does not say it of past blocks.
    """
    for vault in manifest.vaults:
        for coin in vault.coins:
            status = chain.transaction(coin.outpoint.txid)
            if status is None or status.block is None or status.block.height > manifest.header.height:
                yield Finding("coin_unknown", str(coin.outpoint), "the node knows no such transaction up to the block")
                continue
            outputs = read_transaction(status.raw).outputs
            owed = Output(_TAPROOT + derive_output_key(vault.key, list(coin.path)), coin.value)
            if coin.outpoint.vout >= len(outputs) or outputs[coin.outpoint.vout] != owed:
                detail = f"its transaction pays no {coin.value} base units to vault {vault.name} there"
                yield Finding("coin_differs", str(coin.outpoint), detail)
