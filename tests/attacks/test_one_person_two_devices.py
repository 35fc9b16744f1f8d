"""One person reaches a quorum alone: with two registered devices, or with one device under two names.

Promise: quorums count persons. Compare the Ronin bridge (March 2022), where five of nine validators' keys were
within one organisation's reach.
"""

import dataclasses

import cbor2
import pytest

from authority_rig import Venue, intent
from holdfast.authority import (
    APPROVER,
    AuthorityMalformed,
    Credential,
    Person,
    QuorumNotReached,
    Roster,
    require_quorum,
)

SUBJECT = intent().digest()


def test_two_devices_of_one_person_count_once(house: Venue, roster: Roster) -> None:
    both = [house.approve("ben", SUBJECT, device=device, page=device + 1) for device in (0, 1)]
    assert require_quorum(both, roster, SUBJECT, APPROVER, 1)
    with pytest.raises(QuorumNotReached, match="1 of 2 persons"):
        require_quorum(both, roster, SUBJECT, APPROVER, 2)


def test_the_same_device_twice_counts_once(house: Venue, roster: Roster) -> None:
    # Each answer has another counter and another ECDSA nonce: two different signatures of one person.
    twice = [house.approve("anna", SUBJECT), house.approve("anna", SUBJECT)]
    assert twice[0].assertion.signature != twice[1].assertion.signature
    with pytest.raises(QuorumNotReached):
        require_quorum(twice, roster, SUBJECT, APPROVER, 2)


def with_second_name(roster: Roster, key: bytes) -> Roster:
    """The roster with one more person, whose device has this key."""
    second_name = Person("benjamin", (APPROVER,), (Credential(b"second name", key),))
    return dataclasses.replace(roster, persons=(*roster.persons, second_name))


def test_one_device_cannot_be_registered_under_two_names(roster: Roster) -> None:
    key = roster.person("ben").credentials[0].public_key
    cose = cbor2.loads(key)
    for spelling in (key, cbor2.dumps(dict(reversed(cose.items()))), b"\x04" + cose[-2] + cose[-3]):
        with pytest.raises(AuthorityMalformed):
            with_second_name(roster, spelling)
