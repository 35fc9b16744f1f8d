"""A deployment for the command line and the console: one of everything that they show, made once and copied."""

import contextlib
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from holdfast.cli import main
from holdfast.custody import cosign_log, plan_payout
from holdfast.errors import HoldfastError
from holdfast.signer import SignerServer
from world import NOW_S, World, bitcoin_address, build_template

SANCTIONED = "mgZTUXJkFLMK3jNFCoxUEkKJzn89ARD6AJ"
"""The regtest spelling of an address on the packaged sanctions list."""


def build_populated(directory: Path) -> Path:
    """A withdrawal paid, one refused, one that waits, and one whose payout waits for approvals."""
    build_template(directory)
    world = World.open(directory, NOW_S)
    paid = world.approved("w-paid", 20_000_000)
    world.settle(paid)
    world.mine(3)
    with contextlib.suppress(HoldfastError):
        world.request("w-sanctioned", 1_000_000, SANCTIONED)
    world.request("w-batched", 30_000_000, bitcoin_address(8))
    awaiting = plan_payout(world.plane, "hot", ["w-batched"])
    world.approve(awaiting, persons=1)
    world.request("w-waiting", 5_000_000)
    cosign_log(world.plane)
    world.close()
    return directory


def copy_home(template: Path, directory: Path) -> Path:
    """A copy of a deployment's folder."""
    shutil.copytree(template, directory, ignore=shutil.ignore_patterns("scratch", "*.sock"))
    return directory


@contextlib.contextmanager
def signers_served(world: World, *names: str) -> Generator[None]:
    """The named signers (all, when none is named) on their sockets, by threads of this process."""
    chosen = names or tuple(world.signers)
    servers = [SignerServer(world.signers[name], world.deployment.socket(name)) for name in chosen]
    threads = [threading.Thread(target=server.serve_forever, args=(0.02,)) for server in servers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """The document's error."""
        assert set(self.document) == {"error"}
        return self.document["error"]


class Shell:
    """Runs commands in this process, as the program's entry point does."""

    def __init__(self, capture: pytest.CaptureFixture[str], home: Path) -> None:
        self._capture = capture
        self.home = home

    def __call__(self, *words: str | Path) -> Ran:
        """The words after the program's name."""
        self._capture.readouterr()
        status = main([str(word) for word in words])
        out, err = self._capture.readouterr()
        return Ran(status, out, err)

    def at_home(self, *words: str | Path) -> Ran:
        """The same with ``--home``."""
        return self(*words, "--home", self.home)

    def refused(self, status: int, code: str, *words: str | Path) -> str:
        """A command that must be refused, both for people and for programs; returns its message."""
        plain = self(*words)
        assert (plain.status, plain.out) == (status, "")
        assert plain.err.startswith(f"{code}: ")
        assert plain.err.count("\n") == 1
        asked = self(*words, "--json")
        assert (asked.status, asked.error["code"]) == (status, code)
        assert asked.err == f"{code}: {asked.error['message']}\n"
        return str(asked.error["message"])


def start(*words: str | Path) -> subprocess.Popen[str]:
    """A command as a process of its own."""
    script = "import sys; from holdfast.cli import main; sys.exit(main())"
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def opened(home: Path) -> Iterator[World]:
    """The deployment of a folder, opened in this process at the time of the template."""
    world = World.open(home, NOW_S)
    yield world
    world.close()
