"""The story that Holdfast tells about itself, and the embedded parts that it is told on.

The names below load what they need when first asked for: processes started as ``holdfast.demo.something`` import
this package too, and a signer among them is to carry its own parts only.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from holdfast.demo.errors import (
        ChapterUnknown,
        ChildFailed,
        DemoError,
        DirectoryNotEmpty,
        DirectoryPathTooLong,
        DirectoryUnusable,
        EmbeddedChainMissing,
        PromiseBroken,
    )
    from holdfast.demo.reporters import JsonReporter, RichReporter
    from holdfast.demo.story import CHAPTERS, DemoResult, run
    from holdfast.demo.types import Reporter, StepOutcome

__all__ = [
    "CHAPTERS",
    "ChapterUnknown",
    "ChildFailed",
    "DemoError",
    "DemoResult",
    "DirectoryNotEmpty",
    "DirectoryPathTooLong",
    "DirectoryUnusable",
    "EmbeddedChainMissing",
    "JsonReporter",
    "PromiseBroken",
    "Reporter",
    "RichReporter",
    "StepOutcome",
    "run",
]

_HOMES = ("errors", "types", "reporters", "story")


def __getattr__(name: str) -> Any:
    """A public name, from the module that defines it."""
    if name in __all__:
        for home in _HOMES:
            module = importlib.import_module(f"holdfast.demo.{home}")
            if hasattr(module, name):
                return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
