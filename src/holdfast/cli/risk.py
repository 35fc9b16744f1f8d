"""``holdfast risk``: what the engine looks at."""
# ruff: noqa: PLC0415 -- commands import what they work with when they run

import dataclasses
from typing import Annotated

import typer

from holdfast.cli.errors import UsageInvalid
from holdfast.cli.options import Json
from holdfast.cli.output import print_document, print_lines, print_table

app = typer.Typer(help="Risk: what the engine looks at.")


@app.callback()
def risk() -> None:
    """Risk: what the engine looks at."""


@app.command("parameters")
def parameters(
    entity: Annotated[str, typer.Option(metavar="NAME", help="Only those of one kind of entity, such as device.")] = "",
    as_json: Json = False,
) -> None:
    """List every parameter of an event: meaning, window, unit, value where nothing is known, who could game it."""
    from holdfast.risk import catalogue

    whole = catalogue()
    entities = list(dict.fromkeys(each.entity for each in whole))
    if entity and entity not in entities:
        raise UsageInvalid(f"no entity is called {entity[:40]!r}; there are: {', '.join(entities)}")
    shown = [each for each in whole if entity in ("", each.entity)]
    if as_json:
        print_document({"parameters": [dataclasses.asdict(each) for each in shown]})
        return
    rows = [(each.identifier, each.meaning, each.window, each.unit) for each in shown]
    print_table(("PARAMETER", "MEANING", "WINDOW", "UNIT"), rows)
    print_lines("", f"{len(shown)} parameters; --json also says what counts as nothing known, and who could game each.")
