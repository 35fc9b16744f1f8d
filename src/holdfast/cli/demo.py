"""``holdfast demo``: the whole story on embedded parts, then the page of what it left."""
# ruff: noqa: PLC0415 -- commands import what they work with when they run

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli.errors import RefusedWithDetails
from holdfast.cli.options import Json
from holdfast.cli.output import print_document, print_lines, print_note
from holdfast.cli.serve import DEFAULT_PORT, LOOPBACK, Port

if TYPE_CHECKING:
    from holdfast.demo import DemoResult

Chapter = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Only this chapter and what it stands on; may be given again."),
]
Directory = Annotated[
    Path | None,
    typer.Option(
        "--directory",
        "--home",
        envvar="HOLDFAST_HOME",
        metavar="DIR",
        help="An empty folder to found the house in; it is kept. Otherwise a temporary one.",
        show_default=False,
    ),
]


def demo(
    once: Annotated[bool, typer.Option("--once", help="End with the story instead of serving its page.")] = False,
    chapter: Chapter = None,
    directory: Directory = None,
    port: Port = DEFAULT_PORT,
    as_json: Json = False,
) -> None:
    """Tell the whole story on embedded parts, then serve its page.

    One customer's bitcoin from deposit to payout, on a chain of this machine's own; thefts, losses and crashes on the
    way. Exit status 1 if any step does not end as promised.
    """
    from holdfast.demo import JsonReporter, PromiseBroken, RichReporter, run

    with run(directory, chapters=chapter or (), report=JsonReporter() if as_json else RichReporter()) as result:
        told = _document(result)
        if not result.ok:
            detail = result.steps[-1].detail if result.steps else "no step was told"
            raise RefusedWithDetails(PromiseBroken(detail), told)
        if as_json:
            print_document(told)
        else:
            print_lines("", f"All {len(result.steps)} steps ended as promised.")
        if not once:
            _serve(result, port)


def _document(result: "DemoResult") -> dict[str, Any]:
    return {
        "ok": result.ok,
        "directory": str(result.directory),
        "steps": [
            {"chapter": step.chapter, "name": step.name, "ok": step.ok, "detail": step.detail, "data": step.data}
            for step in result.steps
        ],
    }


def _serve(result: "DemoResult", port: int) -> None:
    from holdfast.cli.console import listening, serve_console
    from holdfast.cli.homes import opened_plane
    from holdfast.cli.process import ended_by_sigterm

    result.keep_running()
    with opened_plane(result.directory) as plane, listening(LOOPBACK, port) as listener, ended_by_sigterm():
        # On stderr: with --json, stdout is the story's one document.
        serve_console(plane, listener, LOOPBACK, lambda address: print_note(f"serving {address} until Ctrl-C"))
