"""People and devices: the roster in force, and what officers are asked to change about it."""

import hashlib

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

from holdfast.authority import OFFICER, FreezeLift, fingerprint_words, roster_difference
from holdfast.custody import SubjectState, SubjectView, invitation_views, subject_views
from holdfast.web.reading.pages_apart import signers_for
from holdfast.web.site import Site


def add(app: FastAPI, site: Site) -> None:
    """The address of the people's page."""

    @app.get("/people")
    def people(request: Request) -> HTMLResponse:
        roster = site.plane.roster
        with site.reading() as connection:
            subjects = [
                (subject, _in_words(site, subject), _pages(site, subject))
                for subject in subject_views(site.plane, connection)
            ]
            invitations = invitation_views(connection)
        return site.page(
            request,
            "people.html",
            words=fingerprint_words(roster.digest()).split(),
            fingerprints=_fingerprints(site),
            subjects=subjects,
            invitations=invitations,
        )


def _fingerprints(site: Site) -> dict[bytes, str]:
    """A digest of each device's public key, by the credential's id: what people compare, not what signs."""
    return {
        credential.credential_id: hashlib.sha256(credential.public_key).hexdigest()
        for person in site.plane.roster.persons
        for credential in person.credentials
    }


def _pages(site: Site, subject: SubjectView) -> tuple[tuple[str, str, str], ...]:
    """Which officer still may approve, on whose page, at which address."""
    if subject.state is not SubjectState.OPEN or subject.expires_at_s <= site.plane.clock.now_s():
        return ()
    roster, path = site.plane.roster, f"/subjects/{subject.digest.hex()}"
    officers = [person for person in roster.persons if OFFICER in person.roles]
    return tuple(
        (person.name, signer.name, signer.origin + path)
        for person, signer in signers_for(officers, roster, subject.digest)
        if person.name not in subject.approved_by
    )


def _in_words(site: Site, subject: SubjectView) -> tuple[str, ...]:
    """What a proposal comes to, against the roster in force."""
    if isinstance(subject.body, FreezeLift):
        return tuple(f"Lift the freeze given on {each.signer}'s page: {each.reason}" for each in subject.body.freezes)
    if subject.state in (SubjectState.DONE, SubjectState.ENDED):
        return (f"Roster {subject.body.roster.version}",)
    difference = roster_difference(site.plane.roster, subject.body.roster)
    lines = [f"{person.name} joins as {', '.join(person.roles)}" for person in difference.joined]
    lines += [f"{person.name} leaves" for person in difference.left]
    for old, new in difference.changed:
        before, after = len(old.credentials), len(new.credentials)
        if old.roles != new.roles:
            lines.append(f"{new.name} becomes {', '.join(new.roles) or 'without a role'}")
        if old.credentials != new.credentials:
            lines.append(f"{new.name}: {after} {'device' if after == 1 else 'devices'} instead of {before}")
    old_quorum, new_quorum = difference.change_quorum
    if old_quorum != new_quorum:
        lines.append(f"Changes take {new_quorum} officers instead of {old_quorum}")
    return tuple(lines)
