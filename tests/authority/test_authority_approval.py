"""Quorums: distinct persons of the roster in force, each with the role, each over exactly this subject."""

import dataclasses

import pytest

from authority_rig import Venue, intent
from holdfast.authority import (
    APPROVER,
    OFFICER,
    Approval,
    AssertionCredentialUnknown,
    AssertionOfAnother,
    PersonLacksRole,
    PersonUnknown,
    QuorumNotReached,
    Roster,
    require_quorum,
    verify_approval,
)

SUBJECT = intent().digest()


def test_three_persons_are_a_quorum_of_three(house: Venue, roster: Roster) -> None:
    approvals = [house.approve(name, SUBJECT, page=page) for page, name in enumerate(("anna", "ben", "carla"), 1)]
    facts = require_quorum(approvals, roster, SUBJECT, APPROVER, 3)
    assert [fact.person for fact in facts] == ["anna", "ben", "carla"]
    assert facts[1].origin == "http://localhost:8802"
    assert facts[0].credential_id == house.devices["anna"][0].credential.credential_id


def test_two_are_not_and_nobody_is_not(house: Venue, roster: Roster) -> None:
    with pytest.raises(QuorumNotReached, match="2 of 3 persons approved: anna, ben"):
        require_quorum([house.approve(name, SUBJECT) for name in ("anna", "ben")], roster, SUBJECT, APPROVER, 3)
    with pytest.raises(QuorumNotReached, match="nobody"):
        require_quorum((), roster, SUBJECT, APPROVER, 1)


def test_one_bad_approval_among_enough_good_ones_refuses_all(house: Venue, roster: Roster) -> None:
    approvals = [house.approve("anna", SUBJECT), house.approve("ben", SUBJECT), house.approve("carla", bytes(32))]
    with pytest.raises(AssertionOfAnother):
        require_quorum(approvals, roster, SUBJECT, APPROVER, 2)


def test_a_person_needs_the_role(house: Venue, roster: Roster) -> None:
    with pytest.raises(PersonLacksRole):
        verify_approval(house.approve("olga", SUBJECT), roster, SUBJECT, APPROVER)
    assert verify_approval(house.approve("olga", SUBJECT), roster, SUBJECT, OFFICER).person == "olga"


def test_a_person_whom_the_roster_does_not_name_is_unknown(house: Venue, roster: Roster) -> None:
    stranger = dataclasses.replace(house.approve("anna", SUBJECT), person="mallory")
    with pytest.raises(PersonUnknown):
        verify_approval(stranger, roster, SUBJECT, APPROVER)


def test_a_device_speaks_for_its_own_person_only(house: Venue, roster: Roster) -> None:
    borrowed = Approval("ben", house.approve("anna", SUBJECT).assertion)
    with pytest.raises(AssertionCredentialUnknown):
        verify_approval(borrowed, roster, SUBJECT, APPROVER)


def test_an_approval_ends_with_its_person_s_place_in_the_roster(house: Venue, roster: Roster) -> None:
    approval = house.approve("carla", SUBJECT)
    assert verify_approval(approval, roster, SUBJECT, APPROVER).person == "carla"
    successor = house.roster(2, roster.digest(), without=["carla"])
    with pytest.raises(PersonUnknown, match="roster 2"):
        verify_approval(approval, successor, SUBJECT, APPROVER)


def test_an_approval_ends_with_its_device_s_place_in_the_roster(house: Venue, roster: Roster) -> None:
    lost = house.approve("ben", SUBJECT, device=1)
    assert verify_approval(lost, roster, SUBJECT, APPROVER).person == "ben"
    persons = tuple(dataclasses.replace(person, credentials=person.credentials[:1]) for person in roster.persons)
    successor = dataclasses.replace(roster, version=2, previous=roster.digest(), persons=persons)
    with pytest.raises(AssertionCredentialUnknown):
        verify_approval(lost, successor, SUBJECT, APPROVER)


def test_only_so_many_approvals_are_looked_at(house: Venue, roster: Roster) -> None:
    approval = house.approve("anna", SUBJECT)
    with pytest.raises(QuorumNotReached, match="at most 64"):
        require_quorum([approval] * 65, roster, SUBJECT, APPROVER, 1)
    assert require_quorum([approval] * 2, roster, SUBJECT, APPROVER, 1)
