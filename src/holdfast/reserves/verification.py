"""Verifying a proof with the Rust core: one of three implementations of the format."""

from holdfast import _core
from holdfast.amounts import ASSETS, Amount
from holdfast.authority import AssetTree
from holdfast.reserves.errors import DocumentMalformed, SuperRootMismatch
from holdfast.reserves.manifest import Manifest
from holdfast.reserves.proof import AssetProof, Proof
from holdfast.reserves.types import ProofReport, ProvenBalance


def verify_proof(manifest: bytes, proof: bytes) -> ProofReport:
    """Verify a customer's proof against an epoch's manifest, and the manifest itself.

    It shows what the customer's balance is by these two documents. That everybody is shown the same manifest, and that
    the coins are on the chain, is for others to compare.

    :raises DocumentMalformed: one of them is not in the format, to the byte.
    :raises SuperRootMismatch: they do not belong together, or the manifest not to its super-root.
    :raises AttestationInvalid, CoinsInsufficient: see :meth:`Manifest.require_consistent`.
    :raises ProofInvalid: a fragment is not in its tree.
    """
    published, shown = Manifest.decoded(manifest), Proof.decoded(proof)
    published.require_consistent()
    header = published.header
    same = (header.venue, header.epoch, header.super_root()) == (shown.venue, shown.epoch, shown.super_root)
    if not same:
        raise SuperRootMismatch("the proof is of another epoch than the manifest")
    if [tree.asset for tree in header.assets] != [each.asset for each in shown.assets]:
        raise DocumentMalformed("a proof covers every asset of its epoch, in the same order")
    balances = tuple(
        ProvenBalance(_amount(tree, _verified(shown, tree, each)), len(each.fragments))
        for tree, each in zip(header.assets, shown.assets, strict=True)
    )
    return ProofReport(
        venue=header.venue,
        epoch=header.epoch,
        at_s=header.at_s,
        super_root=header.super_root(),
        customer=shown.customer,
        nonce=shown.nonce,
        chosen_by_customer=shown.chosen_by_customer,
        balances=balances,
    )


def _verified(shown: Proof, tree: AssetTree, proof: AssetProof) -> int:
    return _core.verify_balance(
        (shown.venue, shown.epoch),
        (tree.asset, tree.root, tree.total, tree.leaves),
        (shown.customer, shown.chosen_by_customer, shown.nonce, shown.salt),
        [(each.index, each.value, list(each.path)) for each in proof.fragments],
    )


def _amount(tree: AssetTree, units: int) -> Amount:
    known = ASSETS.get(tree.asset)
    if known is None or known.decimals != tree.decimals:
        raise DocumentMalformed(f"this version knows no {tree.asset[:20]} of {tree.decimals} decimals")
    return Amount(tree.asset, units)
