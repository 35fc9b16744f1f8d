"""Telling the story on a terminal, or quietly beside a JSON document."""

import sys
import textwrap
from typing import TextIO

from rich.console import Console
from rich.status import Status
from rich.text import Text

from holdfast.demo.types import StepOutcome

MAX_WIDTH = 100
"""Columns beyond which lines of words are hard to read."""

_DETAIL_INDENT = " " * 6


class RichReporter:
    """Plain words with a tick for each step; colours, and a spinner while something runs, on a terminal only."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        self._words = ""
        self._details: list[str] = []
        self._status: Status | None = None

    def chapter(self, title: str) -> None:
        """A blank line and the title."""
        self._console.print()
        self._console.print(Text(title, style="bold"))

    def step(self, words: str) -> None:
        """Show what runs."""
        self._words, self._details = words, []
        if self._console.is_terminal:
            self._status = self._console.status(Text(words))
            self._status.start()

    def detail(self, words: str) -> None:
        """Keep the words until the step ends, so that they stand below it."""
        self._details.append(words)

    def done(self, outcome: StepOutcome) -> None:
        """One line with a tick or a cross, and the details below it."""
        if self._status is not None:
            self._status.stop()
            self._status = None
        tick, cross = ("  ✓ ", "  ✗ ") if self._console.encoding.startswith("utf") else ("  ok ", "  NO ")
        mark, style = (tick, "green") if outcome.ok else (cross, "bold red")
        first, *others = self._folded(self._words, " " * len(mark))
        self._print(Text.assemble((mark, style), first[len(mark) :]))
        for line in others:
            self._print(Text(line))
        for words in self._details:
            for line in self._folded(words, _DETAIL_INDENT):
                self._print(Text(line, style="dim"))
        if not outcome.ok:
            for line in self._folded(outcome.detail, _DETAIL_INDENT):
                self._print(Text(line, style="red"))

    def _folded(self, words: str, indent: str) -> list[str]:
        """Lines of a readable width; identifiers stay whole, so that they can be copied."""
        return textwrap.wrap(
            words,
            min(self._console.width, MAX_WIDTH),
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )

    def _print(self, line: Text) -> None:
        self._console.print(line, soft_wrap=True)


class JsonReporter:
    """Progress as plain lines on stderr: stdout belongs to the one JSON document, which is the caller's to write."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr

    def chapter(self, title: str) -> None:
        """The title on a line of its own."""
        self._line(title)

    def step(self, words: str) -> None:
        """What is about to be done."""
        self._line(f"  {words}")

    def detail(self, words: str) -> None:
        """Nothing: details are in the document."""

    def done(self, outcome: StepOutcome) -> None:
        """Only what was not as promised."""
        if not outcome.ok:
            self._line(f"  not as promised: {outcome.detail}")

    def _line(self, words: str) -> None:
        self._stream.write(words + "\n")
        self._stream.flush()
