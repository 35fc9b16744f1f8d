"""Rosters after the first: composed here, approved on signers' pages, adopted by signers first and only then here."""

from dataclasses import replace

from sqlalchemy import Connection, insert, select

from holdfast.authority import Credential, Person, PersonUnknown, Roster
from holdfast.custody import models
from holdfast.signer import RosterAdoption


def newest_roster(connection: Connection) -> Roster | None:
    """The newest roster that signers have adopted; none yet: the genesis's is in force."""
    table = models.rosters
    body = connection.execute(select(table.c.body).order_by(table.c.version.desc()).limit(1)).scalar()
    return None if body is None else Roster.decoded(bytes(body))


def record_roster(connection: Connection, adoption: RosterAdoption, now_s: int) -> bool:
    """Keep a roster for which enough signers are ready, with their letters; False if it was known."""
    table, roster = models.rosters, adoption.change.roster
    if connection.execute(select(table.c.version).where(table.c.version == roster.version)).one_or_none():
        return False
    connection.execute(
        insert(table).values(version=roster.version, body=roster.encoded(), adoption=adoption.encoded(), at_s=now_s)
    )
    return True


def adoptions_after(connection: Connection, version: int) -> list[RosterAdoption]:
    """What brings a signer from a roster's version to the newest, in turn."""
    table = models.rosters
    query = select(table.c.adoption).where(table.c.version > version).order_by(table.c.version)
    return [RosterAdoption.decoded(bytes(encoded)) for encoded in connection.execute(query).scalars()]


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
