"""What commands print: one JSON document, or text for people; refusals as one line on stderr."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from holdfast.errors import HoldfastError

if TYPE_CHECKING:
    from holdfast.amounts import Amount

PIPED_WIDTH = 240
"""Columns where no terminal says how many: wide enough that no digest is folded."""

Document = Mapping[str, Any]
"""What a command found, as JSON holds it."""


def plain(text: object) -> str:
    """One printable line: what came from outside must not steer a terminal."""
    return "".join(char if char.isprintable() else " " for char in " ".join(str(text).split()))


def moment(at_s: int) -> str:
    """Seconds since 1970 as people read them, in UTC."""
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def amount(value: "Amount") -> dict[str, str]:
    """An amount for JSON. Base units are text: they exceed what many readers of JSON keep exact."""
    return {"asset": value.asset, "units": str(value.units), "text": str(value)}


def print_document(document: Document) -> None:
    """One JSON document, and nothing else, on stdout."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=True) + "\n")
    sys.stdout.flush()


def print_lines(*lines: str) -> None:
    """Lines for people."""
    sys.stdout.write("".join(f"{plain(line)}\n" for line in lines))
    sys.stdout.flush()


def print_table(headings: Sequence[str], rows: Iterable[Sequence[object]], empty: str = "nothing") -> None:
    """A table, or the line that says why there is none."""
    from rich.console import Console  # noqa: PLC0415 -- only what prints a table pays for it
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, show_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    if not table.row_count:
        print_lines(empty)
        return
    console = Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)
    # Captured, for by itself it would end the process when the reader of a pipe has left.
    with console.capture() as captured:
        console.print(table)
    sys.stdout.write(captured.get())
    sys.stdout.flush()


def print_fields(fields: Mapping[str, object]) -> None:
    """Names and values, one pair a line."""
    width = max(map(len, fields)) + 2
    sys.stdout.write("".join(f"{name + ':':<{width}}{plain(value)}\n" for name, value in fields.items()))
    sys.stdout.flush()


def print_note(line: str) -> None:
    """A line on stderr that is neither a result nor a refusal."""
    sys.stderr.write(f"{plain(line)}\n")
    sys.stderr.flush()


def print_notes(*lines: str) -> None:
    """Lines of ours on stderr, their spaces kept."""
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    sys.stderr.flush()


def print_refusal(refusal: HoldfastError, *, as_json: bool, details: Document | None = None) -> None:
    """The one line on stderr, and with ``--json`` the document that says the same, with what was found."""
    message = plain(refusal)[:500]
    if as_json:
        error = {"code": refusal.code, "message": message}
        print_document({"error": error | ({"details": details} if details else {})})
    print_note(f"{refusal.code}: {message}")


@contextmanager
def progress(what: str) -> Iterator[None]:
    """A moving mark on stderr while something may take longer than a second; nothing where nobody watches."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console  # noqa: PLC0415

    with Console(stderr=True).status(what):
        yield
