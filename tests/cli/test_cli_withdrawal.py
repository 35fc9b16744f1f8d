"""``holdfast withdrawal``."""

import pytest

from cli_rig import SANCTIONED, Shell
from holdfast.ledger import balance
from holdfast.store import snapshot
from world import World, bitcoin_address


def states(shell: Shell, *words: str) -> dict[str, str]:
    listed = shell.at_home("withdrawal", "list", "--json", *words).document["withdrawals"]
    return {each["reference"]: each["state"] for each in listed}


def test_list_has_every_state(shell: Shell) -> None:
    assert states(shell) == {
        "w-paid": "paid",
        "w-sanctioned": "refused",
        "w-batched": "batched",
        "w-waiting": "screened",
    }


def test_list_of_one_state_and_of_few(shell: Shell) -> None:
    assert states(shell, "--state", "refused") == {"w-sanctioned": "refused"}
    assert states(shell, "--state", "cancelled") == {}
    assert len(states(shell, "--limit", "2")) == 2
    assert "no withdrawal is cancelled" in shell.at_home("withdrawal", "list", "--state", "cancelled").out


def test_list_for_people_shows_the_whole_destination(shell: Shell) -> None:
    assert bitcoin_address(7) in shell.at_home("withdrawal", "list").out


def test_unknown_state(shell: Shell) -> None:
    message = shell.refused(2, "cli.usage", "withdrawal", "list", "--state", "lost", "--home", shell.home)
    assert "screened" in message


def test_show_a_paid_one_with_its_payout(shell: Shell) -> None:
    shown = shell.at_home("withdrawal", "show", "w-paid", "--json").document
    assert shown["payout"]["state"] == "confirmed"
    assert shown["payout"]["approved_by"] == ["ada", "ben", "chiara"]
    text = shell.at_home("withdrawal", "show", "w-paid").out
    assert shown["payout"]["txid"] in text


def test_show_a_refused_one_with_its_reason(shell: Shell) -> None:
    shown = shell.at_home("withdrawal", "show", "w-sanctioned", "--json").document
    assert (shown["state"], shown["destination"], shown["payout"]) == ("refused", SANCTIONED, None)
    assert shown["code"] == "screening.destination_sanctioned"
    assert shown["code"] in shell.at_home("withdrawal", "show", "w-sanctioned").out


@pytest.mark.parametrize("verb", ["show", "cancel"])
def test_unknown_reference(shell: Shell, verb: str) -> None:
    shell.refused(2, "withdrawal.unknown", "withdrawal", verb, "w-none", "--home", shell.home)


def test_cancel_gives_the_amount_back_and_happens_once(shell: Shell, world: World) -> None:
    def held() -> int:
        with snapshot(world.plane.engine) as connection:
            return balance(connection, "customer:alice", "BTC").held.units

    before = held()
    cancelled = shell.at_home("withdrawal", "cancel", "w-waiting", "--json").document
    assert (cancelled["state"], before - held()) == ("cancelled", int(cancelled["amount"]["units"]))
    shell.refused(1, "withdrawal.final", "withdrawal", "cancel", "w-waiting", "--home", shell.home)
    assert before - held() == int(cancelled["amount"]["units"])


@pytest.mark.parametrize("reference", ["w-paid", "w-sanctioned", "w-batched"])
def test_what_is_paid_refused_or_on_its_way_is_not_cancelled(shell: Shell, reference: str) -> None:
    before = states(shell)
    shell.refused(1, "withdrawal.final", "withdrawal", "cancel", reference, "--home", shell.home)
    assert states(shell) == before
