"""A house that wants to look solvent: smaller sums, shared leaves, customers left out, two books.

The first Merkle sum trees bound only the sum of a pair, so that a parent could say less than its children (Hu, Zhang
and Guo, "Breaking the Binding", 2019); trees in use were found to take negative sums, or to show two customers with one
balance one leaf (Chalkias, Chatzigiannis and Ji, "Broken Proofs of Solvency in Blockchain Custodial Wallets and
Exchanges", 2022). Two different trees for two customers need only that nobody compares roots.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from holdfast import _core
from holdfast.authority import AssetTree
from holdfast.chains.bitcoin import Outpoint
from holdfast.errors import HoldfastError
from holdfast.reserves import (
    AttestationInvalid,
    AttestationRefused,
    CoinsInsufficient,
    CustomerNotInEpoch,
    Manifest,
    Proof,
    ProofInvalid,
    models,
    publication,
    verify_proof,
)
from holdfast.reserves.manifest import holdings_digest
from holdfast.store import transaction
from reserves_model import Holder, ModelTree, hashed
from reserves_rig import BOB, BOB_NONCE, BOB_SAT, House, build_house, copy_house, load_verifier
from world import CUSTOMER


@pytest.fixture(scope="module")
def house_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A house with a published epoch, to copy."""
    return build_house(tmp_path_factory.mktemp("dishonest"))


@pytest.fixture
def house(house_template: Path, tmp_path: Path) -> Iterator[House]:
    """A house of this test's own, with every key of the control plane's in the wrong hands."""
    opened = copy_house(house_template, tmp_path / "house")
    yield opened
    opened.world.close()


@pytest.fixture
def verifier(house: House) -> ModuleType:
    """The published verifier."""
    return load_verifier(house.directory / "1" / "public")


def refused_by_both(verifier: ModuleType, manifest: bytes, proof: bytes) -> HoldfastError:
    """Refused by the core and by the published verifier; the core's refusal."""
    with pytest.raises((verifier.Malformed, verifier.Untrue)):
        verifier.verify(manifest, proof)
    with pytest.raises(HoldfastError) as refused:
        verify_proof(manifest, proof)
    return refused.value


def reissued(house: House, tree: ModelTree, total: int) -> Manifest:
    """The epoch with another tree, hashed again; the house cannot have it signed again."""
    manifest = Manifest.decoded(house.manifest())
    planted = AssetTree("BTC", 8, tree.root[0], total, len(tree.levels[0]))
    return replace(manifest, header=replace(manifest.header, assets=(planted,)))


def proof_from(house: House, tree: ModelTree, manifest: Manifest, customer: str = BOB) -> Proof:
    """A customer's proof out of a tree of the house's own making."""
    holder = next(each for each in tree.holders if each.customer == customer)
    places = tree.fragments[tree.holders.index(holder)]
    honest = Proof.decoded(house.proof(customer))
    fragment = honest.assets[0].fragments[0]
    made = tuple(replace(fragment, index=at, value=value, path=tuple(tree.path(at))) for at, value in places)
    return replace(
        honest,
        super_root=manifest.header.super_root(),
        salt=tree.salt(holder),
        assets=(replace(honest.assets[0], fragments=made),),
    )


def books(house: House, *holders: Holder) -> ModelTree:
    """A tree of these holders, in the epoch's name."""
    header = Manifest.decoded(house.manifest()).header
    return ModelTree(header.venue, header.epoch, "BTC", bytes(32), sorted(holders, key=lambda each: each.customer))


def test_a_negative_sibling_is_not_a_number(house: House, verifier: ModuleType) -> None:
    proof = house.proof(BOB)
    value = Proof.decoded(proof).assets[0].fragments[0].path[0][1]
    for sibling in (f"-{value + 1}", str(2**128), str(2**128 - 1)):
        altered = proof.replace(f'"{value}"]'.encode(), f'"{sibling}"]'.encode(), 1)
        assert altered != proof
        refused_by_both(verifier, house.manifest(), altered)


def test_a_total_below_the_sum_of_the_leaves_leads_nowhere(house: House, verifier: ModuleType) -> None:
    # The house plants honestly and publishes a smaller total: every proof in the tree fails against it.
    tree = books(house, Holder(CUSTOMER, False, bytes(16), 5), Holder(BOB, True, BOB_NONCE, BOB_SAT))
    smaller = reissued(house, tree, tree.root[1] - 1)
    planted = smaller.header.assets[0]
    with pytest.raises(ProofInvalid):
        _core.verify_balance(
            (smaller.header.venue, 1),
            ("BTC", planted.root, planted.total, planted.leaves),
            (BOB, True, BOB_NONCE, tree.salt(tree.holders[1])),
            [(at, value, tree.path(at)) for at, value in tree.fragments[1]],
        )
    proof = proof_from(house, tree, smaller)
    assert isinstance(refused_by_both(verifier, smaller.encoded(), proof.encoded()), AttestationInvalid)


def test_a_parent_over_a_smaller_sum_is_another_node(house: House, verifier: ModuleType) -> None:
    # As in the broken trees: the parent says less than its children do, and hides the difference.
    proof = Proof.decoded(house.proof(BOB))
    fragment = proof.assets[0].fragments[0]
    (sibling, value), *above = fragment.path
    lying = replace(fragment, path=((sibling, max(value - 1, 0) if value else 1), *above))
    assets = (replace(proof.assets[0], fragments=(lying, *proof.assets[0].fragments[1:])),)
    altered = replace(proof, assets=assets).encoded()
    assert isinstance(refused_by_both(verifier, house.manifest(), altered), ProofInvalid)


