"""``holdfast audit``: out of the database, and checked without it."""

import base64
import json
import os
from pathlib import Path

import pytest

from cli_rig import Shell, signers_served
from holdfast.audit import LogSigner, log_size
from holdfast.store import snapshot, transaction
from world import World


@pytest.fixture
def exported(shell: Shell, tmp_path: Path) -> Path:
    """An export to a file; no signer runs, so that it has only the cosignatures given before."""
    path = tmp_path / "log.jsonl"
    assert shell.at_home("audit", "export", "--out", path).status == 0
    return path


def genesis_of(shell: Shell) -> Path:
    return shell.home / "control" / "genesis.cbor"


def test_export_to_stdout_is_the_export_and_nothing_else(shell: Shell, tmp_path: Path) -> None:
    ran = shell.at_home("audit", "export")
    assert ran.status == 0
    assert all(json.loads(line) for line in ran.out.splitlines())
    (tmp_path / "log.jsonl").write_text(ran.out, encoding="utf-8")
    assert shell("audit", "verify", tmp_path / "log.jsonl").status == 0


def test_export_asks_for_cosignatures_and_says_who_gave_none(shell: Shell, world: World, tmp_path: Path) -> None:
    with signers_served(world, "bern", "geneva", "lugano"):
        found = shell.at_home("audit", "export", "--out", tmp_path / "log.jsonl", "--json").document
    assert found["not_cosigned_by"] == {"basel": "signer.unavailable", "zurich": "signer.unavailable"}
    verify = ("audit", "verify", tmp_path / "log.jsonl", "--genesis", genesis_of(shell))
    assert shell(*verify, "--cosigners", "3").status == 0


