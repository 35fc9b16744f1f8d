"""The project's own checks find what they look for and pass what is fine."""

from email.message import Message
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

import licences
import pytest
import sizes
import tree


class Stated(Distribution):
    """A distribution that states a licence."""

    def __init__(self, **fields: str) -> None:
        self._message = Message()
        for name, value in {"Name": "example", "Version": "1", **fields}.items():
            self._message[name.replace("_", "-")] = value

    @property
    def metadata(self) -> Any:
        """The fields given."""
        return self._message

    def read_text(self, filename: str) -> str | None:
        """No files."""
        return None

    def locate_file(self, path: Any) -> Path:
        """No files."""
        raise NotImplementedError


@pytest.mark.parametrize(
    "fields",
    [
        {"License_Expression": "MIT"},
        {"License_Expression": "GPL-3.0-only OR MIT"},
        {"License_Expression": "Apache-2.0 AND (MIT OR GPL-2.0-only)"},
        {"Classifier": "License :: OSI Approved :: Apache Software License"},
        {"License": "BSD 3-Clause"},
        {"Name": "psycopg", "License_Expression": "LGPL-3.0-only"},
    ],
)
def test_licence_on_the_list_passes(fields: dict[str, str]) -> None:
    assert licences.refused(Stated(**fields)) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"License_Expression": "AGPL-3.0-only"},
        {"License_Expression": "MIT AND GPL-3.0-only"},
        {"Classifier": "License :: OSI Approved :: GNU General Public License (GPL)"},
        {"License": "Proprietary"},
        {},
    ],
)
def test_licence_off_the_list_is_refused(fields: dict[str, str]) -> None:
    assert licences.refused(Stated(**fields)) is not None


def function_of(lines: int) -> str:
    """A function of so many lines."""
    return "def f():\n" + "    pass\n" * (lines - 1)


def test_sizes_at_the_limit_pass_and_beyond_are_named(tmp_path: Path) -> None:
    path = tmp_path / "example.py"
    path.write_text(function_of(sizes.MAX_FUNCTION_LINES), encoding="utf-8")
    assert list(sizes.oversized(path)) == []
    path.write_text(function_of(sizes.MAX_FUNCTION_LINES + 1), encoding="utf-8")
    assert len(list(sizes.oversized(path))) == 1
    path.write_text("x = 1\n" * (sizes.MAX_FILE_LINES + 1), encoding="utf-8")
    assert len(list(sizes.oversized(path))) == 1


# The forbidden texts are put together here, so that this file does not hold them.
@pytest.mark.parametrize(
    "text",
    ["/" + "home/alice/x", "see issue" + " #12", "-----BEGIN " + "PRIVATE KEY-----", "<" * 7 + " HEAD"],
)
def test_tree_refuses(tmp_path: Path, text: str) -> None:
    (tmp_path / "note.md").write_text(f"a line\n{text}\n", encoding="utf-8")
    (fault,) = tree.faults_in(tmp_path / "note.md")
    assert ":2: " in fault


def test_tree_passes_plain_text_and_binary(tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text("~/x, an issue, --home DIR, /homework\n", encoding="utf-8")
    (tmp_path / "picture").write_bytes(b"\0" + b"/" + b"home/alice")
    assert [fault for name in ("note.md", "picture") for fault in tree.faults_in(tmp_path / name)] == []


def test_tree_refuses_what_is_too_heavy(tmp_path: Path) -> None:
    heavy = tmp_path / "blob"
    heavy.write_bytes(b"\0" * (tree.MAX_FILE_BYTES + 1))
    assert len(list(tree.faults_in(heavy))) == 1