def test_two_customers_with_one_balance_are_not_shown_one_leaf(house: House, verifier: ModuleType) -> None:
    # Carol is told that she is "bob", or is shown Bob's leaves under her own name: her nonce is not in them.
    proof = Proof.decoded(house.proof(BOB))
    for shown in (
        replace(proof, customer="carol"),
        replace(proof, nonce=hashlib.sha256(b"carol's").digest()[:16]),
        replace(proof, chosen_by_customer=False),
    ):
        refused = refused_by_both(verifier, house.manifest(), shown.encoded())
        assert isinstance(refused, ProofInvalid)


def test_a_customer_left_out_can_be_given_no_proof(house: House, verifier: ModuleType) -> None:
    with transaction(house.world.plane.engine) as connection:
        # The house forgets Bob's account when it reads its books.
        connection.exec_driver_sql("DROP TRIGGER IF EXISTS ledger_account_update")
        connection.exec_driver_sql("UPDATE ledger_account SET owner_class = 'external' WHERE code = 'customer:bob'")
    house.publish()
    with pytest.raises(CustomerNotInEpoch):
        house.proof(BOB)
    for forged in (
        # The last epoch's proof, as it is and relabelled; another customer's in Bob's name.
        house.proof(BOB, 1),
        replace(
            Proof.decoded(house.proof(BOB, 1)),
            epoch=2,
            super_root=Manifest.decoded(house.manifest(2)).header.super_root(),
        ).encoded(),
        replace(Proof.decoded(house.proof(CUSTOMER, 2)), customer=BOB).encoded(),
    ):
        refused_by_both(verifier, house.manifest(2), forged)


def test_a_smaller_balance_is_what_the_customer_reads(house: House, verifier: ModuleType) -> None:
    with transaction(house.world.plane.engine) as connection:
        connection.exec_driver_sql("DROP TRIGGER IF EXISTS ledger_account_update")
        connection.exec_driver_sql("UPDATE ledger_account SET total_lo = 1 WHERE code = 'customer:bob'")
    house.publish()
    _, proven = verifier.verify(house.manifest(2), house.proof(BOB))
    assert proven["balances"] == [1]
    assert proven["balances"] != [BOB_SAT]


def test_two_books_are_attested_by_nobody(house: House, verifier: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """After one customer was shown epoch 1, the house prepares another epoch 1 for the next."""
    with transaction(house.world.plane.engine) as connection:
        connection.execute(models.epochs.delete())
    (house.directory / "1").rename(house.directory.parent / "shown-to-the-first")
    # An honest one would ask its signers where they are, and go on with epoch 2.
    monkeypatch.setattr(publication, "relearn", lambda *_: None)
    with pytest.raises(AttestationRefused, match=r"epoch\.taken"):
        house.publish()
    # Whatever it writes by itself lacks the signature.
    prepared = Manifest.decoded((house.directory / "1.prepared" / "private" / "unsigned.json").read_bytes())
    with pytest.raises(AttestationInvalid):
        prepared.require_consistent()
    with pytest.raises(verifier.Untrue, match="signature"):
        verifier.verify_manifest(verifier.read_manifest(verifier.parse_document(prepared.encoded(), 10**7)))


@pytest.mark.parametrize("change", ["listed twice", "worth more", "of somebody else"])
def test_borrowed_or_invented_coins_are_not_signed_for(house: House, verifier: ModuleType, change: str) -> None:
    manifest = Manifest.decoded(house.manifest())
    (vault,) = manifest.vaults
    first = vault.coins[0]
    changed: dict[str, Any] = {
        "listed twice": (first, *vault.coins),
        "worth more": (replace(first, value=first.value * 2), *vault.coins[1:]),
        "of somebody else": tuple(
            sorted((*vault.coins, replace(first, outpoint=Outpoint("ff" * 32, 0))), key=lambda each: str(each.outpoint))
        ),
    }
    vaults = (replace(vault, coins=changed[change]),)
    forged = Manifest(replace(manifest.header, holdings=holdings_digest(vaults)), vaults)
    proof = replace(Proof.decoded(house.proof(BOB)), super_root=forged.header.super_root())
    refused_by_both(verifier, forged.encoded(), proof.encoded())


def test_an_attestation_of_another_key_or_message_is_none(house: House, verifier: ModuleType) -> None:
    house.publish()
    first, second = (Manifest.decoded(house.manifest(epoch)) for epoch in (1, 2))
    swapped = replace(second, vaults=(replace(second.vaults[0], signature=first.vaults[0].signature),))
    assert isinstance(refused_by_both(verifier, swapped.encoded(), house.proof(BOB, 2)), AttestationInvalid)
    assert first.header.ownership_message() != second.header.ownership_message()


def test_debts_beyond_the_coins_are_refused_though_signed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signers do not see the books; if they were to sign such an epoch, every verifier would still refuse it."""
    manifest = Manifest.decoded(house.manifest())
    (tree,) = manifest.header.assets
    deep = replace(manifest, header=replace(manifest.header, assets=(replace(tree, total=10**15),)))
    monkeypatch.setattr("holdfast.reserves.manifest.verify", lambda *_: None)
    with pytest.raises(CoinsInsufficient):
        deep.require_consistent()


def test_a_leaf_is_not_an_inner_node() -> None:
    """A subtree passed off as a leaf (second preimages of Merkle trees): kinds, levels and lengths differ."""
    fields = bytes(32), bytes(16), bytes(32), bytes(16)
    assert hashed(0, b"\x01", *fields) != hashed(1, b"\x01", *fields)
    assert hashed(1, b"\x01", *fields) != hashed(1, b"\x02", *fields)
    assert hashed(1, b"ab", b"c") != hashed(1, b"a", b"bc")
