"""The log's key file: who may read it, and what is taken for one."""

import copy
import os
import pickle
from pathlib import Path

import pytest

from holdfast.audit import (
    EMPTY_ROOT,
    Checkpoint,
    KeyFileExists,
    KeyFileUnsafe,
    KeyMalformed,
    LogSigner,
    NoteMalformed,
    open_checkpoint,
)
from holdfast.encoding import encode

NAME = "holdfast.example/log"


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "log.key"
    LogSigner.create(path, NAME)
    return path


def test_a_created_key_is_loaded_and_signs(tmp_path: Path) -> None:
    created = LogSigner.create(tmp_path / "log.key", NAME)
    loaded = LogSigner.load(tmp_path / "log.key")
    assert (loaded.name, loaded.public_key) == (NAME, created.public_key)
    state = Checkpoint(NAME, 0, EMPTY_ROOT)
    assert open_checkpoint(loaded.sign(state), NAME, created.public_key) == state


def test_only_its_owner_can_read_it(key_file: Path) -> None:
    assert key_file.stat().st_mode & 0o777 == 0o600


def test_a_key_is_never_overwritten(key_file: Path) -> None:
    before = key_file.read_bytes()
    with pytest.raises(KeyFileExists):
        LogSigner.create(key_file, NAME)
    assert key_file.read_bytes() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_file_that_became_readable_to_others_is_refused(key_file: Path, mode: int) -> None:
    LogSigner.load(key_file)
    key_file.chmod(mode)
    with pytest.raises(KeyFileUnsafe):
        LogSigner.load(key_file)


def test_links_pipes_folders_and_nothing_are_refused(key_file: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(key_file)
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "folder").mkdir(mode=0o700)
    for name in ("link", "pipe", "folder", "nothing"):
        with pytest.raises(KeyFileUnsafe):
            LogSigner.load(tmp_path / name)


def test_a_key_is_not_written_where_no_folder_is(tmp_path: Path) -> None:
    with pytest.raises(KeyFileUnsafe):
        LogSigner.create(tmp_path / "none" / "log.key", NAME)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x" * 2_000,
        encode([1, "holdfast/log-key", NAME, bytes(31)]),
        encode([2, "holdfast/log-key", NAME, bytes(32)]),
        encode([1, "holdfast/other-key", NAME, bytes(32)]),
    ],
)
def test_other_contents_are_no_key(key_file: Path, content: bytes) -> None:
    key_file.write_bytes(content)
    with pytest.raises(KeyMalformed):
        LogSigner.load(key_file)


def test_a_truncated_key_is_no_key(key_file: Path) -> None:
    key_file.write_bytes(key_file.read_bytes()[:-1])
    with pytest.raises(KeyMalformed):
        LogSigner.load(key_file)


def test_the_key_is_not_shown_copied_or_pickled(key_file: Path) -> None:
    signer = LogSigner.load(key_file)
    assert repr(signer) == f"<LogSigner {NAME} redacted>"
    for attempt in (lambda: pickle.dumps(signer), lambda: copy.copy(signer), lambda: copy.deepcopy(signer)):
        with pytest.raises(TypeError):
            attempt()


def test_it_signs_for_its_own_log_only(signer: LogSigner, tmp_path: Path) -> None:
    with pytest.raises(KeyMalformed):
        signer.sign(Checkpoint("other.example/log", 0, EMPTY_ROOT))
    with pytest.raises(NoteMalformed):
        LogSigner.create(tmp_path / "log.key", "a name with spaces")
