"""A house that keeps two sets of books, and has honest signers attest both: under two numbers, or by two vaults.

It chooses what signers are asked, and plants whatever it likes; the signers are honest.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from holdfast._core import customer_salt
from holdfast.authority import AssetTree, EpochHeader, KeyOrder
from holdfast.chains.bitcoin import address_to_script
from holdfast.custody import deposit_address, generate_key
from holdfast.demo.deployment import ASSET, NETWORK, PERSONS
from holdfast.errors import HoldfastError
from holdfast.reserves import (
    AssetProof,
    AttestationRefused,
    KeyMismatch,
    Manifest,
    Proof,
    ProofInvalid,
    ProvenFragment,
    SuperRootMismatch,
    require_known,
    verify_proof,
)
from holdfast.reserves.attestation import attest
from holdfast.reserves.liabilities import Balance, Liabilities
from holdfast.reserves.manifest import holdings_digest
from holdfast.reserves.nonces import Nonce
from holdfast.reserves.planting import plant
from holdfast.reserves.preparation import listed_vaults
from holdfast.store import snapshot, transaction
from reserves_model import Node
from reserves_rig import BOB, BOB_NONCE, BOB_SAT, House, build_house, copy_house, load_verifier
from world import CUSTOMER, DEPOSIT_SAT


@pytest.fixture(scope="module")
def house_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A house with a published epoch, to copy."""
    return build_house(tmp_path_factory.mktemp("two-books"))


@pytest.fixture
def house(house_template: Path, tmp_path: Path) -> Iterator[House]:
    """A house of this test's own."""
    opened = copy_house(house_template, tmp_path / "house")
    yield opened
    opened.world.close()


@dataclass(frozen=True)
class Books:
    """An attested epoch of the house's own making."""

    header: EpochHeader
    manifest: bytes
    proofs: dict[str, bytes]


def invented(
    house: House, before: Sequence[EpochHeader], owed: dict[str, int], *vaults: str, skipped: int = 0, **changed: Any
) -> Books:
    """Another epoch after these, over any books and some of the vaults; honest signers are asked to attest it.

    :param skipped: how many of the epochs before it the house says that it gave up.
    """
    plane, secret = house.world.plane, os.urandom(32)
    with snapshot(plane.engine) as connection:
        holdings = plane.holdings(connection)
    listed = tuple(vault for vault in listed_vaults(holdings) if vault.name in (vaults or ("hot",)))
    balances = {(ASSET, name): Balance(name, ASSET, units, 0, 0) for name, units in owed.items()}
    nonces = dict.fromkeys(owed, Nonce(BOB_NONCE, by_customer=True))
    epoch = plane.genesis.venue, before[-1].epoch + 1
    tree = plant(epoch, ASSET, secret, Liabilities(tuple(sorted(owed)), balances, 0), nonces)
    fields: dict[str, Any] = {
        "at_s": plane.clock.now_s(),
        "height": holdings.block.height,
        "block_hash": bytes.fromhex(holdings.block.hash),
    } | changed
    header = EpochHeader(
        venue=epoch[0],
        epoch=epoch[1],
        previous=before[-1].super_root(),
        network=NETWORK,
        holdings=holdings_digest(listed),
        assets=(AssetTree(ASSET, 8, tree.root, tree.total, tree.leaves),),
        **fields,
    )
    certificates = {vault.certificate.order.vault: vault.certificate for vault in holdings.vaults}
    signed = []
    for vault in listed:
        certificate = certificates[vault.name]
        clients = plane.signers(certificate.order.members)
        signed.append(replace(vault, signature=attest(clients, plane.roster, certificate, [*before, header])))
    manifest = Manifest(header, tuple(signed), tuple(before[len(before) - skipped :]))
    nodes = _nodes(tree.node_bytes())
    proofs = {}
    for name, fragments in zip(sorted(owed), tree.fragments, strict=True):
        proven = tuple(ProvenFragment(at, value, _path(nodes, tree.leaves, at)) for at, value in fragments)
        assets, salt = (AssetProof(ASSET, proven),), customer_salt(secret, name)
        proofs[name] = Proof(*epoch, header.super_root(), name, BOB_NONCE, True, salt, assets).encoded()
    return Books(header, manifest.encoded(), proofs)


def _nodes(packed: bytes) -> list[Node]:
    return [
        (packed[at : at + 32], int.from_bytes(packed[at + 32 : at + 48], "big")) for at in range(0, len(packed), 48)
    ]


def _path(nodes: list[Node], leaves: int, index: int) -> tuple[Node, ...]:
    siblings, below = [], 0
    while leaves > 1:
        siblings.append(nodes[below + (index ^ 1)])
        below, leaves, index = below + leaves, leaves // 2, index // 2
    return tuple(siblings)


def first(house: House) -> EpochHeader:
    """The published epoch."""
    return Manifest.decoded(house.manifest()).header


def later(house: House) -> None:
    """A block and ten minutes."""
    house.world.clock.advance(600)
    house.world.mine(1)


