"""Steps: each says what it is about to do, does it, and is held to what was promised of it."""

import contextlib
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from holdfast.demo.errors import PromiseBroken
from holdfast.demo.types import Reporter, StepOutcome
from holdfast.errors import HoldfastError


class StoryStopped(Exception):
    """A step did not end as promised; what would come after it has nothing to stand on."""


class Step:
    """A step under way: the facts that it gathers, and the promises that it is held to."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self.said: list[str] = []
        self.data: dict[str, Any] = {}

    def say(self, words: str) -> None:
        """Tell what was found out."""
        self.said.append(words)
        self._reporter.detail(words)

    @staticmethod
    def require(kept: bool, promise: str) -> None:
        """Hold the step to a promise, which is worded as it should be.

        :raises PromiseBroken: it was not kept.
        """
        if not kept:
            raise PromiseBroken(f"it should be so, and is not: {promise}")

    @staticmethod
    def refusal(code: str, attempt: Callable[[], object]) -> HoldfastError:
        """Make an attempt that must be refused with this code; the refusal.

        :raises PromiseBroken: it went through, or was refused for another reason.
        """
        try:
            attempt()
        except HoldfastError as refused:
            if refused.code != code:
                raise PromiseBroken(f"refused with {refused.code} instead of {code}: {refused}") from refused
            return refused
        raise PromiseBroken(f"it went through, and should have been refused with {code}")


class Telling:
    """The story so far: the chapter under way and the outcome of every step.

    :param logs: where to look when a step does not end as promised.
    """

    def __init__(self, reporter: Reporter, logs: Path | None = None) -> None:
        self.reporter = reporter
        self._logs = logs
        self.outcomes: list[StepOutcome] = []
        self._chapter = ""

    def begin(self, chapter: str, title: str) -> None:
        """Open a chapter."""
        self._chapter = chapter
        self.reporter.chapter(title)

    @contextlib.contextmanager
    def step(self, name: str, words: str) -> Generator[Step]:
        """Tell one step, and keep its outcome.

        :raises StoryStopped: it did not end as promised.
        """
        self.reporter.step(words)
        step = Step(self.reporter)
        try:
            yield step
        except HoldfastError as fault:
            where = f" (logs: {self._logs})" if self._logs else ""
            self._end(name, step, ok=False, detail=f"{fault.code}: {fault}{where}")
            raise StoryStopped from fault
        except BaseException as fault:
            # Not the story's to judge, Ctrl-C among them; but whoever listens learns that the step is over.
            self._end(name, step, ok=False, detail=f"interrupted by {type(fault).__name__}")
            raise
        self._end(name, step, ok=True, detail=" ".join(step.said) or words)

    def _end(self, name: str, step: Step, *, ok: bool, detail: str) -> None:
        outcome = StepOutcome(self._chapter, name, ok, detail, step.data)
        self.outcomes.append(outcome)
        self.reporter.done(outcome)
