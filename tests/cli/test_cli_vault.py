"""``holdfast vault``."""

from cli_rig import Shell


def test_list_tells_holdings_and_committee(shell: Shell) -> None:
    (vault,) = shell.at_home("vault", "list", "--json").document["vaults"]
    assert (vault["name"], vault["committee"], vault["network"]) == ("hot", "3 of 5", "regtest")
    assert int(vault["confirmed"]["units"]) > int(vault["reserved"]["units"]) > 0
    shown = shell.at_home("vault", "list")
    assert shown.status == 0
    assert vault["confirmed"]["text"] in shown.out


def test_show_tells_the_key_and_who_holds_it(shell: Shell) -> None:
    vault = shell.at_home("vault", "show", "hot", "--json").document
    assert (vault["threshold"], len(vault["members"]), len(vault["group_key"])) == (3, 5, 66)
    shown = shell.at_home("vault", "show", "hot").out
    assert vault["group_key"] in shown
    assert vault["extended_public_key"] in shown


def test_unknown_vault(shell: Shell) -> None:
    shell.refused(2, "vault.unknown", "vault", "show", "cold", "--home", shell.home)
