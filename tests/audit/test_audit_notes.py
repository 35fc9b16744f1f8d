"""Signed notes: the published example, the limits, and anything at all as input."""

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from holdfast.audit import KeyMalformed, NoteMalformed
from holdfast.audit.notes import (
    ED25519,
    MAX_NOTE_BYTES,
    MAX_SIGNATURES,
    Note,
    NoteSignature,
    key_id,
    parse_note,
    parse_signature_line,
    raw_public_key,
    require_name,
    verifies,
)

LINE = "\u2014 log.example " + base64.b64encode(bytes(68)).decode()
names = st.text(st.characters(exclude_characters="+", exclude_categories=("C", "Z")), min_size=1, max_size=40)


def test_published_note(vectors: Path) -> None:
    example = json.loads((vectors / "signed_note.json").read_text())
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(example["seed_base64"]))
    public_key = base64.b64decode(example["public_key_base64"])
    assert raw_public_key(key) == public_key
    assert key_id(example["name"], public_key, ED25519).hex() == example["key_id_hex"]
    note = parse_note(example["note"])
    (signature,) = note.signatures_of(example["name"], public_key, ED25519)
    assert verifies(public_key, signature, note.text.encode())
    assert signature == key.sign(note.text.encode())
    assert note.formatted() == example["note"]


@given(names, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80))
def test_what_is_formatted_is_read_back(name: str, identifier: bytes, signature: bytes) -> None:
    note = Note("a text\n\nwith an empty line\n", (NoteSignature(name, identifier, signature),) * 2)
    assert parse_note(note.formatted()) == note


@given(st.text(max_size=200) | st.text("\n \u2014ab=+", max_size=60))
def test_no_text_does_worse_than_malformed(text: str) -> None:
    try:
        note = parse_note(text)
    except NoteMalformed:
        return
    assert note.formatted() == text


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n\n",
        "text\n",
        f"text\n{LINE}\n",
        f"text\n\n{LINE}",
        f"\n\n{LINE}\n",
        "text\n\n\n",
        f"text\n\n{LINE}\n\n",
        f"te\rxt\n\n{LINE}\n",
        f"te\x00xt\n\n{LINE}\n",
        f"te\ud800xt\n\n{LINE}\n",
        f"text\n\n{LINE.replace(chr(0x2014), '-')}\n",
        f"text\n\n{LINE}=\n",
        f"text\n\n{LINE[:-1]}\n",
        f"text\n\n{LINE} \n",
        "text\n\n\u2014 log.example \n",
        "text\n\n\u2014 log.example AAAAAA==\n",  # a key id and nothing else
        "text\n\n\u2014 log.example AAAAAAB=\n",  # bits beyond the last byte
        f"text\n\n{LINE.replace('log.example', 'log+example')}\n",
        f"text\n\n{LINE.replace('log.example', '')}\n",
        "text\n\n" + LINE.replace("log.example", "log\u00a0example") + "\n",
        f"text\n\n{LINE.replace('log.example', 'n' * 256)}\n",
        "text\n\n" + f"{LINE}\n" * (MAX_SIGNATURES + 1),
        "t" * MAX_NOTE_BYTES + f"\n\n{LINE}\n",
    ],
)
def test_malformed_notes_are_refused(note: str) -> None:
    with pytest.raises(NoteMalformed) as refusal:
        parse_note(note)
    assert (refusal.value.code, refusal.value.exit_status) == ("audit.note_malformed", 2)


def test_the_most_signatures_are_read() -> None:
    assert len(parse_note("text\n\n" + f"{LINE}\n" * MAX_SIGNATURES).signatures) == MAX_SIGNATURES


def test_a_key_id_commits_to_name_type_and_key() -> None:
    identifiers = {
        key_id("a", bytes(32), 1),
        key_id("b", bytes(32), 1),
        key_id("a", bytes(32), 4),
        key_id("a", b"\x01" * 32, 1),
    }
    assert len(identifiers) == 4


def test_a_signature_line_is_one_line() -> None:
    assert parse_signature_line(LINE).line() == LINE
    with pytest.raises(NoteMalformed):
        parse_signature_line(LINE + "\n")


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\tb", "a\u2028b", "a\x7fb", "n" * 256, "\ud800"])
def test_names_that_no_key_may_bear(name: str) -> None:
    with pytest.raises(NoteMalformed):
        require_name(name)


def test_a_key_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(KeyMalformed):
        verifies(bytes(31), bytes(64), b"")
