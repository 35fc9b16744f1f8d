"""Telling the story: a fresh folder, the chapters in order, and whatever happens no process left behind."""

import contextlib
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from holdfast.demo.chapters import CHAPTERS as _CHAPTERS
from holdfast.demo.chapters import Chapter
from holdfast.demo.deployment import SIGNERS, Deployment, PageOrigins
from holdfast.demo.errors import (
    ChapterUnknown,
    DirectoryNotEmpty,
    DirectoryPathTooLong,
    DirectoryUnusable,
    EmbeddedChainMissing,
    PromiseBroken,
)
from holdfast.demo.processes import Processes, leaving_on_signals
from holdfast.demo.stage import NODE, Stage
from holdfast.demo.steps import StoryStopped, Telling
from holdfast.demo.types import Reporter, StepOutcome

CHAPTERS: tuple[str, ...] = tuple(chapter.name for chapter in _CHAPTERS)
"""The chapters' names, in the order of the story."""

MAX_SOCKET_PATH_BYTES = 103
"""What a Unix socket's address holds: 107 bytes on Linux, 103 on macOS and the BSDs."""


@dataclass
class DemoResult:
    """How the story went. Its processes go on until :meth:`close`, which the end of a ``with`` block calls too."""

    directory: Path
    steps: tuple[StepOutcome, ...]
    _stage: Stage = field(repr=False)
    _resources: contextlib.ExitStack = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether every step ended as promised."""
        return bool(self.steps) and all(step.ok for step in self.steps)

    @property
    def deployment(self) -> Deployment:
        """The deployment that the story founded.

        :raises PromiseBroken: the story ended before it had.
        """
        if not hasattr(self._stage, "deployment"):
            raise PromiseBroken("the story did not found a deployment")
        return self._stage.deployment

    @property
    def control(self) -> Path:
        """The control plane's folder, for whoever wants to serve its page or ask it something."""
        return self.directory / "control"

    def keep_running(self, *, with_pages: bool = False) -> Self:
        """Start again whatever the story left stopped, so that the deployment can be served.

        :param with_pages: have the signers serve their own pages, at the addresses that the genesis pins.
        :raises PromiseBroken: the story ended halfway; what stands is no whole deployment.
        """
        if not self.ok:
            raise PromiseBroken("the story did not end as promised; there is no whole deployment to serve")
        processes = self._stage.processes
        if with_pages:
            # A signer serves a page from its start or not at all.
            processes.kill(*(name for name in SIGNERS if processes.is_running(name)))
        away = tuple(name for name in SIGNERS if not processes.is_running(name))
        self._stage.start_signers(*away, with_pages=with_pages)
        if not processes.is_running(NODE):
            self._stage.start_node()
            away += (NODE,)
        processes.wait_ready(*away)
        return self

    def close(self) -> None:
        """Stop every process, and remove a temporary folder (not that of a broken story, for its logs)."""
        self._resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def run(
    directory: Path | None,
    *,
    chapters: Sequence[str] = (),
    report: Reporter,
    origins: PageOrigins | None = None,
) -> DemoResult:
    """Tell the story, in ``directory`` (which is kept) or in a temporary folder.

    A step that does not end as promised ends the story: the result is not ``ok`` and its last step says why.
    Whatever else ends it, Ctrl-C, SIGTERM or a fault, no process stays behind.

    :param chapters: only these, and what they stand on; all of them when none is named.
    :param origins: where the pages will be, if they are to be served elsewhere than usual.
    :raises ChapterUnknown: a name that is none of :data:`CHAPTERS`.
    :raises DirectoryNotEmpty, DirectoryPathTooLong, DirectoryUnusable: a folder that will not do.
    :raises EmbeddedChainMissing: the extra ``embedded`` is not installed.
    """
    chosen = _chosen(chapters)
    if importlib.util.find_spec("pbk") is None:
        raise EmbeddedChainMissing("the embedded chain is not installed: install holdfast[embedded]")
    with contextlib.ExitStack() as resources:
        resources.enter_context(leaving_on_signals())
        folder = _Folder.prepared(directory)
        resources.callback(folder.leave)
        logs = folder.path / "logs"
        processes = resources.enter_context(Processes(logs))
        stage = Stage(folder.path, processes, Telling(report, logs), origins or PageOrigins())
        with _logging_to(logs / "control-1.log"):
            try:
                _tell(stage, chosen)
            finally:
                stage.close()
        result = DemoResult(folder.path, tuple(stage.telling.outcomes), stage, resources.pop_all())
        folder.kept = folder.kept or not result.ok
        return result


def _chosen(names: Sequence[str]) -> tuple[Chapter, ...]:
    unknown = [name for name in names if name not in CHAPTERS]
    if unknown:
        raise ChapterUnknown(f"no chapter {unknown[0][:40]!r}; there are: {', '.join(CHAPTERS)}")
    return tuple(chapter for chapter in _CHAPTERS if not names or chapter.basic or chapter.name in names)


def _tell(stage: Stage, chapters: Sequence[Chapter]) -> None:
    with contextlib.suppress(StoryStopped):
        for chapter in chapters:
            stage.telling.begin(chapter.name, f"{CHAPTERS.index(chapter.name) + 1}. {chapter.title}")
            chapter.play(stage)


@dataclass
class _Folder:
    """Where the story takes place: a given folder, which is kept, or a temporary one."""

    path: Path
    kept: bool

    @classmethod
    def prepared(cls, directory: Path | None) -> Self:
        """An empty folder whose sockets will have paths short enough."""
        try:
            if directory is None:
                folder = cls(Path(tempfile.mkdtemp(prefix="holdfast-")), kept=False)
            else:
                folder = cls(directory.absolute(), kept=True)
            folder.require_short()
            folder.path.mkdir(parents=True, exist_ok=True)
            if any(folder.path.iterdir()):
                raise DirectoryNotEmpty(f"{directory} is not empty: the story begins in a fresh folder; name another")
        except OSError as fault:
            raise DirectoryUnusable(f"{directory or tempfile.gettempdir()} cannot be used: {fault.strerror}") from None
        return folder

    def require_short(self) -> None:
        """Refuse a folder in which a socket's path would not fit where the system keeps it."""
        # The control plane's configuration names the sockets relative to its own folder.
        longest = max(len(os.fsencode(self.path / "control" / ".." / f"{name}.sock")) for name in SIGNERS)
        if longest > MAX_SOCKET_PATH_BYTES:
            self.leave()
            raise DirectoryPathTooLong(
                f"in {self.path} the signers' sockets would have paths of {longest} bytes, and a system takes at most "
                f"{MAX_SOCKET_PATH_BYTES}: name a folder with a shorter path"
            )

    def leave(self) -> None:
        """Remove it if it is temporary."""
        if not self.kept:
            shutil.rmtree(self.path, ignore_errors=True)


@contextlib.contextmanager
def _logging_to(path: Path) -> Generator[None]:
    """The control plane's own log lines go to a file while the story is told."""
    before = structlog.get_config()
    with path.open("a", encoding="utf-8") as file:
        structlog.configure(
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.JSONRenderer(),
            ],
            logger_factory=structlog.PrintLoggerFactory(file),
        )
        try:
            yield
        finally:
            structlog.configure(**before)
