"""``holdfast demo``: the story's own tests tell it; here, that the command carries it out and says how it went."""

import json
import signal
from pathlib import Path

from cli_rig import Shell, start


def test_unknown_chapter(shell: Shell, tmp_path: Path) -> None:
    message = shell.refused(2, "demo.chapter_unknown", "demo", "--once", "--chapter", "x", "--home", tmp_path / "d")
    assert "genesis" in message
    assert not (tmp_path / "d").exists()


def test_folder_that_is_not_empty(shell: Shell) -> None:
    shell.refused(2, "demo.directory_not_empty", "demo", "--once", "--directory", shell.home)


def test_one_chapter_as_a_document_and_then_its_page(home: Path) -> None:
    process = start("demo", "--json", "--chapter", "genesis", "--directory", home, "--port", "0")
    assert process.stderr is not None
    progress = iter(process.stderr.readline, "")
    serving = next(line for line in progress if line.startswith("serving http://127.0.0.1:"))
    assert serving.endswith("until Ctrl-C\n")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    told = json.loads(out)
    assert told["ok"] is True
    assert {step["chapter"] for step in told["steps"]} == {"genesis", "deposit"}
    assert all(step["ok"] for step in told["steps"])
