"""Customers' proofs: cut from an epoch, verified by the core, by the published program and in JavaScript."""

import ast
from pathlib import Path
from types import ModuleType

import pytest

from holdfast.amounts import Amount
from holdfast.reserves import (
    CustomerNotInEpoch,
    EpochUnknown,
    Manifest,
    NonceMalformed,
    Proof,
    prove,
    set_customer_nonce,
    verify_proof,
)
from holdfast.store import transaction
from reserves_rig import BOB, BOB_NONCE, BOB_SAT, ZOE, House, in_javascript, run_verifier
from world import CUSTOMER, DEPOSIT_SAT

BALANCES = {CUSTOMER: DEPOSIT_SAT, BOB: BOB_SAT, ZOE: 0}


@pytest.mark.parametrize("customer", BALANCES)
def test_each_customer_s_proof_verifies_three_times_over(
    shared_house: House, public: Path, verifier: ModuleType, tmp_path: Path, customer: str
) -> None:
    manifest, proof = shared_house.manifest(), shared_house.proof(customer)
    report = verify_proof(manifest, proof)
    assert report.customer == customer
    assert [balance.amount for balance in report.balances] == [Amount("BTC", BALANCES[customer])]
    assert report.chosen_by_customer is (customer == BOB)
    assert (report.nonce == BOB_NONCE) is (customer == BOB)

    read, proven = verifier.verify(manifest, proof)
    assert (read["root"], proven["balances"]) == (report.super_root, [BALANCES[customer]])

    (tmp_path / "proof.json").write_bytes(proof)
    ran = run_verifier(public, public / "manifest.json", tmp_path / "proof.json")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "VERIFIED" in ran.stdout
    whole = f"{BALANCES[customer] / 10**8:.8f}".rstrip("0").rstrip(".")
    assert f"  {whole} BTC\n" in ran.stdout
    assert ("the venue chose this nonce" in ran.stdout) is (customer != BOB)


def test_the_page_s_own_code_says_the_same(shared_house: House, public: Path) -> None:
    manifest = shared_house.manifest()
    pairs = [(manifest, shared_house.proof(customer)) for customer in BALANCES]
    told = in_javascript(public, pairs)
    assert told == [{"customer": name, "balances": [str(units)]} for name, units in BALANCES.items()]


def test_the_page_s_own_code_refuses_what_is_altered(shared_house: House, public: Path) -> None:
    manifest, proof = shared_house.manifest(), shared_house.proof(BOB)
    pairs = [(manifest, proof[:at] + bytes([proof[at] ^ 1]) + proof[at + 1 :]) for at in range(0, len(proof), 41)] + [
        (manifest[:at] + bytes([manifest[at] ^ 1]) + manifest[at + 1 :], proof) for at in range(0, len(manifest), 41)
    ]
    told = in_javascript(public, [*pairs, (b"\xef\xbb\xbf" + manifest, proof), (manifest, proof + b" ")])
    assert len(told) == len(pairs) + 2
    assert {one["refused"] for one in told} == {"Malformed", "Untrue"}


def test_the_published_program_runs_on_python_3_8(public: Path) -> None:
    source = (public / "verify_reserves.py").read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 8))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    standard = {"argparse", "datetime", "hashlib", "hmac", "io", "json", "os", "re", "sys"}
    assert imported == standard
    sources = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert sources == {"__future__", "typing"}


def test_what_is_known_from_elsewhere_is_held_against_it(shared_house: House, public: Path, tmp_path: Path) -> None:
    manifest, proof = public / "manifest.json", tmp_path / "proof.json"
    proof.write_bytes(shared_house.proof(BOB))
    root = Manifest.decoded(manifest.read_bytes()).header.super_root().hex()
    told = run_verifier(public, manifest, proof, "--root", root, "--nonce", BOB_NONCE.hex())
    assert told.returncode == 0
    assert "Compare it with other customers" not in told.stdout
    assert "Whether your own page chose" not in told.stdout
    for options in (("--root", "00" * 32), ("--nonce", "00" * 16)):
        refused = run_verifier(public, manifest, proof, *options)
        assert (refused.returncode, refused.stdout[:8]) == (1, "NOT TRUE")
    proof.write_bytes(shared_house.proof(CUSTOMER))
    assert run_verifier(public, manifest, proof, "--nonce", BOB_NONCE.hex()).returncode == 1
    assert run_verifier(public, manifest, tmp_path / "nowhere").returncode == 2
    assert run_verifier(public, manifest, public / "SPEC.md").returncode == 2


def test_the_scripts_of_all_coins_follow_from_the_manifest(shared_house: House, public: Path) -> None:
    world = shared_house.world
    listed = run_verifier(public, public / "manifest.json", public / "manifest.json", "--coins").stdout.splitlines()
    manifest = Manifest.decoded(shared_house.manifest())
    assert len(listed) == sum(len(vault.coins) for vault in manifest.vaults)
    for line in listed:
        outpoint, value, script = line.split()
        txid, index = outpoint.split(":")
        status = world.node.transaction(txid)
        assert status is not None
        paid = int(value).to_bytes(8, "little") + bytes([len(bytes.fromhex(script))]) + bytes.fromhex(script)
        assert paid in status.raw
        assert index.isdigit()


def test_a_proof_is_one_of_this_epoch_only(house: House) -> None:
    first, alice = house.manifest(), house.proof(CUSTOMER)
    house.world.fund(BOB, 1_000)
    house.publish()
    second = house.manifest(2)
    assert house.proof(CUSTOMER, 1) == alice
    assert verify_proof(second, house.proof(BOB)).balances[0].amount.units == BOB_SAT + 1_000
    assert Proof.decoded(house.proof(BOB, 1)).salt != Proof.decoded(house.proof(BOB, 2)).salt
    for manifest, proof in ((first, house.proof(CUSTOMER, 2)), (second, alice)):
        with pytest.raises(Exception, match="another epoch"):
            verify_proof(manifest, proof)


def test_nobody_else_is_in_it(shared_house: House) -> None:
    with pytest.raises(CustomerNotInEpoch):
        shared_house.proof("mallory")
    with pytest.raises(EpochUnknown):
        shared_house.proof(BOB, 2)
    with pytest.raises(EpochUnknown):
        prove(shared_house.directory.parent / "nowhere", BOB)


def test_a_nonce_has_sixteen_bytes(shared_house: House) -> None:
    with transaction(shared_house.world.plane.engine) as connection, pytest.raises(NonceMalformed):
        set_customer_nonce(connection, BOB, bytes(15))


def test_what_is_held_is_still_owed(house: House) -> None:
    house.world.request("held", 20_000_000)
    house.publish()
    assert verify_proof(house.manifest(2), house.proof(CUSTOMER)).balances[0].amount.units == DEPOSIT_SAT
    house.world.approve(intent := house.world.planned("paid", 30_000_000))
    house.world.settle(intent)
    # In a block, but not deep enough to be in the books: neither the payment nor the coins that it spends count yet.
    house.publish()
    assert verify_proof(house.manifest(3), house.proof(CUSTOMER)).balances[0].amount.units == DEPOSIT_SAT
    house.world.mine(1)
    house.publish()
    owed = verify_proof(house.manifest(4), house.proof(CUSTOMER)).balances[0].amount.units
    assert owed == DEPOSIT_SAT - 30_000_000
