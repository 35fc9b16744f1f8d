"""What can keep the story from being told, and the one fault that it is told for: a promise that was not kept."""

from typing import ClassVar

from holdfast.errors import HoldfastError


class DemoError(HoldfastError):
    """Base of the demonstration's errors."""

    code: ClassVar[str] = "demo.fault"
    exit_status: ClassVar[int] = 3


class ChapterUnknown(DemoError):
    """No chapter of this name."""

    code = "demo.chapter_unknown"
    exit_status = 2


class DirectoryNotEmpty(DemoError):
    """The folder holds something already; the story begins in an empty one."""

    code = "demo.directory_not_empty"
    exit_status = 2


class DirectoryPathTooLong(DemoError):
    """Sockets in the folder would have longer paths than the system allows."""

    code = "demo.directory_path_too_long"
    exit_status = 2


class DirectoryUnusable(DemoError):
    """The folder cannot be made or written to."""

    code = "demo.directory_unusable"
    exit_status = 2


class EmbeddedChainMissing(DemoError):
    """The optional part that the embedded chain runs on is not installed."""

    code = "demo.embedded_chain_missing"
    exit_status = 2


class ChildFailed(DemoError):
    """A process of the demonstration did not start, or ended by itself."""

    code = "demo.child_failed"


class PromiseBroken(DemoError):
    """A step did not end as it is promised to."""

    code = "demo.promise_broken"
    exit_status = 1
