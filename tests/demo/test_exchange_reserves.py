"""The reserves as a customer gets them: the published files as they are, the proof for its owner only."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from exchange_rig import Customer
from holdfast.reserves import PUBLISHED_FILES, verify_proof, views
from world import World


@pytest.fixture
def counted(world: World, newcomer: Customer) -> Customer:
    """A newcomer with half a bitcoin, counted in the first epoch."""
    newcomer.open_account("carla")
    world.fund("carla", 50_000_000)
    assert newcomer.post("/simulation/publish", {}).json() == {"epoch": 1}
    return newcomer


def test_the_proof_is_of_the_balance_and_of_the_pages_own_nonce(counted: Customer) -> None:
    manifest, proof = counted.get("/reserves/1/manifest.json"), counted.get("/reserves/1/proof.json")
    report = verify_proof(manifest.content, proof.content)
    assert [str(balance.amount) for balance in report.balances] == ["0.5 BTC"]
    assert json.loads(proof.content)["nonce"] == counted.nonce
    assert json.loads(proof.content)["nonce_by"] == "customer"


def test_the_command_that_the_page_names_accepts_what_it_gives_out(counted: Customer, tmp_path: Path) -> None:
    names = ("verify_reserves.py", "manifest.json", "proof.json")
    for name in names:
        (tmp_path / name).write_bytes(counted.get(f"/reserves/1/{name}").content)
    assert "python3 -I verify_reserves.py manifest.json proof.json" in counted.get("/reserves").text
    ran = subprocess.run([sys.executable, "-I", *names], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
    assert "0.5 BTC" in ran.stdout


def test_what_is_published_is_for_everybody(counted: Customer) -> None:
    stranger = Customer(counted.app)
    for name in ("manifest.json", *PUBLISHED_FILES):
        assert stranger.get(f"/reserves/1/{name}").content == counted.get(f"/reserves/1/{name}").content
    assert stranger.get("/reserves/1/verify.js").headers["content-type"].startswith("text/javascript")


def test_a_file_is_given_out_without_reading_the_manifest(counted: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "read_manifest", lambda _folder: pytest.fail("a large manifest takes seconds to read"))
    assert Customer(counted.app).get("/reserves/1/verify.css").status_code == 200


def test_a_proof_is_its_owners(counted: Customer, alice: Customer) -> None:
    stranger = Customer(counted.app)
    assert stranger.get("/reserves/1/proof.json").status_code == 401
    assert json.loads(alice.get("/reserves/1/proof.json").content)["customer"] == "alice"


def test_who_came_later_is_in_no_earlier_epoch(counted: Customer) -> None:
    later = Customer(counted.app).open_account("dora")
    answer = later.get("/reserves/1/proof.json")
    assert answer.status_code == 404
    assert "reserves.customer_not_in_epoch" in answer.text


@pytest.mark.parametrize(
    "path",
    ["/reserves/2/manifest.json", "/reserves/1/private", "/reserves/1/proofs.sqlite", "/reserves/1/..%2f..%2fpolicy"],
)
def test_nothing_else_is_given_out(counted: Customer, path: str) -> None:
    assert counted.get(path).status_code == 404


@pytest.mark.parametrize("epoch", ["0", "-1", "x", "1e9", "9" * 30])
def test_an_epoch_that_cannot_be_is_refused(counted: Customer, epoch: str) -> None:
    assert counted.get(f"/reserves/{epoch}/manifest.json").status_code == 400
