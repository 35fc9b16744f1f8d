"""``holdfast signer``: a signer's own process, and how the signers are."""
# ruff: noqa: PLC0415 -- commands import what they work with when they run

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli.errors import AddressUnavailable, HomeNotGiven, RefusedWithDetails
from holdfast.cli.options import Home, Json, SignerFolder
from holdfast.cli.output import print_document, print_lines, print_table

if TYPE_CHECKING:
    from holdfast.custody import SignerHealth

app = typer.Typer(help="Signers: a process and a share each.")

SOCKET = "signer.sock"

Socket = Annotated[
    Path | None,
    typer.Option(metavar="PATH", help=f"The Unix socket to listen on; otherwise {SOCKET} in the folder."),
]


Page = Annotated[
    bool, typer.Option("--page/--no-page", help="Serve its approval page too, at its origin's own port on loopback.")
]
PagePort = Annotated[
    int | None,
    typer.Option(metavar="PORT", min=1, max=65535, help="Serve the page on this port of loopback, behind a proxy."),
]


@app.command("serve")
def serve(
    home: SignerFolder = None,
    socket: Socket = None,
    page: Page = True,
    page_port: PagePort = None,
    as_json: Json = False,
) -> None:
    """Serve one signer until it is stopped: a Unix socket for requests, its own page for people.

    The page is on loopback. Where its origin is not http://localhost:PORT, something in front of it ends TLS for that
    origin and passes on to --page-port. Logs are JSON Lines on stderr.
    """
    from holdfast.cli.logs import configure_logs
    from holdfast.cli.process import announce, sole_process
    from holdfast.signer import SignerHome
    from holdfast.signer import serve as served

    if home is None:
        raise HomeNotGiven("say which signer: --home DIR, the signer's own folder")
    path = socket or home / SOCKET
    # Before the lock, so that nothing is written into a folder that is no signer's.
    SignerHome.open(home).engine.dispose()
    configure_logs(json_lines=True)
    served_at = (page_port or 0) if page else None
    with sole_process(home), _socket_faults(path), served(home, path, page_port=served_at):
        announce(f"unix:{path}", as_json=as_json)
        if signal.sigwait({signal.SIGTERM, signal.SIGINT}) == signal.SIGINT:
            raise KeyboardInterrupt


@contextmanager
def _socket_faults(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise AddressUnavailable(f"cannot listen on {path}: {fault.strerror or fault}") from None


@app.command("status")
def status(home: Home = None, as_json: Json = False) -> None:
    """Ask every signer how it is; exit status 3 if some vault has no quorum that could sign."""
    from holdfast.cli.homes import opened_plane
    from holdfast.cli.signers import committees
    from holdfast.custody import QuorumUnavailable, able_members, signer_health

    with opened_plane(home) as plane:
        signers = signer_health(plane)
        now_s = plane.clock.now_s()
        quorums: list[dict[str, Any]] = [
            {
                "vault": committee.vault,
                "threshold": committee.threshold,
                "members": len(committee.members),
                "able": able_members(signers, committee.vault, committee.epoch),
            }
            for committee in committees(plane)
        ]
    found = {"signers": [_document(signer, now_s) for signer in signers], "quorums": quorums}
    if not as_json:
        _print(signers, quorums)
    short = [quorum for quorum in quorums if quorum["able"] < quorum["threshold"]]
    if short:
        message = "; ".join(f"{each['vault']}: {each['able']} of {each['threshold']} needed can sign" for each in short)
        raise RefusedWithDetails(QuorumUnavailable(message), found)
    if all(signer.status is None for signer in signers):
        raise RefusedWithDetails(QuorumUnavailable("no signer answers"), found)
    if as_json:
        print_document(found)


def _document(signer: "SignerHealth", now_s: int) -> dict[str, Any]:
    said = signer.status
    if said is None:
        return {"name": signer.name, "answers": False, "code": signer.code}
    return {
        "name": signer.name,
        "answers": True,
        "code": None,
        "frozen": said.frozen,
        "freezes": [freeze.hex() for freeze in said.freezes],
        "roster_version": said.roster_version,
        "policy_version": said.policy_version,
        "screening_number": said.screening_number,
        "log_size": said.log_size,
        "clock_ahead_s": said.now_s - now_s,
        "keys": [{"vault": key.vault, "committee_epoch": key.committee_epoch} for key in said.keys],
    }


def _print(signers: "tuple[SignerHealth, ...]", quorums: list[dict[str, Any]]) -> None:
    rows = []
    for signer in signers:
        said = signer.status
        if said is None:
            rows.append((signer.name, f"no: {signer.code}", "", "", ""))
        else:
            keys = ", ".join(key.vault for key in said.keys) or "none"
            rows.append((signer.name, "yes", "yes" if said.frozen else "no", str(said.log_size), keys))
    print_table(("SIGNER", "ANSWERS", "FROZEN", "LOG SIZE SEEN", "KEYS"), rows)
    print_lines("")
    able = [(each["vault"], f"{each['able']} of {each['members']}", each["threshold"]) for each in quorums]
    print_table(("VAULT", "CAN SIGN", "NEEDED"), able, "no vault has a key yet")
