"""Exports: an honest file verifies without the database, and each kind of forgery has its name."""

import base64
import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from audit_events import frozen
from holdfast.audit import (
    AuditError,
    Checkpoint,
    CheckpointForged,
    CheckpointUnknown,
    CosignatureInvalid,
    CosignaturesTooFew,
    EntriesAltered,
    EntryMissing,
    EntryOutOfOrder,
    EventUnknown,
    ExportMalformed,
    ExportTruncated,
    LogEntry,
    LogSigner,
    add_cosignature,
    append,
    checkpoint,
    cosign,
    cosigned_checkpoint,
    entries,
    export,
    open_checkpoint,
    verify_export,
)
from holdfast.audit.export_verification import MAX_LINE_BYTES
from holdfast.store import open_engine, snapshot, transaction

Verify = Callable[..., Any]


def exported(log: Engine, signer: LogSigner) -> list[bytes]:
    stream = BytesIO()
    with snapshot(log) as connection:
        export(connection, stream, signer.name, signer.public_key)
    return stream.getvalue().splitlines(keepends=True)


@pytest.fixture
def lines(
    grown_log: Engine,
    signer: LogSigner,
    cosigner_keys: dict[str, Ed25519PrivateKey],
    cosigners: dict[str, bytes],
) -> list[bytes]:
    """The export of the log of 21 entries, whose last checkpoint two of the three cosigned."""
    for name, key in list(cosigner_keys.items())[:2]:
        with transaction(grown_log) as connection:
            line = cosign(cosigned_checkpoint(connection, 21), name, key, 77)
            add_cosignature(connection, 21, line, cosigners[name])
    return exported(grown_log, signer)


@pytest.fixture
def database(sqlite_database: Engine) -> Engine:
    """The files are the same from both databases, as one test below shows; the others use SQLite."""
    return sqlite_database


@pytest.fixture
def verify(tmp_path: Path, signer: LogSigner) -> Verify:
    """Verify a file of these lines under the log's key."""

    def write_and_verify(lines: list[bytes], **options: Any) -> Any:
        path = tmp_path / "log.jsonl"
        path.write_bytes(b"".join(lines))
        return verify_export(path, **{"log_key": signer.public_key, **options})

    return write_and_verify


def entry_line(sequence: int, event: bytes) -> bytes:
    encoded = base64.b64encode(LogEntry(sequence, 1, event).encoded()).decode()
    return json.dumps({"entry": encoded}).encode() + b"\n"


def test_an_honest_file_verifies(lines: list[bytes], verify: Verify, signer: LogSigner) -> None:
    report = verify(lines)
    assert (report.entries, report.checkpoints, report.last.size) == (21, 4, 21)
    assert (report.origin, report.log_public_key, report.log_key_pinned) == (signer.name, signer.public_key, True)


def test_the_files_order_is_the_logs(lines: list[bytes]) -> None:
    kinds = [next(iter(json.loads(line))) for line in lines]
    expected = ["format", "checkpoint", *["entry"] * 8, "checkpoint", *["entry"] * 5, "checkpoint", *["entry"] * 8]
    assert kinds == [*expected, "checkpoint"]


def test_both_databases_write_the_same_file(
    lines: list[bytes], postgresql_url: str, signer: LogSigner, verify: Verify, sqlite_database: Engine
) -> None:
    engine = open_engine(postgresql_url)
    with snapshot(sqlite_database) as connection:
        logged = entries(connection, 0, 100)
    with transaction(engine) as connection:
        checkpoint(connection, signer)
        for entry in logged:
            append(connection, entry.opened(), entry.at_s)
            if entry.sequence + 1 in (8, 13, 21):
                checkpoint(connection, signer)
    other = exported(engine, signer)
    engine.dispose()
    assert other[:-1] == lines[:-1]  # the last line differs by the cosignatures
    assert verify(other).last == verify(lines).last


def test_entries_without_a_checkpoint_are_left_out(lines: list[bytes], database: Engine, signer: LogSigner) -> None:
    with transaction(database) as connection:
        append(connection, frozen(1, "ada"), 1)
    assert exported(database, signer) == lines


def test_a_log_without_a_checkpoint_has_no_export(sqlite_database: Engine, signer: LogSigner) -> None:
    with pytest.raises(CheckpointUnknown):
        exported(sqlite_database, signer)


def test_a_key_that_did_not_sign_is_not_exported(lines: list[bytes], database: Engine) -> None:
    with pytest.raises(CheckpointForged):
        exported(database, LogSigner("holdfast.example/log", Ed25519PrivateKey.generate()))


def test_a_log_longer_than_one_reading(
    sqlite_database: Engine, grow: Callable[[int], None], signer: LogSigner, verify: Verify
) -> None:
    grow(600)
    with transaction(sqlite_database) as connection:
        checkpoint(connection, signer)
    assert verify(exported(sqlite_database, signer)).entries == 600


