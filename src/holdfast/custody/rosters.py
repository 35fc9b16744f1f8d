"""Rosters after the first: composed here, approved on signers' pages, adopted by signers first and only then here."""

from dataclasses import replace

from sqlalchemy import Connection, insert, select

from holdfast.authority import Credential, Person, PersonUnknown, Roster
from holdfast.custody import models


def newest_roster(connection: Connection) -> Roster | None:
    """The newest roster that signers have adopted; none yet: the genesis's is in force."""
    table = models.rosters
    body = connection.execute(select(table.c.body).order_by(table.c.version.desc()).limit(1)).scalar()
    return None if body is None else Roster.decoded(bytes(body))


def record_roster(connection: Connection, roster: Roster, now_s: int) -> bool:
    """Keep a roster that signers have adopted; False if it was known."""
    table = models.rosters
    if connection.execute(select(table.c.version).where(table.c.version == roster.version)).one_or_none():
        return False
    connection.execute(insert(table).values(version=roster.version, body=roster.encoded(), at_s=now_s))
    return True


def _next(roster: Roster, persons: tuple[Person, ...]) -> Roster:
    return replace(roster, version=roster.version + 1, previous=roster.digest(), persons=persons)


def with_device(roster: Roster, name: str, credential: Credential, roles: tuple[str, ...] = ()) -> Roster:
    """The next roster, in which a person has one more device; a person who is new gets ``roles``.

    :raises AuthorityMalformed: the device is somebody's already.
    """
    if all(person.name != name for person in roster.persons):
        return _next(roster, (*roster.persons, Person(name, roles, (credential,))))
    return _next(
        roster,
        tuple(
            replace(person, credentials=(*person.credentials, credential)) if person.name == name else person
            for person in roster.persons
        ),
    )


def without_device(roster: Roster, credential_id: bytes) -> Roster:
    """The next roster, without a device that was lost.

    :raises PersonUnknown: nobody has it.
    """
    persons = tuple(
        replace(
            person,
            credentials=tuple(known for known in person.credentials if known.credential_id != credential_id),
        )
        for person in roster.persons
    )
    if persons == roster.persons:
        raise PersonUnknown("nobody in the roster has this device")
    return _next(roster, persons)


def without_person(roster: Roster, name: str) -> Roster:
    """The next roster, without a person who has left.

    :raises PersonUnknown: no such person.
    :raises AuthorityMalformed: too few officers would be left for the next change.
    """
    roster.person(name)
    return _next(roster, tuple(person for person in roster.persons if person.name != name))
