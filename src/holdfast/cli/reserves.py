"""``holdfast reserves``: publishing what is owed and held, proving it to customers, checking it."""
# ruff: noqa: PLC0415 -- commands import what they work with when they run

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli.errors import FileExists, FileUnavailable, RefusedWithDetails, UsageInvalid
from holdfast.cli.files import read_file
from holdfast.cli.options import Home, Json
from holdfast.cli.output import amount, moment, print_document, print_fields, print_lines, print_note, progress

if TYPE_CHECKING:
    from holdfast.reserves import CheckReport, EpochView, ProofReport

app = typer.Typer(help="Proof of reserves: publish an epoch, prove a balance, verify, check.")

Epoch = Annotated[
    int | None,
    typer.Option("--epoch", metavar="N", min=1, help="Which epoch; otherwise the newest.", show_default=False),
]

HOLDFAST_FORMAT = "holdfast"

_KEY_BYTES = 33


@app.command("publish")
def publish(home: Home = None, as_json: Json = False) -> None:
    """Publish the next epoch: read books and coins, plant the trees, have the signers attest it, write it out.

    One that was begun and not finished is finished instead.
    """
    from holdfast.cli.homes import control_home, opened_plane
    from holdfast.custody import follow_chain
    from holdfast.reserves import publish_epoch, reserves_directory

    with opened_plane(home) as plane:
        with progress("following the chain"):
            while follow_chain(plane):
                pass
        with progress("publishing an epoch"):
            view = publish_epoch(plane, reserves_directory(control_home(home)))
    _published(view, as_json)


@app.command("attest")
def attest(home: Home = None, as_json: Json = False) -> None:
    """Finish the epoch that is prepared and waits for its signers; begin none."""
    from holdfast.cli.homes import control_home, opened_plane
    from holdfast.reserves import attest_epoch, reserves_directory

    with opened_plane(home) as plane, progress("asking the signers"):
        view = attest_epoch(plane, reserves_directory(control_home(home)))
    if view is not None:
        _published(view, as_json)
    elif as_json:
        print_document({"published": None})
    else:
        print_lines("no epoch waits for its signers")