def test_one_moment_and_one_block_have_one_number(house: House) -> None:
    """Alice is shown epoch 2 without Bob, and Bob epoch 3 without Alice, over the same coins."""
    later(house)
    second = invented(house, [first(house)], {CUSTOMER: DEPOSIT_SAT})
    for at_s in (second.header.at_s, second.header.at_s + 1):
        with pytest.raises(AttestationRefused, match=r"epoch\.chain_broken"):
            invented(house, [first(house), second.header], {BOB: BOB_SAT}, at_s=at_s)
    # Nor by waiting, with the block of before.
    old: dict[str, Any] = {"height": second.header.height, "block_hash": second.header.block_hash}
    later(house)
    with pytest.raises(AttestationRefused, match=r"epoch\.chain_broken"):
        invented(house, [first(house), second.header], {BOB: BOB_SAT}, **old)
    assert invented(house, [first(house), second.header], {BOB: BOB_SAT}).header.epoch == 3


def test_time_and_height_do_not_go_back(house: House) -> None:
    before = first(house)
    later(house)
    for changed in ({"at_s": before.at_s - 1}, {"height": before.height - 1}, {"height": before.height}):
        with pytest.raises(AttestationRefused, match=r"epoch\.chain_broken"):
            invented(house, [before], {CUSTOMER: 1}, **changed)
    with pytest.raises(AttestationRefused, match=r"epoch\.time_off"):
        invented(house, [before], {CUSTOMER: 1}, at_s=house.world.clock.now_s() + 7_200)


def test_books_that_alternate_are_seen_by_whoever_asks_for_every_number(house: House) -> None:
    """Signers cannot know which numbers the house shows to whom; a customer sees what number is missing."""
    load = load_verifier(house.directory / "1" / "public")
    later(house)
    alices = invented(house, [first(house)], {CUSTOMER: DEPOSIT_SAT})
    later(house)
    # Told as if nothing had been given up, Bob is sent to number 2, and it is not his.
    bobs = invented(house, [first(house), alices.header], {BOB: BOB_SAT})
    report = verify_proof(bobs.manifest, bobs.proofs[BOB])
    assert (report.before, report.skipped) == ((2, alices.header.super_root()), ())
    relabelled = replace(Proof.decoded(alices.proofs[CUSTOMER]), customer=BOB).encoded()
    with pytest.raises(ProofInvalid):
        verify_proof(alices.manifest, relabelled)
    # Told that number 2 was given up, Bob is shown its super-root: that of Alice's proof.
    open_about_it = Manifest(bobs.header, Manifest.decoded(bobs.manifest).vaults, (alices.header,)).encoded()
    report = verify_proof(open_about_it, bobs.proofs[BOB])
    assert (report.before, report.skipped) == ((1, first(house).super_root()), (2,))
    read, _ = load.verify(open_about_it, bobs.proofs[BOB])
    assert [each["root"] for each in read["skipped"]] == [Proof.decoded(alices.proofs[CUSTOMER]).super_root]
    # Another epoch in its place does not lead to Bob's.
    (tree,) = alices.header.assets
    other = replace(alices.header, assets=(replace(tree, total=1),))
    another = Manifest(bobs.header, Manifest.decoded(bobs.manifest).vaults, (other,)).encoded()
    with pytest.raises(HoldfastError, match="does not follow"):
        verify_proof(another, bobs.proofs[BOB])
    with pytest.raises(load.Untrue, match="given up"):
        load.verify(another, bobs.proofs[BOB])


def new_vault(house: House, name: str, members: tuple[str, ...]) -> None:
    """Another vault with 10 BTC, of these signers' (two of them)."""
    world = house.world
    order = KeyOrder(world.plane.genesis.digest(), name, ASSET, NETWORK, "secp256k1-tr", 2, members, 1)
    generate_key(world.plane, order, tuple(world.deployment.approve(each, order.digest()) for each in PERSONS[:3]))
    with transaction(world.plane.engine) as connection:
        address = deposit_address(connection, name, None)
    world.node.fund(address_to_script(address, NETWORK), 10**9)
    world.mine(world.plane.confirmations)


def test_vaults_without_a_common_signer_are_as_two_houses(house: House) -> None:
    """What the format does not prevent, and says so: each half of the signers attests its own epoch 2."""
    signers = tuple(sorted(house.world.signers))
    new_vault(house, "east", signers[:2])
    new_vault(house, "west", signers[2:])
    later(house)
    alices = invented(house, [first(house)], {CUSTOMER: DEPOSIT_SAT}, "east")
    bobs = invented(house, [first(house)], {BOB: BOB_SAT}, "west")
    assert alices.header.super_root() != bobs.header.super_root()
    for books, customer in ((alices, CUSTOMER), (bobs, BOB)):
        report = verify_proof(books.manifest, books.proofs[customer])
        require_known(report, root=None, nonce=None, keys={})
        # Who knows the vaults from before sees that one is missing; who compares roots sees that they differ.
        known = {vault.name: vault.key for vault in Manifest.decoded(house.manifest()).vaults}
        with pytest.raises(KeyMismatch, match="no vault hot"):
            require_known(report, root=None, nonce=None, keys=known)
    with pytest.raises(SuperRootMismatch):
        require_known(
            verify_proof(bobs.manifest, bobs.proofs[BOB]), root=alices.header.super_root(), nonce=None, keys={}
        )


def test_vaults_with_a_common_signer_are_one_house(house: House) -> None:
    signers = tuple(sorted(house.world.signers))
    new_vault(house, "east", signers[:2])
    later(house)
    invented(house, [first(house)], {CUSTOMER: DEPOSIT_SAT}, "east")
    # Three of the hot vault's five are not bound yet; with two more the number would be taken for good.
    new_vault(house, "west", signers[:2])
    later(house)
    with pytest.raises(AttestationRefused, match=r"epoch\.taken"):
        invented(house, [first(house)], {BOB: BOB_SAT}, "west")
