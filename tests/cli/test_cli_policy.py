"""``holdfast policy``."""

from pathlib import Path

import pytest

from cli_rig import Shell
from holdfast.demo.deployment import demo_policy
from holdfast.policy import default_policy, policy_to_text


@pytest.fixture
def own_file(tmp_path: Path) -> Path:
    """The deployment's policy as a file."""
    path = tmp_path / "policy.toml"
    path.write_text(policy_to_text(demo_policy()), encoding="utf-8")
    return path


def test_check_a_valid_file(shell: Shell, own_file: Path) -> None:
    found = shell("policy", "check", own_file, "--json").document
    assert (found["version"], found["digest"], found["pinned"]) == (1, demo_policy().digest().hex(), None)
    assert shell("policy", "check", own_file).status == 0


def test_check_tells_whether_it_is_the_one_in_force(shell: Shell, own_file: Path) -> None:
    assert shell.at_home("policy", "check", own_file, "--json").document["pinned"] is True
    own_file.write_text(policy_to_text(default_policy()), encoding="utf-8")
    assert shell.at_home("policy", "check", own_file, "--json").document["pinned"] is False
    assert "pins another one" in shell.at_home("policy", "check", own_file).out


@pytest.mark.parametrize("content", [b"version = ", b"version = 1\n", b"\xff\xfe", b"x = 1\n" * 50_000])
def test_check_a_malformed_file(shell: Shell, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    shell.refused(2, "policy.malformed", "policy", "check", path)


def test_check_no_file(shell: Shell, tmp_path: Path) -> None:
    shell.refused(2, "policy.malformed", "policy", "check", tmp_path / "none.toml")


def test_simulate_with_the_deployments_policy_and_floors(shell: Shell) -> None:
    amounts = ("--amount", "0.05 BTC", "--amount", "1 BTC", "--amount", "20 BTC")
    rows = shell.at_home("policy", "simulate", "--json", *amounts).document["movements"]
    assert [(row["outcome"], row["persons"]) for row in rows] == [("allow", 1), ("allow", 3), ("deny", 0)]
    shown = shell.at_home("policy", "simulate", *amounts).out
    assert "everything else" in shown


def test_simulate_raises_approvals_to_the_floor_of_the_genesis(shell: Shell, own_file: Path) -> None:
    own_file.write_text(
        own_file.read_text(encoding="utf-8").replace("approvals = 3", "approvals = 2"), encoding="utf-8"
    )
    words = ("policy", "simulate", own_file, "--amount", "1 BTC", "--json")
    assert shell(*words).document["movements"][0]["persons"] == 2
    assert shell.at_home(*words).document["movements"][0]["persons"] == 3


def test_simulate_without_the_customers_word(shell: Shell) -> None:
    words = ("policy", "simulate", "--amount", "0.05 BTC", "--unsigned", "--json")
    assert shell.at_home(*words).document["movements"][0]["outcome"] == "deny"


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("1", "amount.asset_unknown"),
        ("1 DOGE", "amount.asset_unknown"),
        ("-1 BTC", "amount.malformed"),
        ("1e3 BTC", "amount.malformed"),
    ],
)
def test_simulate_a_malformed_amount(shell: Shell, amount: str, code: str) -> None:
    shell.refused(2, code, "policy", "simulate", "--home", shell.home, "--amount", amount)


def test_simulate_needs_a_policy(shell: Shell) -> None:
    shell.refused(2, "cli.usage", "policy", "simulate", "--amount", "1 BTC")


def test_a_policy_that_the_genesis_does_not_pin_is_not_used(shell: Shell) -> None:
    (shell.home / "control" / "policy.cbor").write_bytes(default_policy().encoded())
    shell.refused(2, "custody.home_invalid", "policy", "simulate", "--home", shell.home, "--amount", "1 BTC")
