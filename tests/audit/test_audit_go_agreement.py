"""A second opinion: Go's own transparency log packages check what ours wrote, and ours checks what theirs signed."""

import base64
import copy
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit_events import frozen
from holdfast.audit import (
    LogSigner,
    add_signature,
    append,
    checkpoint,
    consistency_proof,
    cosign,
    entries,
    inclusion_proof,
    open_checkpoint,
    verify_cosignature,
)
from holdfast.audit.notes import parse_note, raw_public_key
from holdfast.store import open_engine, transaction

SIZE = 36
COSIGNED_AT_S = 1_760_000_123
MODULE = Path(__file__).parent / "go"

Agreement = Callable[[dict[str, Any]], tuple[str, str]]


def in_base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


LOG = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNER = LogSigner("holdfast.example/log", LOG)
COSIGNERS = {f"signer-{i}.example": Ed25519PrivateKey.from_private_bytes(bytes([i]) * 32) for i in range(1, 4)}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go program; skips where it cannot be built."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("Go is not installed: https://go.dev/dl, or your system's package golang")
    path = tmp_path_factory.mktemp("go") / "agreement"
    built = subprocess.run([go, "build", "-o", path, "."], cwd=MODULE, capture_output=True, text=True, check=False)
    if built.returncode != 0 and ("dial tcp" in built.stderr or "lookup " in built.stderr):
        pytest.skip(f"Go's module proxy is out of reach: {built.stderr.splitlines()[-1]}")
    assert built.returncode == 0, built.stderr
    return path


@pytest.fixture
def agreement(program: Path, tmp_path: Path) -> Agreement:
    """Runs the Go program on what we wrote: its complaint, and the note it signed."""

    def run(ours: dict[str, Any]) -> tuple[str, str]:
        given, answer = tmp_path / "input.json", tmp_path / "output.json"
        given.write_text(json.dumps(ours))
        ran = subprocess.run([program, given, answer], capture_output=True, text=True, check=False, timeout=60)
        assert (ran.returncode == 0) == (ran.stderr == "")
        return ran.stderr, json.loads(answer.read_text())["note"] if ran.returncode == 0 else ""

    return run


@pytest.fixture(scope="module")
def written(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Every checkpoint and every proof of a log of 36 entries."""
    path = tmp_path_factory.mktemp("log") / "holdfast.db"
    shutil.copy(sqlite_template, path)
    engine = open_engine(f"sqlite:///{path}")
    notes = []
    with transaction(engine) as connection:
        for size in range(SIZE + 1):
            note = checkpoint(connection, SIGNER)
            append(connection, frozen(size, "ada"), size)
            for name, key in COSIGNERS.items():
                note = add_signature(note, cosign(note, name, key, COSIGNED_AT_S))
            notes.append(note)
        pairs = [(old, new) for new in range(1, SIZE + 1) for old in range(new)]
        inclusion = [proof(index, size, inclusion_proof(connection, index, size)) for index, size in pairs]
        consistency = [proof(old, new, consistency_proof(connection, old, new)) for old, new in pairs if old]
        logged = [in_base64(entry.encoded()) for entry in entries(connection, 0, SIZE)]
    engine.dispose()
    return {
        "origin": SIGNER.name,
        "public_key": in_base64(SIGNER.public_key),
        "seed": in_base64(LOG.private_bytes_raw()),
        "cosigners": [{"name": name, "public_key": in_base64(raw_public_key(key))} for name, key in COSIGNERS.items()],
        "cosigned_at_s": COSIGNED_AT_S,
        "entries": logged,
        "notes": notes,
        "false_notes": [],
        "inclusion": inclusion,
        "consistency": [*consistency, *(proof(size, size, []) for size in range(1, SIZE + 1))],
    }


@pytest.fixture
def ours(written: dict[str, Any]) -> dict[str, Any]:
    """What we wrote, to be changed by a test."""
    return copy.deepcopy(written)


def proof(old: int, new: int, hashes: list[bytes], *, false: bool = False) -> dict[str, Any]:
    return {"old": old, "new": new, "hashes": [in_base64(item) for item in hashes], "false": false}


def test_go_verifies_what_we_wrote(agreement: Agreement, ours: dict[str, Any]) -> None:
    false_hash = [bytes(32)]
    ours["inclusion"] += [proof(0, 2, false_hash, false=True), proof(1, 1, false_hash, false=True)]
    ours["consistency"] += [proof(1, 2, false_hash, false=True), proof(1, 2, [], false=True)]
    ours["false_notes"] = [
        ours["notes"][2].replace("\n2\n", "\n3\n"),
        ours["notes"][2].replace("\n\n", "\nan extension line that nobody signed\n\n"),
        ours["notes"][2].partition("\n\n")[0] + "\n\n" + ours["notes"][3].partition("\n\n")[2],
    ]
    complaint, _ = agreement(ours)
    assert complaint == ""


def test_we_open_what_go_signed(agreement: Agreement, ours: dict[str, Any]) -> None:
    _, note = agreement(ours)
    assert open_checkpoint(note, SIGNER.name, SIGNER.public_key).size == SIZE
    assert verify_cosignature(note, SIGNER.name, SIGNER.public_key) > COSIGNED_AT_S
    # Ed25519 is deterministic: the log's line is ours to the byte.
    assert parse_note(note).signatures[0] == parse_note(ours["notes"][-1]).signatures[0]


@pytest.mark.parametrize("kind", ["inclusion", "consistency"])
def test_go_notices_a_false_proof_that_we_call_true(agreement: Agreement, ours: dict[str, Any], kind: str) -> None:
    """So the agreement above is not that of a program that cannot say no."""
    ours[kind].append(proof(1, 2, [bytes(32)]))
    complaint, _ = agreement(ours)
    assert complaint.startswith(f"the {kind} proof from 1 to 2 (false: false)")


def test_go_notices_a_checkpoint_of_another_key(agreement: Agreement, ours: dict[str, Any]) -> None:
    state = open_checkpoint(ours["notes"][7], SIGNER.name, SIGNER.public_key)
    ours["notes"][7] = LogSigner(SIGNER.name, Ed25519PrivateKey.generate()).sign(state)
    complaint, _ = agreement(ours)
    assert complaint.startswith("the checkpoint of 7 entries")
