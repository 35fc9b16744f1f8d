"""``holdfast audit``: taking the log out, and checking it where there is no database."""
# ruff: noqa: PLC0415 -- commands import what they work with when they run

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from holdfast.cli.errors import FileExists, FileUnavailable, UsageInvalid
from holdfast.cli.files import read_file
from holdfast.cli.options import Home, Json
from holdfast.cli.output import moment, print_document, print_fields, print_note, progress

if TYPE_CHECKING:
    from holdfast.audit import Checkpoint, ExportReport
    from holdfast.authority import Genesis

app = typer.Typer(help="The audit log: take it out, verify it.")


@app.command("export")
def export(
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="A new file to write; otherwise stdout.", show_default=False),
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Write the whole log, with a fresh checkpoint and every cosignature that signers give now, as JSON Lines."""
    from holdfast.audit import export as write_export
    from holdfast.cli.homes import opened_plane
    from holdfast.custody import cosign_log
    from holdfast.store import snapshot

    if as_json and out is None:
        raise UsageInvalid("the export itself goes to stdout: with --json, name a file with --out FILE")
    with opened_plane(home) as plane:
        with progress("asking the signers to cosign"):
            missing = cosign_log(plane)
        with _target(out) as stream, snapshot(plane.engine) as connection:
            size = write_export(connection, stream, plane.genesis.log_name, plane.genesis.log_key)
    for signer, code in missing.items():
        print_note(f"not cosigned by {signer}: {code}")
    if as_json:
        print_document({"entries": size, "file": str(out), "not_cosigned_by": missing})
    elif out is not None:
        print_note(f"{size} entries in {out}")


@contextmanager
def _target(out: Path | None) -> Iterator[BinaryIO]:
    """Where the export goes. A new file that could not be finished is removed again."""
    if out is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        file = out.open("xb")
    except FileExistsError:
        raise FileExists(f"{out} is there already and is not overwritten") from None
    except OSError as fault:
        raise FileUnavailable(f"{out} cannot be written: {fault.strerror}") from None
    try:
        with file:
            yield file
    except BaseException:
        out.unlink(missing_ok=True)
        raise


@app.command("verify")
def verify(  # noqa: PLR0917 -- each is an option, given by name
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An exported log.", show_default=False)],
    genesis: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The genesis: pins the log's key and the signers'.", show_default=False),
    ] = None,
    cosigners: Annotated[
        int, typer.Option(metavar="N", min=0, help="How many signers must have cosigned its end.")
    ] = 0,
    since: Annotated[
        Path | None, typer.Option(metavar="FILE", help="An older export that it must continue.", show_default=False)
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Check every entry, checkpoint and cosignature of an exported log, from the file alone.

    The genesis comes from --genesis, or from the deployment's folder. Without one the log's key is the file's own:
    that shows that the file agrees with itself, not who wrote it.
    """
    from holdfast.audit import verify_export

    pins = _pins(genesis, home)
    if cosigners and pins is None:
        raise UsageInvalid("who the signers are is in the genesis: give --genesis FILE, or --home DIR")
    signers = {} if pins is None else {signer.name: signer.signing_key for signer in pins.roster.signers}
    with progress("checking every entry"):
        report = verify_export(
            file,
            log_key=None if pins is None else pins.log_key,
            cosigners=signers,
            minimum_cosigners=cosigners,
            known=_known(since, pins),
        )
    if as_json:
        print_document(_document(report))
    else:
        _print(report, len(signers))


def _pins(genesis: Path | None, home: Path | None) -> "Genesis | None":
    from holdfast.authority import Genesis
    from holdfast.cli.homes import home_genesis
    from holdfast.encoding import MAX_BYTES

    if genesis is not None:
        return Genesis.decoded(read_file(genesis, MAX_BYTES))
    return None if home is None else home_genesis(home)


def _known(since: Path | None, pins: "Genesis | None") -> "Checkpoint | None":
    """The state that an older export ends with, itself verified."""
    from holdfast.audit import verify_export

    if since is None:
        return None
    return verify_export(since, log_key=None if pins is None else pins.log_key).last


def _document(report: "ExportReport") -> dict[str, Any]:
    return {
        "valid": True,
        "origin": report.origin,
        "entries": report.entries,
        "checkpoints": report.checkpoints,
        "last_checkpoint": {"size": report.last.size, "root": report.last.root.hex()},
        "log_key": report.log_public_key.hex(),
        "log_key_pinned": report.log_key_pinned,
        "cosigned": [{"signer": name, "at_s": at_s} for name, at_s in sorted(report.cosigned_at_s.items())],
    }


def _print(report: "ExportReport", signers: int) -> None:
    cosigned = ", ".join(f"{name} ({moment(at_s)})" for name, at_s in sorted(report.cosigned_at_s.items()))
    print_fields(
        {
            "verified": f"{report.entries} entries, {report.checkpoints} checkpoints",
            "log": report.origin,
            "root": report.last.root.hex(),
            "log key": f"{report.log_public_key.hex()} ({'pinned' if report.log_key_pinned else 'from the file'})",
            "cosigned by": f"{len(report.cosigned_at_s)} of {signers}: {cosigned}" if signers else "not checked",
        }
    )
    if not report.log_key_pinned:
        print_note("no genesis was given: the file agrees with itself, but anyone could have written it")
