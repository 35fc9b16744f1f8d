"""Sphinx extension: the parts of the reference that are read from the code itself.

Before a build it writes one page a public package into ``reference/api/``; in pages it gives two directives,
``holdfast-errors`` (every error with its stable code) and ``holdfast-commands`` (the command line).
"""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import typer.main
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

import holdfast
from holdfast.errors import HoldfastError

logger = logging.getLogger(__name__)

# Alembic runs these itself, inside a migration.
NOT_IMPORTED = "migrations"


def modules() -> Iterator[ModuleType]:
    """Every module of Holdfast; one that cannot be imported is a warning, which fails a strict build."""
    for info in pkgutil.walk_packages(holdfast.__path__, "holdfast.", onerror=_not_importable):
        if NOT_IMPORTED not in info.name.split(".") and not info.name.endswith("__main__"):
            try:
                yield importlib.import_module(info.name)
            except ImportError:
                _not_importable(info.name)


def _not_importable(name: str) -> None:
    logger.warning("%s cannot be imported", name)


def error_classes() -> list[type[HoldfastError]]:
    """Every error class, by code."""
    for _ in modules():
        pass
    found: set[type[HoldfastError]] = {HoldfastError}
    pending = [HoldfastError]
    while pending:
        fresh = [kind for kind in pending.pop().__subclasses__() if kind.__module__.startswith("holdfast.")]
        found.update(fresh)
        pending.extend(fresh)
    return sorted(found, key=lambda kind: kind.code)


def first_paragraph(text: str | None) -> str:
    """The first paragraph of a docstring on one line."""
    return " ".join(inspect.cleandoc(text or "").split("\n\n")[0].split())


class ErrorsDirective(SphinxDirective):
    """A definition list of every error code: its exit status, what it means, its class."""

    def run(self) -> list[nodes.Node]:
        """Render one entry a class."""
        lines = ["```{eval-rst}"]
        for kind in error_classes():
            meaning = first_paragraph(kind.__doc__)
            lines += [f"``{kind.code}``", f"   {meaning} (``{kind.__name__}``, exit status {kind.exit_status})", ""]
        container = nodes.container()
        # The page is Markdown; docstrings are reStructuredText.
        self.state.nested_parse(StringList([*lines, "```"], source="holdfast"), 0, container)
        return container.children


def commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every leaf of a click command tree with the words that call it."""
    children = getattr(command, "commands", {})
    if not children:
        yield path, command
    for name, child in sorted(children.items()):
        yield from commands(child, f"{path} {name}")


class CommandsDirective(SphinxDirective):
    """Every command with its help, as the command line itself prints it."""

    def run(self) -> list[nodes.Node]:
        """Render each command's own help text."""
        try:
            cli = importlib.import_module("holdfast.cli")
        except ImportError:
            _not_importable("holdfast.cli")
            return []
        rendered: list[nodes.Node] = []
        for path, command in commands(typer.main.get_command(cli.app), "holdfast"):
            section = nodes.section(ids=[nodes.make_id(path)], names=[path])
            section += nodes.title(path, path)
            context = click.Context(command, info_name=path)
            section += nodes.literal_block(text=inspect.cleandoc(command.help or ""), language="text")
            section += [_options(command, context)]
            rendered.append(section)
        return rendered


def _options(command: Any, context: Any) -> nodes.definition_list:
    listed = nodes.definition_list()
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record:
            item = nodes.definition_list_item()
            item += nodes.term("", "", nodes.literal(text=record[0]))
            item += nodes.definition("", nodes.paragraph(text=record[1]))
            listed += item
    return listed


def write_package_pages(app: Sphinx) -> None:
    """One page a public package or module, and nothing of a package that is gone."""
    folder = Path(app.srcdir) / "reference" / "api"
    folder.mkdir(parents=True, exist_ok=True)
    names = [info.name for info in pkgutil.iter_modules(holdfast.__path__) if not info.name.startswith("_")]
    pages = {f"{name}.md": _package_page(name) for name in names}
    for stale in {path.name for path in folder.glob("*.md")} - pages.keys():
        (folder / stale).unlink()
    for name, text in pages.items():
        page = folder / name
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")


def _package_page(name: str) -> str:
    return f"""# holdfast.{name}

```{{eval-rst}}
.. automodule:: holdfast.{name}
   :members:
   :show-inheritance:
```
"""


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_directive("holdfast-errors", ErrorsDirective)
    app.add_directive("holdfast-commands", CommandsDirective)
    app.connect("builder-inited", write_package_pages)
    return {"version": "1", "parallel_read_safe": True}
