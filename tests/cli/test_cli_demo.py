"""``holdfast demo``: the story's own tests tell it; here, that the command carries it out and says how it went."""

import json
import signal
import socket
from pathlib import Path

import httpx

from cli_rig import Shell, start
from holdfast.cli.demo_pages import CUSTOMERS_BELOW
from holdfast.demo.deployment import SIGNERS


def test_unknown_chapter(shell: Shell, tmp_path: Path) -> None:
    message = shell.refused(2, "demo.chapter_unknown", "demo", "--once", "--chapter", "x", "--home", tmp_path / "d")
    assert "genesis" in message
    assert not (tmp_path / "d").exists()


def test_folder_that_is_not_empty(shell: Shell) -> None:
    shell.refused(2, "demo.directory_not_empty", "demo", "--once", "--directory", shell.home)


def test_one_chapter_as_a_document_and_then_its_pages(home: Path) -> None:
    process = start("demo", "--json", "--chapter", "genesis", "--directory", home, "--port", "0")
    try:
        assert process.stderr is not None
        progress = iter(process.stderr.readline, "")
        assert next(line for line in progress if line.startswith("The house is open")).endswith("until Ctrl-C:\n")
        pages = dict(next(progress).split()[:2] for _ in range(2 + len(SIGNERS)))
        assert list(pages) == ["customers", "console", *SIGNERS]
        assert len(set(pages.values())) == len(pages)
        assert "Open an account" in httpx.get(pages["customers"], trust_env=False).text
        assert httpx.get(f"{pages['console']}healthz", trust_env=False).json()["status"] == "ok"
        for signer in SIGNERS:
            assert signer in httpx.get(pages[signer], trust_env=False).text
    finally:
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    told = json.loads(out)
    assert told["ok"] is True
    assert {step["chapter"] for step in told["steps"]} == {"genesis", "deposit"}
    assert all(step["ok"] for step in told["steps"])


def test_a_port_that_is_taken_is_told_before_the_story(shell: Shell, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        console = taken.getsockname()[1] + CUSTOMERS_BELOW
        shell.refused(3, "cli.address_unavailable", "demo", "--port", str(console), "--home", tmp_path / "d")
    assert not (tmp_path / "d").exists()


def test_a_port_without_room_around_it_is_refused(shell: Shell, tmp_path: Path) -> None:
    for port in ("10", "65535"):
        assert "no room" in shell.refused(2, "cli.usage", "demo", "--port", port, "--home", tmp_path / "d")
