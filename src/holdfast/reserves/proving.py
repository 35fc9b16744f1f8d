"""Cutting a customer's proof out of an epoch's private part."""

from pathlib import Path

from holdfast._core import customer_salt
from holdfast.reserves.archive import Archive, opened_archive
from holdfast.reserves.preparation import PRIVATE
from holdfast.reserves.proof import AssetProof, Proof, ProvenFragment
from holdfast.reserves.views import epoch_folder


def prove(directory: Path, customer: str, epoch: int | None = None) -> bytes:
    """A customer's ``proof.json`` for an epoch, or for the newest; it is for that customer's eyes.

    :raises EpochUnknown: no such epoch is published here.
    :raises CustomerNotInEpoch: the epoch has no leaves for the customer.
    :raises EpochFolderDamaged: the epoch's private part is missing or not whole.
    """
    with opened_archive(epoch_folder(directory, epoch) / PRIVATE) as archive:
        header, nonce = archive.header, archive.nonce(customer)
        return Proof(
            venue=header.venue,
            epoch=header.epoch,
            super_root=header.super_root(),
            customer=customer,
            nonce=nonce.value,
            chosen_by_customer=nonce.by_customer,
            salt=customer_salt(archive.secret, customer),
            assets=tuple(_asset_proof(archive, position, customer) for position in range(len(header.assets))),
        ).encoded()


def _asset_proof(archive: Archive, position: int, customer: str) -> AssetProof:
    tree = archive.header.assets[position]
    fragments = (
        ProvenFragment(index, value, archive.path(position, tree.leaves, index))
        for index, value in archive.balance(tree.asset, customer).fragments
    )
    return AssetProof(tree.asset, tuple(fragments))
