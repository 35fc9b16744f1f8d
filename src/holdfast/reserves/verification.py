"""Verifying a proof with the Rust core: one of three implementations of the format."""

from collections.abc import Mapping

from holdfast import _core
from holdfast.amounts import Amount
from holdfast.authority import AssetTree
from holdfast.reserves.errors import DocumentMalformed, KeyMismatch, NonceMismatch, SuperRootMismatch
from holdfast.reserves.manifest import Manifest
from holdfast.reserves.proof import AssetProof, Proof
from holdfast.reserves.types import ProofReport, ProvenBalance


def verify_proof(manifest: bytes, proof: bytes) -> ProofReport:
    """Verify a customer's proof against an epoch's manifest, and the manifest itself.

    It shows what the customer's balance is by these two documents. That everybody is shown the same manifest, and that
    the coins are on the chain, is for others to compare.

    :raises DocumentMalformed: one of them is not in the format, to the byte.
    :raises SuperRootMismatch: they do not belong together, or the manifest not to its super-root.
    :raises EpochChainBroken, AttestationInvalid, CoinsInsufficient: see :meth:`Manifest.require_consistent`.
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
        ProvenBalance(Amount(tree.asset, _verified(shown, tree, each)), len(each.fragments))
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
        keys={vault.name: vault.key for vault in published.vaults},
        before=published.before,
        skipped=tuple(each.epoch for each in published.skipped),
        balances=balances,
    )


def _require_placed(tree: AssetTree, proof: AssetProof) -> None:
    """Require leaves of this tree, each once, and paths as long as it is high."""
    indices = [fragment.index for fragment in proof.fragments]
    if not indices or max(indices) >= tree.leaves or len(set(indices)) != len(indices):
        raise DocumentMalformed(f"a balance in {tree.asset} has fragments, each with a leaf of its own")
    if any(2 ** len(fragment.path) != tree.leaves for fragment in proof.fragments):
        raise DocumentMalformed("a path has as many siblings as the tree is high")


def _verified(shown: Proof, tree: AssetTree, proof: AssetProof) -> int:
    _require_placed(tree, proof)
    return _core.verify_balance(
        (shown.venue, shown.epoch),
        (tree.asset, tree.root, tree.total, tree.leaves),
        (shown.customer, shown.chosen_by_customer, shown.nonce, shown.salt),
        [(each.index, each.value, list(each.path)) for each in proof.fragments],
    )


def require_known(report: ProofReport, *, root: bytes | None, nonce: bytes | None, keys: Mapping[str, bytes]) -> None:
    """Hold what was verified against what the customer knows from elsewhere: super-root, nonce, vaults' keys by name.

    :raises SuperRootMismatch, NonceMismatch, KeyMismatch: it is not that.
    """
    if root is not None and root != report.super_root:
        raise SuperRootMismatch(f"the manifest's super-root is {report.super_root.hex()}, not the one given")
    if nonce is not None and not (report.chosen_by_customer and nonce == report.nonce):
        raise NonceMismatch("the nonce is not the one given, or the house says that it chose it")
    for name, key in keys.items():
        if name not in report.keys:
            raise KeyMismatch(f"there is no vault {name} in this epoch")
        if report.keys[name] != key:
            raise KeyMismatch(f"vault {name} has another key than the one given")
