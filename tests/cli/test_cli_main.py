"""Every run ends with a status, a document or a line, and never with a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import holdfast
from cli_rig import Shell
from holdfast.cli import app, main

SECRET = "f" * 64


def test_version(shell: Shell) -> None:
    assert shell("version").out.startswith(f"holdfast {holdfast.__version__} ")
    assert shell("version", "--json").document["version"] == holdfast.__version__


def test_help_is_printed_and_is_no_failure(shell: Shell) -> None:
    shown = shell("--help")
    assert (shown.status, shown.err) == (0, "")
    assert "withdrawal" in shown.out


def test_help_loads_no_heavy_part() -> None:
    script = (
        "import sys; from holdfast.cli import main; status = main(['--help']); "
        "heavy = {'dbos', 'fastapi', 'webauthn', 'sqlalchemy', 'pydantic', 'cryptography'} & set(sys.modules); "
        "sys.exit(f'loaded: {heavy}' if heavy else status)"
    )
    finished = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True, timeout=60)
    assert (finished.returncode, finished.stderr) == (0, "")


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("nonsense",),
        ("vault",),
        ("vault", "nonsense"),
        ("vault", "show"),
        ("vault", "list", "--nonsense"),
        ("withdrawal", "list", "--limit", "0"),
        ("withdrawal", "list", "--limit", "many"),
        ("serve", "--port", "65536"),
        ("policy", "simulate"),
        ("audit", "verify", "x", "--cosigners", "-1"),
    ],
    ids=" ".join,
)
def test_wrong_use_is_one_line_and_status_2(shell: Shell, words: tuple[str, ...]) -> None:
    message = shell.refused(2, "cli.usage", *words)
    assert "--help" in message


@pytest.mark.parametrize(
    "words",
    [
        ("vault", "list"),
        ("vault", "show", "hot"),
        ("withdrawal", "list"),
        ("withdrawal", "show", "w-paid"),
        ("withdrawal", "cancel", "w-paid"),
        ("ledger", "check"),
        ("signer", "status"),
        ("signer", "serve"),
        ("freeze", "status"),
        ("audit", "export", "--out", "x"),
        ("serve",),
    ],
    ids=" ".join,
)
def test_without_a_home_nothing_is_guessed(shell: Shell, words: tuple[str, ...]) -> None:
    shell.refused(2, "cli.home_not_given", *words)


def test_home_comes_from_the_environment_too(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(shell.home))
    assert shell("vault", "list", "--json").document == shell.at_home("vault", "list", "--json").document


def test_the_control_planes_own_folder_will_do(shell: Shell) -> None:
    inside = shell("vault", "list", "--json", "--home", shell.home / "control")
    assert inside.document == shell.at_home("vault", "list", "--json").document


def test_a_fault_of_ours_is_one_line_that_tells_nothing(shell: Shell) -> None:
    @app.command("crash")
    def crash(as_json: bool = False) -> None:
        """Fail in a way that nobody foresaw, with a secret in hand."""
        raise KeyError(SECRET)

    try:
        plain = shell("crash")
    finally:
        app.registered_commands.pop()
    assert (plain.status, plain.out) == (3, "")
    assert plain.err.startswith("cli.internal_fault: internal fault: KeyError at ")
    assert plain.err.count("\n") == 1
    assert SECRET not in plain.err


@pytest.mark.parametrize("words", [("vault", "list"), ("vault", "list", "--json"), ("audit", "export")], ids=" ".join)
def test_a_reader_that_leaves_is_no_failure(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with monkeypatch.context() as patch, os.fdopen(writing, "w") as pipe:
        patch.setattr(sys, "stdout", pipe)
        assert main([*words, "--home", str(shell.home)]) == 0
    assert "Error" not in capsys.readouterr().err


def test_outside_text_cannot_steer_the_terminal(shell: Shell) -> None:
    shown = shell.at_home("vault", "show", "hot\x1b[2J\x1b]0;owned\x07")
    assert shown.status == 2
    assert "\x1b" not in shown.err


def test_main_takes_the_words_of_the_process(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["holdfast", "version"])
    assert main() == 0


def test_the_programs_entry_point_is_installed() -> None:
    program = Path(sys.executable).parent / "holdfast"
    finished = subprocess.run([program, "version"], check=False, capture_output=True, timeout=60, env=dict(os.environ))
    assert finished.returncode == 0
