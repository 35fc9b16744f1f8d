"""``holdfast signer`` and ``holdfast freeze``, on signers that answer, refuse, lie or are away."""

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli_rig import Shell, signers_served, start
from holdfast.cli.process import sole_process
from holdfast.signer import SignerClient, UnixSocketTransport
from signer_rig import Takeover
from world import World


def freeze(world: World, *names: str) -> None:
    """An officer freezes, on these signers' own pages."""
    request = Takeover(world).freeze()
    for name in names:
        world.plane.signer(name).call(request)


def test_status_of_all(shell: Shell, world: World) -> None:
    with signers_served(world):
        found = shell.at_home("signer", "status", "--json").document
        shown = shell.at_home("signer", "status")
    assert [(each["name"], each["answers"], each["frozen"]) for each in found["signers"]] == [
        (name, True, False) for name in ("bern", "geneva", "lugano", "basel", "zurich")
    ]
    assert found["quorums"] == [{"vault": "hot", "threshold": 3, "members": 5, "able": 5}]
    assert (shown.status, shown.err) == (0, "")


def test_status_with_two_away_is_still_a_quorum(shell: Shell, world: World) -> None:
    with signers_served(world, "bern", "lugano", "zurich"):
        found = shell.at_home("signer", "status", "--json")
    assert found.status == 0
    assert [each["code"] for each in found.document["signers"] if not each["answers"]] == ["signer.unavailable"] * 2


def test_status_with_three_away_is_none(shell: Shell, world: World) -> None:
    with signers_served(world, "bern", "lugano"):
        found = shell.at_home("signer", "status", "--json")
        shown = shell.at_home("signer", "status")
    assert (found.status, found.error["code"]) == (3, "signing.quorum_unavailable")
    assert found.error["details"]["quorums"][0]["able"] == 2
    assert shown.status == 3
    assert "hot: 2 of 3" in shown.err
    assert "zurich" in shown.out


def test_status_of_a_signer_on_anothers_socket(shell: Shell, world: World) -> None:
    """Whoever answers on a socket is believed by its signature, not by the socket's name."""
    world.signers["basel"] = world.signers["bern"]
    with signers_served(world):
        found = shell.at_home("signer", "status", "--json").document
    assert {each["name"]: each["answers"] for each in found["signers"]}["basel"] is False


def test_freeze_status_follows_what_signers_know(shell: Shell, world: World) -> None:
    with signers_served(world):
        assert shell.at_home("freeze", "status", "--json").document["vaults"] == {"hot": "not set"}
        freeze(world, "bern")
        assert shell.at_home("freeze", "status", "--json").document["vaults"] == {"hot": "partly"}
        freeze(world, "geneva", "lugano")
        assert shell.at_home("freeze", "status", "--json").document["vaults"] == {"hot": "in force"}
        shown = shell.at_home("freeze", "status")
        assert (shown.status, shown.err) == (0, "")
        assert shell.at_home("signer", "status").status == 3


def test_freeze_status_with_too_few_answers_is_undetermined(shell: Shell, world: World) -> None:
    with signers_served(world, "bern", "geneva"):
        found = shell.at_home("freeze", "status", "--json")
        shown = shell.at_home("freeze", "status")
    assert (found.status, found.error["code"], shown.status) == (3, "freeze.undetermined", 3)
    assert found.error["details"]["vaults"] == {"hot": "undetermined"}


def test_serve_until_ctrl_c(house: Path) -> None:
    folder = house / "signers" / "bern"
    process = start("signer", "serve", "--home", folder, "--json")
    assert process.stdout is not None
    announced = json.loads(process.stdout.readline())
    assert announced == {"event": "serving", "address": f"unix:{folder / 'signer.sock'}"}
    assert oct((folder / "signer.sock").stat().st_mode & 0o777) == "0o600"
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=30)
    assert (process.returncode, out, errors) == (130, "", "")
    assert not (folder / "signer.sock").exists()


def test_serve_answers_logs_json_lines_and_ends_with_sigterm(house: Path, world: World) -> None:
    folder = house / "signers" / "bern"
    process = start("signer", "serve", "--home", folder, "--socket", house / "b.sock")
    assert process.stdout is not None
    assert process.stdout.readline() == f"serving unix:{house / 'b.sock'}\n"
    transport = UnixSocketTransport(house / "b.sock")
    assert SignerClient("bern", transport, world.plane.roster).status().signer == "bern"
    transport.call(b"nonsense")
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    (line,) = errors.splitlines()
    logged = json.loads(line)
    assert (logged["event"], logged["code"], logged["level"]) == ("signer.refused", "signer.request_unknown", "info")
    assert time.strptime(logged["timestamp"][:19], "%Y-%m-%dT%H:%M:%S")


def test_one_process_serves_a_folder_and_the_next_may_when_it_is_gone(shell: Shell) -> None:
    folder = shell.home / "signers" / "bern"
    with sole_process(folder):
        shell.refused(1, "cli.already_serving", "signer", "serve", "--home", folder)
    with sole_process(folder):
        pass


@pytest.fixture
def signals_restored() -> Iterator[None]:
    """Serving a signer blocks signals; the next test gets them again."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


@pytest.mark.usefixtures("signals_restored")
def test_serve_on_a_path_that_no_socket_can_have(shell: Shell) -> None:
    folder = shell.home / "signers" / "bern"
    too_long = shell.home / ("x" * 120)
    shell.refused(3, "cli.address_unavailable", "signer", "serve", "--home", folder, "--socket", too_long)
