"""What the story needs before it begins: known chapters, a fresh folder with a short path, the embedded chain."""

import importlib.util
import tempfile
from pathlib import Path

import pytest

import holdfast.demo
from holdfast.demo import (
    CHAPTERS,
    ChapterUnknown,
    DemoError,
    DirectoryNotEmpty,
    DirectoryPathTooLong,
    DirectoryUnusable,
    EmbeddedChainMissing,
    JsonReporter,
    run,
)

pytest.importorskip("pbk", reason="the embedded chain needs py-bitcoinkernel")


def refused(kind: type[DemoError], directory: Path | None, *chapters: str) -> str:
    with pytest.raises(kind) as refusal:
        run(directory, chapters=chapters, report=JsonReporter())
    assert refusal.value.exit_status == 2
    return str(refusal.value)


def test_a_chapter_that_is_none_is_refused_with_those_that_are(tmp_path: Path) -> None:
    line = refused(ChapterUnknown, tmp_path / "house", "withdrawal", "heist")
    assert line == f"no chapter 'heist'; there are: {', '.join(CHAPTERS)}"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "diary").write_text("mine")
    assert "is not empty" in refused(DirectoryNotEmpty, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["diary"]


def test_a_path_too_long_for_sockets_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    deep = tmp_path / ("long" * 25)
    assert "at most 103: name a folder with a shorter path" in refused(DirectoryPathTooLong, deep)
    assert not deep.exists()


def test_a_temporary_folder_with_too_long_a_path_goes_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("long" * 25)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    refused(DirectoryPathTooLong, None)
    assert list(deep.iterdir()) == []


def test_a_file_where_the_folder_should_be_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    assert refused(DirectoryUnusable, path) == f"{path} cannot be used: File exists"


def test_without_the_embedded_chain_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert "install holdfast[embedded]" in refused(EmbeddedChainMissing, None)


def test_the_package_knows_no_other_names() -> None:
    with pytest.raises(AttributeError, match="no attribute 'heist'"):
        _ = holdfast.demo.heist
    assert all(hasattr(holdfast.demo, name) for name in holdfast.demo.__all__)
