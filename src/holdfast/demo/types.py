"""The values of the demonstration, and the port through which it tells its story."""

from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class StepOutcome:
    """How one step ended.

    ``ok``: as promised. ``detail`` says in words what happened, or what was not as promised; ``data`` holds the
    facts behind the words, in types that JSON has.
    """

    chapter: str
    name: str
    ok: bool
    detail: str
    data: dict[str, Any] = field(default_factory=dict)


class Reporter(Protocol):
    """Who listens to the story while it happens."""

    def chapter(self, title: str) -> None:
        """A chapter begins."""
        ...

    def step(self, words: str) -> None:
        """A step begins: what is about to be done."""
        ...

    def detail(self, words: str) -> None:
        """Something that the step under way found out."""
        ...

    def done(self, outcome: StepOutcome) -> None:
        """The step under way has ended."""
        ...