ENTRY_7, AT_8, ENTRY_8, AT_13 = 9, 10, 11, 16


def replaced(lines: list[bytes], at: int, *new: bytes) -> list[bytes]:
    return [*lines[:at], *new, *lines[at + 1 :]]


def test_an_altered_entry_is_named_by_its_checkpoint(lines: list[bytes], verify: Verify) -> None:
    forged = replaced(lines, ENTRY_8 + 1, entry_line(9, frozen(1, "mallory").encoded()))
    with pytest.raises(EntriesAltered, match="line 17: entries 8 to 12"):
        verify(forged)


def test_an_entry_that_is_none_is_altered(lines: list[bytes], verify: Verify) -> None:
    with pytest.raises(EntriesAltered, match="entry 8 is not a log entry"):
        verify(replaced(lines, ENTRY_8, b'{"entry":"AAAA"}\n'))


def test_an_unknown_event_is_not_passed_over(lines: list[bytes], verify: Verify) -> None:
    event = frozen(1, "ada").encoded().replace(b"freeze-set", b"freeze-sat")
    with pytest.raises(EventUnknown):
        verify(replaced(lines, ENTRY_8, entry_line(8, event)))


def test_a_missing_entry_is_missed(lines: list[bytes], verify: Verify) -> None:
    with pytest.raises(EntryMissing, match="entry 9 stands where entry 8 belongs"):
        verify(replaced(lines, ENTRY_8))
    with pytest.raises(EntryMissing, match="a checkpoint of 8 entries after only 7"):
        verify(replaced(lines, ENTRY_7))


def test_a_repeated_entry_is_out_of_order(lines: list[bytes], verify: Verify) -> None:
    with pytest.raises(EntryOutOfOrder):
        verify(replaced(lines, ENTRY_8, lines[ENTRY_8], lines[ENTRY_8]))


def test_exchanged_entries_are_refused(lines: list[bytes], verify: Verify) -> None:
    exchanged = [*lines[:ENTRY_8], lines[ENTRY_8 + 1], lines[ENTRY_8], *lines[ENTRY_8 + 2 :]]
    with pytest.raises(EntryMissing):
        verify(exchanged)


def test_a_repeated_or_late_checkpoint_is_out_of_order(lines: list[bytes], verify: Verify) -> None:
    with pytest.raises(EntryOutOfOrder):
        verify(replaced(lines, AT_8, lines[AT_8], lines[AT_8]))
    with pytest.raises(EntryOutOfOrder):
        verify([*replaced(lines, AT_8)[:AT_13], lines[AT_8]])


def test_every_cut_but_one_after_a_checkpoint_is_noticed(lines: list[bytes], verify: Verify) -> None:
    whole = b"".join(lines)
    ends = {len(b"".join(lines[:count])): count for count in range(len(lines) + 1)}
    after_checkpoint = {2, AT_8 + 1, AT_13 + 1, len(lines)}
    for cut in {*ends, *(end + 10 for end in ends if end + 10 < len(whole)), len(whole) - 1} - {0, 10}:
        if ends.get(cut) in after_checkpoint:
            verify([whole[:cut]])
        else:
            with pytest.raises(ExportTruncated):
                verify([whole[:cut]])


def test_a_file_older_than_what_is_known_is_truncated(lines: list[bytes], verify: Verify, signer: LogSigner) -> None:
    known = open_checkpoint(json.loads(lines[-1])["checkpoint"], signer.name, signer.public_key)
    verify(lines, known=known)
    with pytest.raises(ExportTruncated, match="13 entries; 21 are known"):
        verify(lines[: AT_13 + 1], known=known)


def test_another_history_than_the_known_one_is_altered(lines: list[bytes], verify: Verify, signer: LogSigner) -> None:
    """The log's own key signed both: only what was seen elsewhere tells."""
    with pytest.raises(EntriesAltered, match="first 10 entries"):
        verify(lines, known=Checkpoint(signer.name, 10, bytes(32)))
    with pytest.raises(CheckpointForged):
        verify(lines, known=Checkpoint("other.example/log", 10, bytes(32)))


def test_a_checkpoint_by_another_key_is_forged(lines: list[bytes], verify: Verify, signer: LogSigner) -> None:
    """Mallory writes a whole file, header included; it agrees with itself and with nothing else."""
    mallory = LogSigner(signer.name, Ed25519PrivateKey.generate())
    forged = []
    for line in lines:
        record = json.loads(line)
        if "log_key" in record:
            record["log_key"] = base64.b64encode(mallory.public_key).decode()
        if "checkpoint" in record:
            record["checkpoint"] = mallory.sign(open_checkpoint(record["checkpoint"], signer.name, signer.public_key))
        forged.append(json.dumps(record).encode() + b"\n")
    with pytest.raises(CheckpointForged):
        verify(forged)
    report = verify(forged, log_key=None)
    assert (report.log_key_pinned, report.log_public_key) == (False, mallory.public_key)
    with pytest.raises(AuditError):
        verify(forged, log_key=b"")


