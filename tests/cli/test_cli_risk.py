"""``holdfast risk`` as a user meets it."""

from cli_rig import Shell


def test_every_parameter_is_listed_with_all_that_is_declared(shell: Shell) -> None:
    found = shell("risk", "parameters", "--json").document["parameters"]
    assert len(found) >= 150
    assert len({each["identifier"] for each in found}) == len(found)
    assert all(each[name] for each in found for name in ("meaning", "entity", "window", "unit", "missing", "gamed_by"))


def test_those_of_one_entity(shell: Shell) -> None:
    shown = shell("risk", "parameters", "--entity", "device").out
    assert "device_accounts" in shown
    assert "account_logins_1h" not in shown
    shell.refused(2, "cli.usage", "risk", "parameters", "--entity", "planet")
