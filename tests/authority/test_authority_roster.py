"""Roster and genesis: nobody and nothing counts twice, and each roster follows the one before."""

import dataclasses

import cbor2
import pytest

from authority_rig import Venue, genesis
from holdfast.authority import (
    APPROVER,
    OFFICER,
    OPERATOR,
    AuthorityMalformed,
    Credential,
    Person,
    PersonUnknown,
    Roster,
    RosterSuccessionInvalid,
    SignerUnknown,
    device_words,
    fingerprint_words,
    require_succession,
)


def test_a_roster_names_signers_persons_and_pages(roster: Roster) -> None:
    assert roster.signer("signer-3").origin == "http://localhost:8803"
    assert roster.person("anna").roles == (APPROVER,)
    assert roster.approval_pages().origins[0] == "http://localhost:8801"
    with pytest.raises(SignerUnknown):
        roster.signer("signer-6")
    with pytest.raises(PersonUnknown):
        roster.person("mallory")


def test_nobody_stands_in_a_roster_twice(roster: Roster) -> None:
    anna, ben = roster.person("anna"), roster.person("ben")
    first, second = roster.signers[:2]
    for change in (
        {"persons": (*roster.persons, dataclasses.replace(anna, credentials=()))},
        {"persons": (*roster.persons, Person("anna again", (APPROVER,), anna.credentials))},
        {
            "persons": (
                *roster.persons,
                Person("carl", (APPROVER,), (Credential(b"other", ben.credentials[0].public_key),)),
            )
        },
        {"signers": (*roster.signers, dataclasses.replace(first, signing_key=bytes(32)))},
        {"signers": (*roster.signers, dataclasses.replace(first, name="signer-6"))},
        {"signers": (first, dataclasses.replace(second, name=first.name))},
    ):
        with pytest.raises(AuthorityMalformed, match="the same"):
            dataclasses.replace(roster, **change)


def test_a_device_s_words_tell_its_id_and_its_key(roster: Roster) -> None:
    device, other = (roster.person(name).credentials[0] for name in ("anna", "ben"))
    renamed = dataclasses.replace(device, credential_id=other.credential_id)
    rekeyed = dataclasses.replace(device, public_key=other.public_key)
    assert len({device_words(each) for each in (device, other, renamed, rekeyed)}) == 4
    assert len(device_words(device).split()) == 12
    shifted = Credential(device.credential_id + device.public_key[:1], device.public_key)
    assert device_words(shifted) != device_words(device)


def test_one_device_is_found_under_another_spelling_of_its_key(roster: Roster) -> None:
    cose = cbor2.loads(roster.person("anna").credentials[0].public_key)
    twin = Person("anna's other name", (APPROVER,), (Credential(b"id", cbor2.dumps(dict(reversed(cose.items())))),))
    with pytest.raises(AuthorityMalformed, match="authenticators' keys are the same"):
        dataclasses.replace(roster, persons=(*roster.persons, twin))
    with pytest.raises(AuthorityMalformed, match="map"):
        Credential(b"id", b"\x04" + cose[-2] + cose[-3])


@pytest.mark.parametrize(
    "roles",
    [
        ("mallory as no officer",),
        (APPROVER, "only an"),
        ("Officer",),
        (APPROVER, APPROVER),
        ("",),
    ],
)
def test_a_role_that_nothing_knows_is_refused(roster: Roster, roles: tuple[str, ...]) -> None:
    """Pages list roles by commas: a role of free text would read as several, or as the contrary of one."""
    with pytest.raises(AuthorityMalformed):
        dataclasses.replace(roster.person("anna"), roles=roles)


def test_a_person_may_have_every_role_or_none(roster: Roster) -> None:
    for roles in ((), (OFFICER, APPROVER, OPERATOR)):
        assert dataclasses.replace(roster.person("anna"), roles=roles).roles == roles


def test_an_officer_without_a_device_is_not_counted(roster: Roster) -> None:
    """Two officers are needed for a change: a roster in which one of the two has no device could never change again."""
    olga = dataclasses.replace(roster.person("olga"), credentials=())
    others = tuple(person for person in roster.persons if person.name != "olga")
    with pytest.raises(AuthorityMalformed, match="officers"):
        dataclasses.replace(roster, persons=(olga, *others))
    assert dataclasses.replace(roster, persons=(olga, *others), change_quorum=1).change_quorum == 1


@pytest.mark.parametrize("quorum", [0, -1, 3])
def test_a_change_quorum_is_within_the_officers_that_there_are(roster: Roster, quorum: int) -> None:
    with pytest.raises(AuthorityMalformed, match="officers"):
        dataclasses.replace(roster, change_quorum=quorum)


def test_a_signer_s_keys_have_32_bytes(roster: Roster) -> None:
    signer = roster.signers[0]
    with pytest.raises(AuthorityMalformed):
        dataclasses.replace(signer, signing_key=bytes(31))
    with pytest.raises(AuthorityMalformed):
        dataclasses.replace(signer, sealing_key=bytes(33))


def test_each_roster_follows_the_one_before(house: Venue, roster: Roster) -> None:
    successor = house.roster(2, roster.digest(), without=["carla"])
    require_succession(roster, successor)
    for proposed in (
        roster,
        house.roster(3, roster.digest()),
        house.roster(2, None),
        house.roster(2, bytes(32)),
    ):
        with pytest.raises(RosterSuccessionInvalid):
            require_succession(roster, proposed)
    # Once the second is in force, a rival second no longer follows anything.
    with pytest.raises(RosterSuccessionInvalid):
        require_succession(successor, house.roster(2, roster.digest()))


def test_a_genesis_pins_keys_that_can_be_checked(roster: Roster) -> None:
    made = genesis(roster)
    assert made.customer_pages().identifier == "exchange.example"
    for change in (
        {"policy": bytes(31)},
        {"log_key": b""},
        {"risk_keys": (bytes(33),)},
        {"screening_keys": (bytes(32), bytes(32))},
        {"screening_threshold": 0},
        {"screening_threshold": 3},
    ):
        with pytest.raises(AuthorityMalformed):
            dataclasses.replace(made, **change)


def test_the_genesis_is_compared_in_twelve_words(roster: Roster) -> None:
    made = genesis(roster)
    assert made.words() == fingerprint_words(made.digest())
    assert len(made.words().split()) == 12
    assert dataclasses.replace(made, venue="other venue").words() != made.words()
    # BIP-39's published vector for 16 bytes of 0x7f.
    assert fingerprint_words(b"\x7f" * 32) == (
        "legal winner thank year wave sausage worth useful legal winner thank yellow"
    )