def test_cosigners_are_counted_by_their_keys(lines: list[bytes], verify: Verify, cosigners: dict[str, bytes]) -> None:
    assert dict(verify(lines, cosigners=cosigners, minimum_cosigners=2).cosigned_at_s) == dict.fromkeys(
        list(cosigners)[:2], 77
    )
    with pytest.raises(CosignaturesTooFew, match="2 cosigners signed the last checkpoint; 3 must have"):
        verify(lines, cosigners=cosigners, minimum_cosigners=3)
    with pytest.raises(CosignaturesTooFew):
        verify(lines, minimum_cosigners=1)
    with pytest.raises(CosignaturesTooFew):  # an older, true export: its last checkpoint nobody cosigned
        verify(lines[: AT_13 + 1], cosigners=cosigners, minimum_cosigners=1)


def test_one_key_under_two_names_is_one_cosigner(
    lines: list[bytes], verify: Verify, cosigner_keys: dict[str, Ed25519PrivateKey], cosigners: dict[str, bytes]
) -> None:
    name, key = next(iter(cosigner_keys.items()))
    record = json.loads(lines[-1])
    record["checkpoint"] += cosign(record["checkpoint"], "alias.example", key, 77) + "\n"
    doubled = [*lines[:-1], json.dumps(record).encode() + b"\n"]
    pinned = {name: cosigners[name], "alias.example": cosigners[name]}
    assert len(verify(doubled, cosigners=pinned, minimum_cosigners=1).cosigned_at_s) == 2
    with pytest.raises(CosignaturesTooFew):
        verify(doubled, cosigners=pinned, minimum_cosigners=2)


def test_a_false_cosignature_is_invalid(
    lines: list[bytes], verify: Verify, cosigner_keys: dict[str, Ed25519PrivateKey], cosigners: dict[str, bytes]
) -> None:
    name, key = next(iter(cosigner_keys.items()))
    record = json.loads(lines[AT_8])
    record["checkpoint"] += cosign(json.loads(lines[AT_13])["checkpoint"], name, key, 77) + "\n"
    with pytest.raises(CosignatureInvalid):
        verify(replaced(lines, AT_8, json.dumps(record).encode() + b"\n"), cosigners=cosigners)


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"{}\n",
        b"[]\n",
        b"null\n",
        b"not JSON\n",
        b'{"entry":1}\n',
        b'{"entry":null}\n',
        b'{"entry":"%%%%"}\n',
        b'{"entry":"AAB="}\n',
        b'{"entry":"AAAA","entry":"AAAA"}\n',
        b'{"entry":"AAAA","more":"AAAA"}\n',
        b'{"other":"AAAA"}\n',
        b'{"entry":"\xff"}\n',
        b"[" * 100_000 + b"\n",
        b'{"entry":' + b"9" * 10_000 + b"}\n",
        b" " * MAX_LINE_BYTES + b"\n",
    ],
)
def test_malformed_lines_are_refused(lines: list[bytes], verify: Verify, line: bytes) -> None:
    with pytest.raises(ExportMalformed, match="line 12") as refusal:
        verify(replaced(lines, ENTRY_8, line))
    assert refusal.value.exit_status == 2


@pytest.mark.parametrize(
    "change", [{"version": 2}, {"format": "other"}, {"origin": 1}, {"log_key": "?"}, {"log_key": None}, {"more": 1}]
)
def test_other_headers_are_refused(lines: list[bytes], verify: Verify, change: dict[str, Any]) -> None:
    header = json.dumps({**json.loads(lines[0]), **change}).encode() + b"\n"
    with pytest.raises(ExportMalformed):
        verify(replaced(lines, 0, header))


def test_empty_absent_and_foreign_files_are_refused(verify: Verify, tmp_path: Path) -> None:
    for content in (b"", b"SQLite format 3\x00\n"):
        with pytest.raises(ExportMalformed):
            verify([content])
    for path in (tmp_path / "nothing", tmp_path):
        with pytest.raises(ExportMalformed):
            verify_export(path, log_key=None)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_changed_byte_goes_unnoticed(
    lines: list[bytes], verify: Verify, cosigners: dict[str, bytes], data: st.DataObject
) -> None:
    """In an entry or a checkpoint, that is; a cosigner's own name may change, and then that cosigner is missing."""
    at = data.draw(st.integers(1, len(lines) - 1))
    text = json.loads(lines[at])
    kind, content = next(iter(text.items()))
    position = data.draw(st.integers(0, len(content) - 1))
    other = data.draw(st.sampled_from("Aa9+/=\n \u2014").filter(lambda letter: letter != content[position]))
    changed = json.dumps({kind: content[:position] + other + content[position + 1 :]}).encode() + b"\n"
    with pytest.raises(AuditError):
        verify(replaced(lines, at, changed), cosigners=cosigners, minimum_cosigners=2)
