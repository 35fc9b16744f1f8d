"""``holdfast freeze``: whether signing is stopped."""
# ruff: noqa: PLC0415 -- commands import what they work with when they run

from typing import Annotated, Any

import typer

from holdfast.cli.errors import FreezeUndetermined, RefusedWithDetails
from holdfast.cli.options import Home, Json
from holdfast.cli.output import print_document, print_lines, print_table

app = typer.Typer(help="Freezes: whether signing is stopped.")


@app.command("set")
def set_freeze(home: Home = None, as_json: Json = False) -> None:
    """Say where an officer freezes everything: on any signer's own page. This command freezes nothing itself."""
    from holdfast.cli.homes import opened_plane

    with opened_plane(home) as plane:
        pages = [f"{signer.origin}/freeze" for signer in plane.roster.signers]
    if as_json:
        print_document({"pages": pages})
    else:
        print_lines("an officer freezes with their passkey on any of these pages:", *pages)


@app.command("lift")
def lift(
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; officers see it, and the log keeps it.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Ask the officers to lift the freeze in force; prints where they approve it."""
    from holdfast.cli.homes import opened_plane
    from holdfast.custody import collect_approvals, propose_lift

    with opened_plane(home) as plane:
        lift = propose_lift(plane, reason, plane.name)
        collect_approvals(plane)
        pages = [f"{signer.origin}/subjects/{lift.digest().hex()}" for signer in plane.roster.signers]
        quorum = plane.roster.change_quorum
    if as_json:
        freezes = [freeze.hex() for freeze in lift.lifted()]
        print_document({"lift": lift.digest().hex(), "freezes": freezes, "pages": pages, "officers": quorum})
    else:
        print_lines(*(f"lifts the freeze given on {each.signer}'s page: {each.reason}" for each in lift.freezes))
        print_lines(f"the lift waits for {quorum} officers, each on another of these pages:", *pages)


@app.command("status")
def status(home: Home = None, as_json: Json = False) -> None:
    """Ask every signer whether it knows of a freeze; exit status 3 if too few answer to tell."""
    from holdfast.cli.homes import opened_plane
    from holdfast.cli.signers import committees
    from holdfast.custody import FreezeStanding, freeze_standing, signer_health

    with opened_plane(home) as plane:
        signers = signer_health(plane)
        standings = {
            committee.vault: freeze_standing(signers, committee.members, committee.threshold)
            for committee in committees(plane)
        }
    documents: list[dict[str, Any]] = [
        {
            "name": signer.name,
            "answers": signer.status is not None,
            "frozen": signer.status.frozen if signer.status else None,
            "freezes": [freeze.hex() for freeze in signer.status.freezes] if signer.status else None,
            "code": signer.code,
        }
        for signer in signers
    ]
    found = {"vaults": {vault: standing.value for vault, standing in standings.items()}, "signers": documents}
    if not as_json:
        print_table(("VAULT", "FREEZE"), standings.items(), "no vault has a key yet")
        words = {None: "-", True: "frozen", False: "not frozen"}
        rows = [(each["name"], words[each["frozen"]], each["code"] or "") for each in documents]
        print_lines("")
        print_table(("SIGNER", "SAYS", "CODE"), rows)
    if FreezeStanding.UNDETERMINED in standings.values() or all(signer.status is None for signer in signers):
        raise RefusedWithDetails(FreezeUndetermined("too few signers answer to tell"), found)
    if as_json:
        print_document(found)