def test_export_overwrites_nothing_and_leaves_nothing_half(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text("mine", encoding="utf-8")
    shell.refused(2, "cli.file_exists", "audit", "export", "--home", shell.home, "--out", path)
    assert path.read_text(encoding="utf-8") == "mine"
    shell.refused(3, "cli.file_unavailable", "audit", "export", "--home", shell.home, "--out", tmp_path / "no" / "log")


def test_export_as_json_needs_a_file(shell: Shell) -> None:
    refused = shell.at_home("audit", "export", "--json")
    assert (refused.status, refused.error["code"]) == (2, "cli.usage")


def test_verify_with_the_genesis_pins_the_logs_key(shell: Shell, exported: Path) -> None:
    report = shell("audit", "verify", exported, "--genesis", genesis_of(shell), "--cosigners", "5", "--json").document
    assert (report["valid"], report["log_key_pinned"], len(report["cosigned"])) == (True, True, 5)
    shown = shell("audit", "verify", exported, "--genesis", genesis_of(shell))
    assert "5 of 5" in shown.out
    assert shown.err == ""


def test_verify_without_a_genesis_says_what_that_is_worth(shell: Shell, exported: Path) -> None:
    ran = shell("audit", "verify", exported)
    assert ran.status == 0
    assert "anyone could have written it" in ran.err
    assert shell("audit", "verify", exported, "--json").document["log_key_pinned"] is False


def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def write_lines(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_verify_entries_in_another_order(shell: Shell, exported: Path) -> None:
    header, first, second, *rest = lines_of(exported)
    write_lines(exported, [header, second, first, *rest])
    shell.refused(1, "audit.entry_missing", "audit", "verify", exported)


def test_verify_an_altered_entry(shell: Shell, exported: Path) -> None:
    lines = lines_of(exported)
    altered = bytearray(base64.b64decode(json.loads(lines[1])["entry"]))
    altered[-1] ^= 1  # the last letter of the venue's name
    lines[1] = json.dumps({"entry": base64.b64encode(altered).decode()})
    write_lines(exported, lines)
    shell.refused(1, "audit.entries_altered", "audit", "verify", exported)


def test_verify_a_forged_checkpoint(shell: Shell, exported: Path) -> None:
    *lines, last = lines_of(exported)
    note = json.loads(last)["checkpoint"]
    signature = next(line for line in note.splitlines() if line.startswith("— example-exchange"))
    other = signature[:-8] + ("A" if signature[-8] != "A" else "B") + signature[-7:]
    write_lines(exported, [*lines, json.dumps({"checkpoint": note.replace(signature, other)})])
    shell.refused(1, "audit.checkpoint_forged", "audit", "verify", exported, "--genesis", genesis_of(shell))


def test_verify_a_log_that_another_key_signed(shell: Shell, exported: Path, tmp_path: Path) -> None:
    forger = LogSigner.create(tmp_path / "forger.key", "example-exchange.holdfast/log")
    header, *lines = lines_of(exported)
    stated = json.loads(header) | {"log_key": base64.b64encode(forger.public_key).decode()}
    write_lines(exported, [json.dumps(stated), *lines])
    shell.refused(1, "audit.checkpoint_forged", "audit", "verify", exported)
    # With the genesis it does not matter what the file says of itself.
    assert shell("audit", "verify", exported, "--genesis", genesis_of(shell)).status == 0


def test_verify_a_truncated_file(shell: Shell, exported: Path) -> None:
    exported.write_bytes(exported.read_bytes()[:-20])
    shell.refused(1, "audit.export_truncated", "audit", "verify", exported)


@pytest.mark.parametrize("content", [b"", b"hello\n", b"{}\n", b"\x00" * 100, b"[" * 100_000])
def test_verify_a_file_that_is_no_export(shell: Shell, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    ran = shell("audit", "verify", path, "--json")
    assert (ran.status, ran.error["code"].startswith("audit.export_")) in ((1, True), (2, True))


def test_verify_no_file(shell: Shell, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for named in ("none", "pipe", "."):
        shell.refused(2, "audit.export_malformed", "audit", "verify", tmp_path / named)


@pytest.mark.parametrize("named", ["none", "pipe", "."])
def test_verify_with_no_file_as_genesis(shell: Shell, exported: Path, tmp_path: Path, named: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    shell.refused(2, "cli.file_unreadable", "audit", "verify", exported, "--genesis", tmp_path / named)


def test_a_version_is_a_number(shell: Shell, exported: Path) -> None:
    exported.write_bytes(exported.read_bytes().replace(b'"version":1', b'"version":true', 1))
    shell.refused(2, "audit.export_malformed", "audit", "verify", exported)


def test_verify_with_too_few_cosigners(shell: Shell, exported: Path) -> None:
    shell.refused(
        1, "audit.cosignatures_too_few", "audit", "verify", exported, "--home", shell.home, "--cosigners", "6"
    )


def test_cosigners_are_known_by_a_genesis_only(shell: Shell, exported: Path) -> None:
    shell.refused(2, "cli.usage", "audit", "verify", exported, "--cosigners", "3")


def test_an_export_continues_an_older_one_and_not_a_newer(
    shell: Shell, exported: Path, world: World, tmp_path: Path
) -> None:
    world.request("w-later", 1_000_000)
    newer = tmp_path / "newer.jsonl"
    assert shell.at_home("audit", "export", "--out", newer).status == 0
    assert shell("audit", "verify", newer, "--since", exported).status == 0
    assert shell("audit", "verify", exported, "--since", newer).status == 1


@pytest.mark.parametrize("content", [b"", b"\x00", b"hello", b"\x81" * 2_000_000])
def test_verify_with_something_else_as_genesis(shell: Shell, exported: Path, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "genesis.cbor"
    path.write_bytes(content)
    ran = shell("audit", "verify", exported, "--genesis", path, "--json")
    assert (ran.status, ran.error["code"].split(".")[0]) == (2, "encoding")


def unguarded(world: World, *statements: str) -> None:
    """What an owner of the database can do."""
    with transaction(world.plane.engine) as connection:
        for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_a_log_that_lacks_an_entry_leaves_no_half_export(shell: Shell, world: World, tmp_path: Path) -> None:
    unguarded(world, "DELETE FROM audit_entry WHERE sequence = 2")
    out = tmp_path / "log.jsonl"
    shell.refused(1, "audit.log_broken", "audit", "export", "--home", shell.home, "--out", out)
    assert not out.exists()


def test_a_log_that_was_altered_is_not_signed_again(shell: Shell, world: World, tmp_path: Path) -> None:
    with snapshot(world.plane.engine) as connection:
        size = log_size(connection)
    world.request("w-later", 1_000_000)
    unguarded(
        world,
        f"UPDATE audit_entry SET leaf_hash = zeroblob(32) WHERE sequence = {size - 1}",
        "UPDATE audit_node SET hash = zeroblob(32)",
    )
    out = tmp_path / "log.jsonl"
    shell.refused(1, "audit.log_broken", "audit", "export", "--home", shell.home, "--out", out)
    assert not out.exists()
