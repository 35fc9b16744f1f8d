"""Reading manifests and proofs: bounded, strict, and with vaults, coins and assets each once and in order."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.authority import AssetTree
from holdfast.chains.bitcoin import Outpoint
from holdfast.errors import HoldfastError
from holdfast.reserves import (
    AssetProof,
    AttestationInvalid,
    CoinsInsufficient,
    DocumentMalformed,
    ListedCoin,
    Manifest,
    Proof,
    ProvenFragment,
    SuperRootMismatch,
    canonical_json,
    is_proof,
    verify_proof,
)
from holdfast.reserves.document import read_json
from holdfast.reserves.manifest import holdings_digest
from reserves_rig import BOB, House

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=20)
HASHES = st.binary(min_size=32, max_size=32)
UNITS = st.integers(0, 10**36)
FRAGMENTS = st.builds(
    ProvenFragment, st.integers(0, 2**32), UNITS, st.lists(st.tuples(HASHES, UNITS), max_size=5).map(tuple)
)
PROOFS = st.builds(
    Proof,
    venue=TEXTS,
    epoch=st.integers(1, 2**53 - 1),
    super_root=HASHES,
    customer=TEXTS,
    nonce=st.binary(min_size=16, max_size=16),
    chosen_by_customer=st.booleans(),
    salt=HASHES,
    assets=st.lists(st.builds(AssetProof, TEXTS, st.lists(FRAGMENTS, max_size=3).map(tuple)), max_size=3).map(tuple),
)


@given(PROOFS)
def test_a_proof_is_read_as_it_was_written(proof: Proof) -> None:
    assert Proof.decoded(proof.encoded()) == proof
    assert is_proof(proof.encoded())


@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_anything_else_is_malformed(content: bytes) -> None:
    for read in (Proof.decoded, Manifest.decoded):
        with pytest.raises(DocumentMalformed):
            read(content)


def resealed(manifest: Manifest, **changed: Any) -> bytes:
    """A manifest with something changed and everything hashed again; only the signatures are the old ones."""
    vaults = changed.pop("vaults", manifest.vaults)
    header = replace(manifest.header, **changed, holdings=holdings_digest(vaults))
    return Manifest(header, vaults).encoded()


def test_a_manifest_that_was_hashed_again_lacks_the_signers(shared_house: House) -> None:
    manifest = Manifest.decoded(shared_house.manifest())
    for changed in (
        {"at_s": 1},
        {"height": 1},
        {"venue": "Another Exchange"},
        {"block_hash": bytes(32)},
        {"network": "main"},
        {"epoch": 2, "previous": b"\1" * 32},
    ):
        with pytest.raises(AttestationInvalid):
            Manifest.decoded(resealed(manifest, **changed)).require_consistent()


def test_coins_and_vaults_count_once(shared_house: House) -> None:
    manifest = Manifest.decoded(shared_house.manifest())
    (vault,) = manifest.vaults
    first, second, *rest = vault.coins
    spoiled = {
        "twice": [(replace(vault, coins=(first, first, second, *rest)))],
        "out of order": [replace(vault, coins=(second, first, *rest))],
        "in two vaults": [vault, replace(vault, name="hot-2")],
        "vaults out of order": [replace(vault, name="z", coins=()), vault],
        "of no asset of the epoch": [replace(vault, asset="ETH")],
    }
    for vaults in spoiled.values():
        with pytest.raises(DocumentMalformed):
            Manifest.decoded(resealed(manifest, vaults=tuple(vaults))).require_consistent()
    with pytest.raises(HoldfastError, match="ascending"):
        resealed(manifest, assets=manifest.header.assets * 2)


def test_coins_of_another_value_are_not_what_was_signed(shared_house: House) -> None:
    manifest = Manifest.decoded(shared_house.manifest())
    (vault,) = manifest.vaults
    richer = replace(vault, coins=(replace(vault.coins[0], value=10**12), *vault.coins[1:]))
    with pytest.raises(AttestationInvalid):
        Manifest.decoded(resealed(manifest, vaults=(richer,))).require_consistent()


def test_a_total_above_the_coins_is_refused_whoever_signed_it(
    shared_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = Manifest.decoded(shared_house.manifest())
    (tree,) = manifest.header.assets
    greater = resealed(manifest, assets=(replace(tree, total=manifest.coins_worth("BTC") + 1),))
    monkeypatch.setattr("holdfast.reserves.manifest.verify", lambda *_: None)
    with pytest.raises(CoinsInsufficient):
        Manifest.decoded(greater).require_consistent()


def test_a_super_root_that_is_not_the_content_s_is_refused(shared_house: House) -> None:
    document = read_json(shared_house.manifest(), 10**6, "manifest")
    with pytest.raises(SuperRootMismatch):
        Manifest.decoded(canonical_json(document | {"super_root": "00" * 32}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epoch", 0),
        ("epoch", 2**53),
        ("epoch", "1"),
        ("at", True),
        ("venue", ""),
        ("venue", "x" * 1025),
        ("venue", "a\x7fb"),
        ("previous", "00" * 31),
        ("previous", "AA" * 32),
        ("format", "holdfast/reserves/v2"),
        ("block", {"network": "regtest", "height": 1}),
        ("assets", {}),
        ("vaults", [{}]),
        ("vaults", [[]] * 65),
        ("at", 2**37),
        ("previous", "11" * 32),
        ("assets", []),
        ("vaults", []),
        ("skipped", [{}]),
    ],
)
def test_fields_that_no_manifest_has_are_refused(shared_house: House, name: str, value: object) -> None:
    document = read_json(shared_house.manifest(), 10**6, "manifest")
    with pytest.raises(HoldfastError) as refused:
        Manifest.decoded(canonical_json(document | {name: value}))
    assert refused.value.exit_status == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("outpoint", "00" * 32),
        ("outpoint", f"{'00' * 32}:01"),
        ("outpoint", f"{'00' * 32}:99999999999"),
        ("path", "0"),
        ("path", "00/1"),
        ("path", f"{2**31}/0"),
        ("path", f"0/{2**31}"),
        ("outpoint", f"{'00' * 32}:{2**32}"),
        ("value", 5),
        ("value", "05"),
        ("value", str(10**36 + 1)),
    ],
)
def test_coins_that_cannot_be_are_refused(shared_house: House, name: str, value: object) -> None:
    document = read_json(shared_house.manifest(), 10**6, "manifest")
    document["vaults"][0]["coins"][0][name] = value
    with pytest.raises(DocumentMalformed):
        Manifest.decoded(canonical_json(document))


def test_a_proof_covers_every_asset(shared_house: House) -> None:
    proof = Proof.decoded(shared_house.proof(BOB))
    for assets in ((), proof.assets * 2, (replace(proof.assets[0], asset="ETH"),)):
        with pytest.raises(DocumentMalformed):
            verify_proof(shared_house.manifest(), replace(proof, assets=assets).encoded())


def test_the_values_of_a_manifest_are_plain(shared_house: House) -> None:
    manifest = Manifest.decoded(shared_house.manifest())
    assert isinstance(manifest.header.assets[0], AssetTree)
    assert isinstance(manifest.vaults[0].coins[0], ListedCoin)
    assert isinstance(manifest.vaults[0].coins[0].outpoint, Outpoint)
    assert manifest.encoded() == shared_house.manifest()
