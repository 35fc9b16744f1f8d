"""The scripts people and CI run: they parse, refuse wrong use, and name no host."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = sorted(path for path in (ROOT / "scripts").iterdir() if path.is_file() and not path.name.startswith("_"))
BASH = b"#!/usr/bin/env bash\n"
SHELL = [
    *(path for path in COMMANDS if path.read_bytes().startswith(BASH)),
    ROOT / "scripts" / "_bootstrap.sh",
    ROOT / ".ci" / "run",
]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a script from another folder, as people do."""
    return subprocess.run([str(ROOT / command[0]), *command[1:]], cwd="/", capture_output=True, text=True, check=False)


def sourced(function: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Call one function of the bootstrap."""
    words = " ".join([function, *arguments])
    return subprocess.run(
        ["bash", "-c", f". '{ROOT}/scripts/_bootstrap.sh'; {words}"], capture_output=True, text=True, check=False
    )


def test_the_promised_scripts_are_there() -> None:
    assert {"setup", "demo", "test", "check", "bench"} <= {path.name for path in SHELL}


@pytest.mark.parametrize("script", SHELL, ids=lambda path: path.name)
def test_script_is_valid_bash(script: Path) -> None:
    checked = subprocess.run(["bash", "-n", str(script)], capture_output=True, text=True, check=False)
    assert checked.stderr == ""
    assert checked.returncode == 0


@pytest.mark.parametrize("script", [*COMMANDS, ROOT / ".ci" / "run"], ids=lambda path: path.name)
def test_script_can_be_run(script: Path) -> None:
    assert os.access(script, os.X_OK)
    assert script.read_bytes().startswith((BASH, b"#!/usr/bin/env python3\n"))


@pytest.mark.parametrize("script", SHELL, ids=lambda path: path.name)
def test_script_names_no_network_host(script: Path) -> None:
    assert not re.search(r"https?://|\b[a-z0-9-]+\.(?:com|org|io|dev|sh)\b", script.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "command",
    [("scripts/bench",), ("scripts/bench", "no_such"), ("scripts/bench", "../x"), ("scripts/check", "no-such")],
    ids=" ".join,
)
def test_wrong_use_is_one_line_and_status_2(command: tuple[str, ...]) -> None:
    refused = run(*command)
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert refused.stderr.startswith("usage: ")
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("oldest", "version", "accepted"),
    [("1.88.0", "1.88.0", True), ("1.88.0", "1.100.0", True), ("1.88.0", "1.63.0", False), ("3.11", "3.9.2", False)],
)
def test_versions_compare_by_number(oldest: str, version: str, *, accepted: bool) -> None:
    assert (sourced("at_least", oldest, version).returncode == 0) is accepted


def test_a_tool_that_does_not_run_counts_as_missing() -> None:
    assert sourced("works", "1.0", "false").returncode != 0
    assert sourced("works", "1.0", "no-such-tool").returncode != 0


def test_what_is_missing_is_said_in_one_line_with_status_3() -> None:
    refused = sourced("missing", "'a C linker (cc)'", "'Install gcc.'")
    assert refused.returncode == 3
    assert refused.stderr.endswith("missing a C linker (cc). Install gcc.\n")


def test_a_machine_without_a_browser_is_told_what_is_skipped_in_one_line() -> None:
    without = "debian() { return 1; }; chromium_found() { return 1; }; ensure_chromium"
    told = sourced(f"true; {without}")
    assert told.returncode == 0
    assert "tests of pages are skipped. Install Debian's package chromium" in told.stderr
    assert told.stderr.count("\n") == 1
