"""``holdfast demo``: the whole story on embedded parts, then the pages of what it left."""
# ruff: noqa: PLC0415 -- commands import what they work with when they run

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli.errors import RefusedWithDetails
from holdfast.cli.options import Json
from holdfast.cli.output import print_document, print_lines
from holdfast.cli.serve import DEFAULT_PORT

if TYPE_CHECKING:
    from holdfast.demo import DemoResult

Chapter = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Only this chapter and what it stands on; may be given again."),
]
Port = Annotated[
    int,
    typer.Option(
        metavar="PORT",
        min=0,
        max=65535,
        help="The console's port; the customers' page is ten below, the signers' above. 0 takes free ones.",
    ),
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
    once: Annotated[bool, typer.Option("--once", help="End with the story instead of serving its pages.")] = False,
    chapter: Chapter = None,
    directory: Directory = None,
    port: Port = DEFAULT_PORT,
    as_json: Json = False,
) -> None:
    """Tell the whole story on embedded parts, then serve its pages.

    One customer's bitcoin from deposit to payout, on a chain of this machine's own; thefts, losses and crashes on the
    way. Exit status 1 if any step does not end as promised.
    """
    from holdfast.cli.demo_pages import reserved_pages, serve_demo
    from holdfast.demo import JsonReporter, PromiseBroken, RichReporter, run

    report = JsonReporter() if as_json else RichReporter()
    with contextlib.ExitStack() as stack:
        pages = None if once else stack.enter_context(reserved_pages(port))
        origins = None if pages is None else pages.origins()
        result = stack.enter_context(run(directory, chapters=chapter or (), report=report, origins=origins))
        told = _document(result)
        if not result.ok:
            detail = result.steps[-1].detail if result.steps else "no step was told"
            raise RefusedWithDetails(PromiseBroken(detail), told)
        if as_json:
            print_document(told)
        else:
            print_lines("", f"All {len(result.steps)} steps ended as promised.")
        if pages is not None:
            serve_demo(result, pages)


def _document(result: "DemoResult") -> dict[str, Any]:
    return {
        "ok": result.ok,
        "directory": str(result.directory),
        "steps": [
            {"chapter": step.chapter, "name": step.name, "ok": step.ok, "detail": step.detail, "data": step.data}
            for step in result.steps
        ],
    }
