"""``holdfast serve`` as a process: the page, the log lines, one process a folder, an orderly end."""

import json
import signal
import socket

import httpx
import pytest

from cli_rig import Shell, start
from holdfast.cli.serve import warn_if_exposed


def test_serve_without_node_or_signers_goes_on_and_says_so(shell: Shell) -> None:
    """Nothing else runs: the page is served all the same, and the log says what is missing."""
    process = start("serve", "--home", shell.home, "--port", "0", "--json")
    assert process.stdout is not None
    announced = json.loads(process.stdout.readline())
    address = announced["address"]
    assert announced["event"] == "serving"
    assert address.startswith("http://localhost:")
    assert httpx.get(f"{address}healthz", timeout=30).json()["status"] == "ok"
    assert httpx.get(address, timeout=30).headers["location"].startswith("/sign-in")
    second = shell.at_home("serve", "--port", "0", "--json")
    assert (second.status, second.error["code"]) == (1, "cli.already_serving")
    process.send_signal(signal.SIGTERM)
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "")
    events = {(line["event"], line.get("code")) for line in map(json.loads, errors.splitlines())}
    assert ("upkeep.failed", "chains.unavailable") in events


def test_serving_beyond_this_machine_warns(capsys: pytest.CaptureFixture[str]) -> None:
    for host in ("127.0.0.1", "::1", "localhost"):
        warn_if_exposed(host)
    assert capsys.readouterr().err == ""
    warn_if_exposed("0.0.0.0")  # noqa: S104 -- the point
    assert "no TLS" in capsys.readouterr().err


def test_serve_on_a_port_that_is_taken(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        shell.refused(3, "cli.address_unavailable", "serve", "--home", shell.home, "--port", port)


def test_serve_on_an_address_that_is_not_ours(shell: Shell) -> None:
    # 192.0.2.0/24 is for documentation (RFC 5737).
    shell.refused(3, "cli.address_unavailable", "serve", "--home", shell.home, "--host", "192.0.2.1")