@app.command("prove")
def prove(
    customer: Annotated[str, typer.Option("--customer", metavar="ID", help="The customer.", show_default=False)],
    epoch: Epoch = None,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The file to write.")] = Path("proof.json"),
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Write a customer's proof, which is for their eyes: verify_reserves.py and verify.html verify it."""
    from holdfast.cli.homes import control_home
    from holdfast.reserves import prove as proof_for
    from holdfast.reserves import reserves_directory

    content = proof_for(reserves_directory(control_home(home)), customer, epoch)
    _write_once(out, content)
    if as_json:
        print_document({"customer": customer, "file": str(out), "bytes": len(content)})
    else:
        print_lines(f"the proof of {customer} is in {out}")


def _write_once(out: Path, content: bytes) -> None:
    """Write a new file for its owner only; one with the same content already is as good."""
    from holdfast.store import write_new_private

    try:
        write_new_private(out, content)
    except FileExistsError:
        if not out.is_file() or out.read_bytes() != content:
            raise FileExists(f"{out} is there already and is not overwritten: name another with --out") from None
    except OSError as fault:
        raise FileUnavailable(f"{out} cannot be written: {fault.strerror}") from None


@app.command("verify")
def verify(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="A manifest and proofs for it.", show_default=False)
    ],
    *,
    form: Annotated[str, typer.Option("--format", metavar="NAME", help="Whose format: holdfast.")] = HOLDFAST_FORMAT,
    root: Annotated[
        str | None,
        typer.Option("--root", metavar="HEX", help="The super-root that others have seen.", show_default=False),
    ] = None,
    nonce: Annotated[
        str | None,
        typer.Option("--nonce", metavar="HEX", help="The nonce that the customer's page chose.", show_default=False),
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option("--key", metavar="NAME=HEX", help="A vault's key, known from elsewhere.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Verify customers' proofs against an epoch's manifest, from the files alone; exit status 1 if one is not true."""
    from holdfast.reserves import require_known, verify_proof

    if form != HOLDFAST_FORMAT:
        raise UsageInvalid(f"unknown format {form[:20]!r}; known: {HOLDFAST_FORMAT}")
    known_root, known_nonce = _known("--root", root, 32), _known("--nonce", nonce, 16)
    keys = dict(_known_key(pair) for pair in key or [])
    manifest, proofs = _sorted_out(files)
    with progress("verifying"):
        reports = [verify_proof(manifest, proof) for proof in proofs]
    for report in reports:
        require_known(report, root=known_root, nonce=known_nonce, keys=keys)
    pinned = {"root": root is not None, "nonce": nonce is not None, "keys": set(keys) == set(reports[0].keys)}
    if as_json:
        shown = {f"{name}_pinned": known for name, known in pinned.items()}
        print_document({"valid": True, **shown, "proofs": [_proof(each) for each in reports]})
        return
    for report in reports:
        _print_proof(report)
    _print_unknown(reports[0], pinned)


def _known(option: str, given: str | None, length: int) -> bytes | None:
    """What the user knows from elsewhere: so many bytes, as hexadecimal digits of either case."""
    if given is None:
        return None
    digits = given.strip().lower()
    if len(digits) != 2 * length or not set(digits) <= set("0123456789abcdef"):
        raise UsageInvalid(f"{option} has {2 * length} hexadecimal digits")
    return bytes.fromhex(digits)


def _known_key(pair: str) -> tuple[str, bytes]:
    name, _, digits = pair.rpartition("=")
    if not name:
        raise UsageInvalid("--key has a vault's name and key, as NAME=HEX")
    return name, _known("--key", digits, _KEY_BYTES) or b""


def _print_unknown(report: "ProofReport", pinned: dict[str, bool]) -> None:
    """What the files alone do not show."""
    number, before = report.before
    print_note("the customer must be found in every number published since they became one, not in this one alone")
    if number:
        print_note(f"the one before is number {number}, super-root {before.hex()}: verify it too")
    for skipped in report.skipped:
        print_note(
            f"the venue says that it never published number {skipped}: if anybody was shown it, do not believe it"
        )
    if not pinned["keys"]:
        print_note("whether these are the venue's vaults, and all of them, is not checked: give their keys with --key")
    if not pinned["root"]:
        print_note("whether everybody is shown this super-root is not checked: compare it, or give it with --root")
    if not report.chosen_by_customer:
        print_note("whether another customer of that name was shown the same is not checked: the house chose the nonce")
    elif not pinned["nonce"]:
        print_note("whether the customer's page chose this nonce is not checked: give it with --nonce")
    print_note("not checked either: that the coins were unspent, what else the venue owes, and what it has borrowed")


def _sorted_out(files: list[Path]) -> tuple[bytes, list[bytes]]:
    """The manifest and the proofs among the files, whichever comes first."""
    from holdfast.reserves import MAX_MANIFEST_BYTES, is_proof

    contents = [read_file(file, MAX_MANIFEST_BYTES) for file in files]
    proofs = [content for content in contents if is_proof(content)]
    manifests = [content for content in contents if not is_proof(content)]
    if len(manifests) != 1 or not proofs:
        raise UsageInvalid("give one manifest and at least one proof")
    return manifests[0], proofs


@app.command("check")
def check(epoch: Epoch = None, home: Home = None, as_json: Json = False) -> None:
    """Derive an epoch again from the ledger and the chain, and verify it; exit status 1 if anything differs."""
    from holdfast.cli.homes import control_home, opened_plane
    from holdfast.reserves import ReservesBroken, check_epoch, reserves_directory

    with opened_plane(home) as plane, progress("deriving the epoch again"):
        report = check_epoch(plane, reserves_directory(control_home(home)), epoch)
    if not as_json:
        for finding in report.findings:
            print_lines(str(finding))
    if report.findings:
        words = f"epoch {report.epoch.epoch} is not as it should be: {len(report.findings)} findings"
        raise RefusedWithDetails(ReservesBroken(words), _check(report))
    if as_json:
        print_document(_check(report))
        return
    _print_epoch(report.epoch)
    print_lines(f"right: the balances of {report.customers} customers, the coins and the attestations are as published")


def _published(view: "EpochView", as_json: bool) -> None:
    if as_json:
        print_document({"published": _epoch(view)})
    else:
        _print_epoch(view)
        print_lines(f"published in {view.public}")


def _print_epoch(view: "EpochView") -> None:
    covers = {
        f"owed in {each.asset}": f"{each.liabilities}, covered by {each.coin_count} coins worth {each.coins}"
        for each in view.assets
    }
    print_fields(
        {
            "epoch": view.epoch,
            "books of": moment(view.at_s),
            "block": f"{view.block.height} of {view.network}, {view.block.hash}",
            **covers,
            "attested by": f"a quorum of the signers of {', '.join(view.vaults)}",
            "super-root": view.super_root.hex(),
        }
    )


def _epoch(view: "EpochView") -> dict[str, Any]:
    return {
        "venue": view.venue,
        "epoch": view.epoch,
        "at_s": view.at_s,
        "network": view.network,
        "height": view.block.height,
        "block": view.block.hash,
        "previous": view.previous.hex(),
        "super_root": view.super_root.hex(),
        "assets": [
            {
                "asset": each.asset,
                "liabilities": amount(each.liabilities),
                "coins": amount(each.coins),
                "coin_count": each.coin_count,
                "leaves": each.leaves,
                "covered": each.covered,
            }
            for each in view.assets
        ],
        "vaults": list(view.vaults),
        "public": str(view.public),
    }


def _check(report: "CheckReport") -> dict[str, Any]:
    return {
        "right": not report.findings,
        "customers": report.customers,
        "epoch": _epoch(report.epoch),
        "findings": [{"kind": each.kind, "subject": each.subject, "detail": each.detail} for each in report.findings],
    }


def _proof(report: "ProofReport") -> dict[str, Any]:
    return {
        "venue": report.venue,
        "epoch": report.epoch,
        "at_s": report.at_s,
        "super_root": report.super_root.hex(),
        "customer": report.customer,
        "nonce": report.nonce.hex(),
        "nonce_by": "customer" if report.chosen_by_customer else "house",
        "keys": {name: key.hex() for name, key in report.keys.items()},
        "before": {"epoch": report.before[0], "super_root": report.before[1].hex()},
        "skipped": list(report.skipped),
        "balances": [amount(each.amount) | {"fragments": each.fragments} for each in report.balances],
    }


def _print_proof(report: "ProofReport") -> None:
    chosen = "the customer's page" if report.chosen_by_customer else "the house"
    print_fields(
        {
            "verified": f"{report.customer} is counted in epoch {report.epoch} of {report.venue}",
            "books of": moment(report.at_s),
            "balance": ", ".join(str(each.amount) for each in report.balances),
            "nonce": f"{report.nonce.hex()}, chosen by {chosen}",
            "attested by": ", ".join(f"{name} ({key.hex()})" for name, key in report.keys.items()),
            "super-root": report.super_root.hex(),
        }
    )
