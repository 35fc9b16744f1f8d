"""``holdfast roster``, ``freeze set`` and ``lift``, ``withdrawal approve``: asking people, and where they answer."""

import time

import pytest

from cli_rig import Shell, signers_served
from holdfast.demo.authenticator import SoftwareAuthenticator, as_document
from holdfast.demo.deployment import PERSONS, SIGNERS, page_of
from signer_rig import Takeover
from world import World


@pytest.fixture
def today(world: World) -> World:
    """The deployment at this machine's time, which commands go by."""
    world.clock.advance(int(time.time()) - world.clock.now_s())
    return world


def test_show(shell: Shell) -> None:
    shown = shell.at_home("roster", "show", "--json").document
    assert (shown["version"], [person["name"] for person in shown["persons"]]) == (1, list(PERSONS))
    assert [signer["page"] for signer in shown["signers"]] == [page_of(signer) for signer in SIGNERS]
    text = shell.at_home("roster", "show").out
    assert shown["persons"][0]["devices"][0]["words"] in text


def test_somebody_is_invited_registers_and_is_proposed(shell: Shell, today: World) -> None:
    with signers_served(today):
        address = shell.at_home("roster", "invite", "fay", "--signer", "bern", "--json").document["address"]
        enrolments, device = today.signers["bern"].enrolments, SoftwareAuthenticator("localhost", "fay")
        code = bytes.fromhex(address.rsplit("/", 1)[1])
        assert "not registered" in shell.at_home("roster", "devices").out
        enrolments.register(code, as_document(device.registration(enrolments.challenge(code), page_of("bern"))))
        (listed,) = shell.at_home("roster", "devices", "--json").document["invitations"]
        assert listed["device"] == device.credential.credential_id.hex()
        proposed = shell.at_home(
            *("roster", "propose", "--reason", "fay joins", "--add-device", listed["device"][:10]),
            *("--role", "approver", "--json"),
        ).document
        assert proposed["version"] == 2
        subject = bytes.fromhex(proposed["change"])
        assert proposed["pages"][0] == f"{page_of(SIGNERS[0])}/subjects/{subject.hex()}"
        today.signers["geneva"].proposals.approve(
            subject, today.deployment.persons["ada"].assertion(subject, page_of("geneva"))
        )
        (proposal,) = shell.at_home("roster", "proposals", "--json").document["proposals"]
        assert (proposal["kind"], proposal["state"]) == ("roster", "open")
    assert "open" in shell.at_home("roster", "proposals").out


def test_an_empty_house_says_so(shell: Shell) -> None:
    assert "nobody was invited yet" in shell.at_home("roster", "devices").out
    assert "nothing was proposed yet" in shell.at_home("roster", "proposals").out


def test_one_change_at_a_time(shell: Shell) -> None:
    words = ("roster", "propose", "--home", shell.home, "--reason", "x")
    shell.refused(2, "cli.usage", *words)
    shell.refused(2, "cli.usage", *words, "--remove-person", "emi", "--remove-device", "00")
    shell.refused(2, "cli.usage", *words, "--remove-device", "zz")
    shell.refused(2, "cli.usage", *words, "--add-device", "00")
    shell.refused(1, "roster.person_unknown", *words, "--remove-person", "nobody")


def test_a_freeze_is_set_on_a_page_and_its_lift_proposed(shell: Shell, today: World) -> None:
    assert f"{page_of('bern')}/freeze" in shell.at_home("freeze", "set").out
    with signers_served(today):
        shell.refused(3, "freeze.not_shown", "freeze", "lift", "--reason", "none", "--home", shell.home)
        today.signers["bern"].freeze(Takeover(today).freeze())
        lifted = shell.at_home("freeze", "lift", "--reason", "a false alarm", "--json").document
        told = shell.at_home("freeze", "lift", "--reason", "a false alarm").out
    assert (len(lifted["freezes"]), lifted["officers"]) == (1, 3)
    assert "lifts the freeze given on bern's page: a drill" in told
    assert "/subjects/" in lifted["pages"][0]


def test_where_a_withdrawal_is_approved(shell: Shell) -> None:
    pages = shell.at_home("withdrawal", "approve", "w-batched", "--json").document["pages"]
    assert len(pages) == 5
    assert pages[0] in shell.at_home("withdrawal", "approve", "w-batched").out
    shell.refused(1, "payout.not_awaited", "withdrawal", "approve", "w-waiting", "--home", shell.home)
    shell.refused(2, "withdrawal.unknown", "withdrawal", "approve", "w-none", "--home", shell.home)
