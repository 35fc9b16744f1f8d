"""Code that nothing calls, by vulture, without what it cannot know.

Fields of classes are formats, not code: a signed object's field may be read by its signature only. Unused local
variables are the linter's. What is called by name from outside is listed under ``[tool.vulture]``.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from tree import ROOT
from vulture import Vulture
from vulture.config import make_config
from vulture.core import Item


def is_code(item: Item) -> bool:
    """Whether an item is code of ours rather than a field or a local variable."""
    if item.typ != "variable":
        return True
    line = Path(item.filename).read_text(encoding="utf-8").splitlines()[item.first_lineno - 1]
    return not line.startswith((" ", "\t"))


def dead_code(folders: list[Path]) -> Iterator[str]:
    """A line for each unused name in the folders."""
    with (ROOT / "pyproject.toml").open("rb") as settings_file:
        settings = make_config([], settings_file)
    vulture = Vulture(ignore_names=settings["ignore_names"], ignore_decorators=settings["ignore_decorators"])
    vulture.scavenge([str(folder) for folder in folders if folder.is_dir()])
    for item in vulture.get_unused_code(min_confidence=settings["min_confidence"]):
        if is_code(item):
            yield item.get_report()


def main() -> int:
    """Print every unused name; 1 if there is one."""
    faults = list(dead_code([ROOT / name for name in ("src", "tests", "benches", "docs/_ext", "scripts/checks")]))
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
