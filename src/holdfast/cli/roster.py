"""``holdfast roster``: who may approve what, and asking officers to change it."""
# ruff: noqa: PLC0415 -- commands import what they work with when they run

from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli.errors import UsageInvalid
from holdfast.cli.options import Home, Json, Limit
from holdfast.cli.output import moment, print_document, print_lines, print_table

if TYPE_CHECKING:
    from holdfast.authority import Roster
    from holdfast.custody import ControlPlane, SubjectView

app = typer.Typer(help="People and their devices: who may approve what.")

SHORT_ID = 16


@app.command("show")
def show(home: Home = None, as_json: Json = False) -> None:
    """Show the roster in force: each person's roles and devices."""
    from holdfast.authority import device_words
    from holdfast.cli.homes import opened_plane

    with opened_plane(home) as plane:
        roster = plane.roster
    rows = [(person, device) for person in roster.persons for device in person.credentials or (None,)]
    if as_json:
        print_document(_document(roster))
        return
    print_lines(f"roster {roster.version}, {roster.change_quorum} officers change it", "")
    print_table(
        ("PERSON", "ROLES", "DEVICE", "WORDS"),
        [
            (
                person.name,
                ", ".join(person.roles),
                device.credential_id.hex()[:SHORT_ID] if device else "-",
                device_words(device) if device else "-",
            )
            for person, device in rows
        ],
    )


def _document(roster: "Roster") -> dict[str, Any]:
    from holdfast.authority import device_words

    return {
        "version": roster.version,
        "digest": roster.digest().hex(),
        "change_quorum": roster.change_quorum,
        "persons": [
            {
                "name": person.name,
                "roles": list(person.roles),
                "devices": [
                    {"id": device.credential_id.hex(), "words": device_words(device)} for device in person.credentials
                ],
            }
            for person in roster.persons
        ],
        "signers": [{"name": signer.name, "page": signer.origin} for signer in roster.signers],
    }


@app.command("invite")
def invite(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The person's name.", show_default=False)],
    signer: Annotated[str, typer.Option(metavar="NAME", help="The signer on whose page they register.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Invite somebody to register a device on a signer's page; prints the address to give them, and nobody else.

    The device counts for nothing until a quorum of officers has put it into the roster.
    """
    from holdfast.cli.homes import opened_plane
    from holdfast.custody import invite_person

    with opened_plane(home) as plane:
        address = invite_person(plane, name, signer, plane.name)
    if as_json:
        print_document({"name": name, "signer": signer, "address": address})
    else:
        print_lines(f"{name} registers at {address}", "good for a day, once; give it to nobody else")


@app.command("devices")
def devices(home: Home = None, limit: Limit = 50, as_json: Json = False) -> None:
    """List invitations, and the devices that were registered with them."""
    from holdfast.cli.homes import opened_plane
    from holdfast.custody import collect_candidates, invitation_views
    from holdfast.store import snapshot

    with opened_plane(home) as plane:
        collect_candidates(plane)
        with snapshot(plane.engine) as connection:
            views = invitation_views(connection, limit)
    if as_json:
        print_document(
            {
                "invitations": [
                    {
                        "name": view.name,
                        "signer": view.signer,
                        "expires_at_s": view.expires_at_s,
                        "device": view.credential.credential_id.hex() if view.credential else None,
                        "words": view.words,
                    }
                    for view in views
                ]
            }
        )
        return
    rows = [
        (
            view.name,
            view.signer,
            view.credential.credential_id.hex()[:SHORT_ID] if view.credential else "not registered",
            view.words or "-",
        )
        for view in views
    ]
    print_table(("PERSON", "SIGNER", "DEVICE", "WORDS"), rows, "nobody was invited yet")


@app.command("propose")
def propose(  # noqa: PLR0917 - one option a parameter
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; officers see it, and the log keeps it.")],
    add_device: Annotated[
        str | None, typer.Option(metavar="ID", help="Add a registered device (its id, or how that begins).")
    ] = None,
    role: Annotated[
        list[str] | None,
        typer.Option(metavar="ROLE", help="Of a new person: officer, approver or operator; may be given again."),
    ] = None,
    remove_device: Annotated[str | None, typer.Option(metavar="ID", help="Remove a lost device.")] = None,
    remove_person: Annotated[str | None, typer.Option(metavar="NAME", help="Remove a person.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Ask the officers for the next roster; prints where they approve it. One change at a time."""
    from holdfast.cli.homes import opened_plane
    from holdfast.custody import collect_approvals, propose_roster

    asked = [each for each in (add_device, remove_device, remove_person) if each is not None]
    if len(asked) != 1:
        raise UsageInvalid("say exactly one of --add-device, --remove-device and --remove-person")
    with opened_plane(home) as plane:
        roster = _changed(plane, add_device, tuple(role or ()), remove_device, remove_person)
        change = propose_roster(plane, roster, reason, plane.name)
        collect_approvals(plane)
        pages = [f"{signer.origin}/subjects/{change.digest().hex()}" for signer in plane.roster.signers]
        quorum = plane.roster.change_quorum
    if as_json:
        print_document({"change": change.digest().hex(), "version": roster.version, "pages": pages, "officers": quorum})
    else:
        print_lines(f"roster {roster.version} waits for {quorum} officers, each on another of these pages:", *pages)


def _changed(
    plane: "ControlPlane", add: str | None, roles: tuple[str, ...], remove: str | None, person: str | None
) -> "Roster":
    from holdfast.custody import invitation_views, with_device, without_device, without_person
    from holdfast.store import snapshot

    if person is not None:
        return without_person(plane.roster, person)
    if remove is not None:
        known = [each.credential_id for holder in plane.roster.persons for each in holder.credentials]
        return without_device(plane.roster, _only(known, remove))
    with snapshot(plane.engine) as connection:
        registered = {
            view.credential.credential_id: view for view in invitation_views(connection, 1_000) if view.credential
        }
    view = registered[_only(list(registered), add or "")]
    if view.credential is None:
        raise UsageInvalid("nothing was registered with this invitation")
    return with_device(plane.roster, view.name, view.credential, roles)


def _only(known: list[bytes], beginning: str) -> bytes:
    found = [each for each in known if each.hex().startswith(beginning.lower())]
    if len(found) != 1:
        raise UsageInvalid(f"{len(found)} devices have an id that begins with {beginning[:40]!r}")
    return found[0]


@app.command("proposals")
def proposals(home: Home = None, limit: Limit = 50, as_json: Json = False) -> None:
    """List what officers were asked, and how each proposal stands."""
    from holdfast.cli.homes import opened_plane
    from holdfast.custody import subject_views
    from holdfast.store import snapshot

    with opened_plane(home) as plane, snapshot(plane.engine) as connection:
        views = subject_views(plane, connection, limit)
    if as_json:
        print_document({"proposals": [_proposal_document(view) for view in views]})
        return
    rows = [
        (view.digest.hex()[:SHORT_ID], view.kind, view.state.value, ", ".join(view.approved_by) or "-", view.code or "")
        for view in views
    ]
    print_table(("PROPOSAL", "KIND", "STATE", "APPROVED BY", "CODE"), rows, "nothing was proposed yet")


def _proposal_document(view: "SubjectView") -> dict[str, Any]:
    return {
        "digest": view.digest.hex(),
        "kind": view.kind,
        "state": view.state.value,
        "approved_by": list(view.approved_by),
        "persons": view.persons,
        "created_at": moment(view.created_at_s),
        "expires_at_s": view.expires_at_s,
        "code": view.code,
        "reason": view.reason,
    }
