"""``holdfast ledger check``."""

import sqlite3

from cli_rig import Shell


def test_right_books(shell: Shell) -> None:
    report = shell.at_home("ledger", "check", "--json").document
    assert report["right"] is True
    (asset,) = report["assets"]
    assert asset["debit_units"] == asset["credit_units"]
    assert "the books are right" in shell.at_home("ledger", "check").out


def test_altered_balance_is_found_and_named(shell: Shell) -> None:
    database = sqlite3.connect(shell.home / "control" / "control.sqlite")
    for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f"DROP TRIGGER {name}")
    database.execute("UPDATE ledger_account SET total_lo = total_lo + 1 WHERE code = 'customer:alice'")
    database.commit()
    database.close()
    found = shell.at_home("ledger", "check", "--json")
    assert (found.status, found.error["code"]) == (1, "ledger.broken")
    kinds = {each["kind"] for each in found.error["details"]["discrepancies"]}
    assert {"balance", "guards_altered"} <= kinds
    plain = shell.at_home("ledger", "check")
    assert plain.status == 1
    assert "customer:alice" in plain.out
    assert plain.err.startswith("ledger.broken: ")
    assert plain.err.count("\n") == 1
