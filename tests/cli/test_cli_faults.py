"""Broken, foreign and missing files: one line, a stable code, and nothing changed on the disk."""

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from cli_rig import Shell

BOOKS = (
    ("vault", "list"),
    ("withdrawal", "list"),
    ("withdrawal", "cancel", "w-waiting"),
    ("ledger", "check"),
    ("audit", "export", "--out", "never-written"),
    ("signer", "status"),
    ("freeze", "status"),
    ("serve", "--port", "0"),
)
"""Commands that read the control plane's database."""


def contents(folder: Path) -> dict[str, str]:
    """Every file below a folder and its hash, without what SQLite keeps beside a database."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def beginning_damaged(path: Path) -> None:
    path.write_bytes(b"\x00" * 16 + path.read_bytes()[16:])


def middle_damaged(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096 : 4096 * 8] = os.urandom(4096 * 7)
    path.write_bytes(content)


def foreign(path: Path) -> None:
    path.unlink()
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE recipes (name TEXT)")
    database.close()


def of_a_signer(path: Path) -> None:
    shutil.copy(path.parent.parent / "signers" / "bern" / "signer.sqlite", path)


@pytest.mark.parametrize("words", BOOKS, ids=" ".join)
def test_truncated_database(shell: Shell, words: tuple[str, ...]) -> None:
    require_corrupt(shell, truncated, words)


@pytest.mark.parametrize("damage", [beginning_damaged, middle_damaged, foreign, of_a_signer])
def test_damaged_or_foreign_database(shell: Shell, damage: Callable[[Path], None]) -> None:
    require_corrupt(shell, damage, ("ledger", "check"))


def require_corrupt(shell: Shell, damage: Callable[[Path], None], words: tuple[str, ...]) -> None:
    """Damage the control plane's database and see the command refuse it, and leave it as it is."""
    database = shell.home / "control" / "control.sqlite"
    for left in database.parent.glob("control.sqlite-*"):
        left.unlink()
    damage(database)
    before = contents(shell.home)
    shell.refused(2, "store.corrupt", *words, "--home", shell.home)
    assert contents(shell.home) == before


@pytest.mark.parametrize("words", BOOKS, ids=" ".join)
def test_missing_database_is_not_made_anew(shell: Shell, words: tuple[str, ...]) -> None:
    for path in (shell.home / "control").glob("control.sqlite*"):
        path.unlink()
    before = contents(shell.home)
    shell.refused(3, "cli.database_missing", *words, "--home", shell.home)
    assert contents(shell.home) == before


@pytest.mark.parametrize("words", BOOKS, ids=" ".join)
def test_missing_home(shell: Shell, tmp_path: Path, words: tuple[str, ...]) -> None:
    shell.refused(2, "custody.home_invalid", *words, "--home", tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("control.toml", b"name = ", 2, "custody.home_invalid"),
        ("control.toml", b'name = "x"\nnode = "n"\nsigners = {}\nextra = 1\n', 2, "custody.home_invalid"),
        ("control.toml", b"\xff", 2, "custody.home_invalid"),
        ("genesis.cbor", b"", 2, "encoding.malformed"),
        ("policy.cbor", b"\x80", 2, "encoding.version_unknown"),
        ("sanctions.cbor", b"hello", 2, "encoding.malformed"),
        ("log.key", b"hello", 2, "audit.key_malformed"),
    ],
)
def test_other_files_damaged(shell: Shell, name: str, content: bytes, status: int, code: str) -> None:
    (shell.home / "control" / name).write_bytes(content)
    shell.refused(status, code, "signer", "status", "--home", shell.home)


def test_key_that_others_may_read(shell: Shell) -> None:
    (shell.home / "control" / "log.key").chmod(0o644)
    shell.refused(2, "audit.key_file_unsafe", "signer", "status", "--home", shell.home)


def test_signer_with_anothers_kek(shell: Shell) -> None:
    signers = shell.home / "signers"
    shutil.copy(signers / "geneva" / "kek", signers / "bern" / "kek")
    shell.refused(1, "keys.wrong_kek", "signer", "serve", "--home", signers / "bern")


def test_signer_whose_kek_is_gone_or_open_to_others(shell: Shell) -> None:
    kek = shell.home / "signers" / "bern" / "kek"
    kek.chmod(0o644)
    shell.refused(1, "keys.kek_unsafe", "signer", "serve", "--home", kek.parent)
    kek.unlink()
    shell.refused(3, "keys.kek_missing", "signer", "serve", "--home", kek.parent)


def test_signer_without_its_database_is_not_given_a_new_one(shell: Shell) -> None:
    folder = shell.home / "signers" / "bern"
    for path in folder.glob("signer.sqlite*"):
        path.unlink()
    before = contents(folder)
    shell.refused(2, "signer.home_invalid", "signer", "serve", "--home", folder)
    assert contents(folder) == before


@pytest.mark.parametrize("damage", [truncated, beginning_damaged])
def test_signer_with_a_damaged_database(shell: Shell, damage: Callable[[Path], None]) -> None:
    folder = shell.home / "signers" / "bern"
    for left in folder.glob("signer.sqlite-*"):
        left.unlink()
    damage(folder / "signer.sqlite")
    shell.refused(2, "store.corrupt", "signer", "serve", "--home", folder)


@pytest.mark.parametrize("folder", ["control", "people", "nowhere"])
def test_signer_in_a_folder_that_is_none(shell: Shell, folder: str) -> None:
    before = contents(shell.home)
    shell.refused(2, "signer.home_invalid", "signer", "serve", "--home", shell.home / folder)
    assert contents(shell.home) == before


def test_database_server_out_of_reach_is_named_without_its_password(shell: Shell) -> None:
    path = shell.home / "control" / "control.toml"
    address = "postgresql://house:hunter2@127.0.0.1:1/holdfast"
    path.write_text(f'database = "{address}"\n{path.read_text(encoding="utf-8")}', encoding="utf-8")
    message = shell.refused(3, "store.unavailable", "ledger", "check", "--home", shell.home)
    assert "hunter2" not in message
