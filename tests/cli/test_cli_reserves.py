"""``holdfast reserves``: the whole way from publishing to verifying, and each way in which it ends otherwise."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import holdfast.reserves.published
from cli_rig import Shell, signers_served
from holdfast.clock import SystemClock
from holdfast.demo.bitcoin_node import NodeServer
from holdfast.reserves import set_customer_nonce
from holdfast.store import transaction
from reserves_forge import forged
from world import CUSTOMER, DEPOSIT_SAT, World

PAID_SAT = 20_000_000
OWED = str(DEPOSIT_SAT - PAID_SAT)


@pytest.fixture
def world(world: World) -> World:
    """The deployment, whose signers' clock is that of the commands: an epoch's time is held against both."""
    world.clock.advance(SystemClock().now_s() - world.clock.now_s())
    return world


@pytest.fixture
def live(world: World) -> Iterator[World]:
    """The deployment with its signers and its node answering."""
    with NodeServer(world.node, world.deployment.node_socket), signers_served(world):
        yield world


def test_from_publishing_to_verifying(shell: Shell, live: World, tmp_path: Path) -> None:
    published = shell.at_home("reserves", "publish", "--json")
    assert published.status == 0
    epoch = published.document["published"]
    assert (epoch["epoch"], epoch["assets"][0]["covered"], epoch["assets"][0]["liabilities"]["units"]) == (
        1,
        True,
        OWED,
    )
    public = Path(epoch["public"])
    assert public == live.deployment.control / "reserves" / "1" / "public"

    proof = tmp_path / "proof.json"
    cut = shell.at_home("reserves", "prove", "--customer", CUSTOMER, "--out", proof, "--json")
    assert (cut.document["file"], proof.stat().st_mode & 0o777) == (str(proof), 0o600)
    # The same again is the same file.
    assert shell.at_home("reserves", "prove", "--customer", CUSTOMER, "--out", proof).status == 0

    verified = shell("reserves", "verify", public / "manifest.json", proof, "--root", epoch["super_root"], "--json")
    assert (verified.status, verified.document["valid"], verified.document["root_pinned"]) == (0, True, True)
    assert verified.document["proofs"][0]["balances"][0]["units"] == OWED
    plain = shell("reserves", "verify", proof, public / "manifest.json", "--format", "holdfast")
    assert plain.status == 0
    assert "alice is counted in epoch 1" in plain.out
    assert "2.8 BTC" in plain.out
    for unknown in ("compare it", "their keys with --key", "the house chose the nonce", "were unspent"):
        assert unknown in plain.err
    assert "in every number" in plain.err

    checked = shell.at_home("reserves", "check", "--json")
    assert (checked.status, checked.document["right"], checked.document["customers"]) == (0, True, 1)
    assert "right: the balances of 1 customers" in shell.at_home("reserves", "check", "--epoch", "1").out

    program = [sys.executable, "-I", str(public / "verify_reserves.py"), str(public / "manifest.json"), str(proof)]
    ran = subprocess.run(program, capture_output=True, text=True, check=False)
    assert (ran.returncode, "2.8 BTC" in ran.stdout) == (0, True)


def test_what_is_known_from_elsewhere_is_not_asked_for_again(shell: Shell, live: World, tmp_path: Path) -> None:
    with transaction(live.plane.engine) as connection:
        set_customer_nonce(connection, CUSTOMER, bytes(range(16)))
    epoch = shell.at_home("reserves", "publish", "--json").document["published"]
    manifest, proof = Path(epoch["public"]) / "manifest.json", tmp_path / "proof.json"
    shell.at_home("reserves", "prove", "--customer", CUSTOMER, "--out", proof)
    (shown,) = shell("reserves", "verify", manifest, proof, "--json").document["proofs"]
    assert (shown["before"]["epoch"], shown["skipped"]) == (0, [])
    key, root = f"hot={shown['keys']['hot'].upper()}", f" {epoch['super_root'].upper()} "
    known = ("--key", key, "--root", root, "--nonce", shown["nonce"].upper())
    told = shell("reserves", "verify", manifest, proof, *known)
    assert (told.status, "give " in told.err) == (0, False)
    # Nothing is published twice as of one block.
    shell.refused(1, "reserves.not_later", "reserves", "publish", "--home", shell.home)


def test_what_people_read(shell: Shell, live: World) -> None:
    shown = shell.at_home("reserves", "publish")
    assert shown.status == 0
    assert "2.8 BTC, covered by" in shown.out
    assert f"published in {live.deployment.control / 'reserves' / '1' / 'public'}" in shown.out
    assert shell.at_home("reserves", "attest").out == "no epoch waits for its signers\n"
    assert shell.at_home("reserves", "attest", "--json").document == {"published": None}


def test_an_epoch_waits_for_its_signers(shell: Shell, world: World) -> None:
    with NodeServer(world.node, world.deployment.node_socket):
        with signers_served(world, "bern", "basel"):
            waiting = shell.at_home("reserves", "publish", "--json")
            assert (waiting.status, waiting.error["code"]) == (3, "reserves.attestation_unavailable")
        with signers_served(world):
            assert shell.at_home("reserves", "attest", "--json").document["published"]["epoch"] == 1


def test_without_a_node_nothing_is_known(shell: Shell, world: World) -> None:
    with signers_served(world):
        shell.refused(3, "chains.unavailable", "reserves", "publish", "--home", shell.home)
    shell.refused(1, "reserves.epoch_unknown", "reserves", "check", "--home", shell.home)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_name_that_the_terminal_cannot_spell(tmp_path: Path, encoding: str) -> None:
    manifest, proof = forged(("BTC", 8), venue="Börse \N{BLACK CHESS KING}")
    for name, content in (("manifest.json", manifest), ("proof.json", proof)):
        (tmp_path / name).write_bytes(content)
    script = "import sys; from holdfast.cli import main; sys.exit(main())"
    words = [sys.executable, "-c", script, "reserves", "verify", "manifest.json", "proof.json"]
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    ran = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert (ran.returncode, b"rse " in ran.stdout) == (0, True)


@pytest.mark.parametrize("named", ["nowhere", "pipe", "."])
def test_the_published_verifier_waits_for_no_pipe(tmp_path: Path, named: str) -> None:
    (folder,) = holdfast.reserves.published.__path__
    os.mkfifo(tmp_path / "pipe")
    words = [sys.executable, "-I", str(Path(folder, "verify_reserves.py")), named, named]
    ran = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=30)
    assert (ran.returncode, ran.stdout.startswith("NOT IN THE FORMAT: "), ran.stdout.count("\n")) == (2, True, 1)


def test_what_is_not_true_has_status_1(shell: Shell, live: World, tmp_path: Path) -> None:
    public = Path(shell.at_home("reserves", "publish", "--json").document["published"]["public"])
    proof, manifest = tmp_path / "proof.json", public / "manifest.json"
    shell.at_home("reserves", "prove", "--customer", CUSTOMER, "--out", proof)
    altered = tmp_path / "altered.json"
    altered.write_bytes(proof.read_bytes().replace(b'"customer":"alice"', b'"customer":"alicf"'))
    shell.refused(1, "reserves.proof_invalid", "reserves", "verify", manifest, altered)
    shell.refused(1, "reserves.super_root_mismatch", "reserves", "verify", manifest, proof, "--root", "00" * 32)
    shell.refused(1, "reserves.nonce_mismatch", "reserves", "verify", manifest, proof, "--nonce", "00" * 16)
    shell.refused(1, "reserves.key_mismatch", "reserves", "verify", manifest, proof, "--key", f"cold=02{'11' * 32}")
    shell.refused(1, "reserves.key_mismatch", "reserves", "verify", manifest, proof, "--key", f"hot=02{'11' * 32}")
    home = ("--home", shell.home)
    shell.refused(1, "reserves.customer_not_in_epoch", "reserves", "prove", "--customer", "nobody", *home)
    shell.refused(1, "reserves.epoch_unknown", "reserves", "prove", "--customer", CUSTOMER, "--epoch", "2", *home)
    with live.plane.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM reserve_epoch")
    broken = shell.at_home("reserves", "check", "--json")
    assert (broken.status, broken.error["code"]) == (1, "reserves.broken")
    assert broken.error["details"]["findings"][0]["kind"] == "record"


def test_what_is_malformed_has_status_2(shell: Shell, live: World, tmp_path: Path) -> None:
    public = Path(shell.at_home("reserves", "publish", "--json").document["published"]["public"])
    proof, manifest = tmp_path / "proof.json", public / "manifest.json"
    shell.at_home("reserves", "prove", "--customer", CUSTOMER, "--out", proof)
    spaced = tmp_path / "spaced.json"
    spaced.write_bytes(proof.read_bytes() + b"\n")
    shell.refused(2, "reserves.document_malformed", "reserves", "verify", manifest, spaced)
    for files in ((manifest,), (proof,), (manifest, manifest), (manifest, manifest, proof)):
        shell.refused(2, "cli.usage", "reserves", "verify", *files)
    shell.refused(2, "cli.usage", "reserves", "verify", manifest, proof, "--format", "napkin")
    for option, value in (("--root", "00"), ("--root", "zz" * 32), ("--nonce", ""), ("--key", "hot"), ("--key", "=02")):
        shell.refused(2, "cli.usage", "reserves", "verify", manifest, proof, option, value)
    spaced.write_bytes(b"something else")
    shell.refused(
        2, "cli.file_exists", "reserves", "prove", "--customer", CUSTOMER, "--out", spaced, "--home", shell.home
    )
    os.mkfifo(tmp_path / "pipe")
    for named in ("nowhere", "pipe", "."):
        shell.refused(2, "cli.file_unreadable", "reserves", "verify", manifest, tmp_path / named)
    nowhere = tmp_path / "no" / "folder.json"
    shell.refused(
        3, "cli.file_unavailable", "reserves", "prove", "--customer", CUSTOMER, "--out", nowhere, "--home", shell.home
    )
