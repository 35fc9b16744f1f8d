"""Checkpoints and cosignatures: signed, forged, mixed up, and superseded."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from holdfast.audit import (
    Checkpoint,
    CheckpointForged,
    CosignatureInvalid,
    LogSigner,
    NoteMalformed,
    add_signature,
    cosign,
    open_checkpoint,
    sign_checkpoint,
    verify_cosignature,
    verify_cosignatures,
)
from holdfast.audit.checkpoints import MAX_TIME_S, parse_checkpoint
from holdfast.audit.notes import COSIGNATURE_V1, ED25519, Note, NoteSignature, key_id, parse_note
from holdfast.audit.tree import MAX_SIZE

NAME = "holdfast.example/log"
STATE = Checkpoint(NAME, 20852163, bytes(range(32)))


@pytest.fixture
def note(signer: LogSigner) -> str:
    return signer.sign(STATE)


def test_a_signed_checkpoint_opens(note: str, signer: LogSigner) -> None:
    assert note.startswith(f"{NAME}\n20852163\n{base64.b64encode(STATE.root).decode()}\n\n\u2014 {NAME} ")
    assert open_checkpoint(note, NAME, signer.public_key) == STATE


@given(st.integers(1, MAX_SIZE), st.binary(min_size=32, max_size=32))
def test_every_checkpoint_is_read_back(size: int, root: bytes) -> None:
    state = Checkpoint(NAME, size, root)
    assert parse_checkpoint(state.text()) == state


def test_another_key_or_name_is_forged(note: str, signer: LogSigner) -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    with pytest.raises(CheckpointForged) as refusal:
        open_checkpoint(sign_checkpoint(STATE, other), NAME, signer.public_key)
    assert (refusal.value.code, refusal.value.exit_status) == ("audit.checkpoint_forged", 1)
    with pytest.raises(CheckpointForged):
        open_checkpoint(note, "other.example/log", signer.public_key)


@pytest.mark.parametrize(("old", "new"), [("20852163", "20852164"), ("\nAAEC", "\nAAED")])
def test_an_altered_text_is_forged(note: str, signer: LogSigner, old: str, new: str) -> None:
    with pytest.raises(CheckpointForged):
        open_checkpoint(note.replace(old, new), NAME, signer.public_key)


def test_one_false_line_of_the_log_condemns_the_note(note: str, signer: LogSigner) -> None:
    false = NoteSignature(NAME, key_id(NAME, signer.public_key, ED25519), bytes(64)).line()
    with pytest.raises(CheckpointForged):
        open_checkpoint(f"{note}{false}\n", NAME, signer.public_key)


def test_lines_of_unknown_keys_are_kept_and_mean_nothing(note: str, signer: LogSigner) -> None:
    # Same name, another key id; same key id, another name; no Ed25519 signature at all.
    strangers = [
        NoteSignature(NAME, b"\xff" * 4, bytes(64)).line(),
        NoteSignature("other.example", key_id(NAME, signer.public_key, ED25519), bytes(64)).line(),
        NoteSignature("other.example", bytes(4), bytes(2420)).line(),
    ]
    for line in strangers:
        note = add_signature(note, line)
    assert open_checkpoint(note, NAME, signer.public_key) == STATE
    assert [signature.line() for signature in parse_note(note).signatures[1:]] == strangers


def test_the_logs_key_speaks_for_its_own_origin_only(log_key: Ed25519PrivateKey, signer: LogSigner) -> None:
    text = Checkpoint("other.example/log", 1, bytes(32)).text()
    line = NoteSignature(NAME, key_id(NAME, signer.public_key, ED25519), log_key.sign(text.encode()))
    with pytest.raises(CheckpointForged):
        open_checkpoint(Note(text, (line,)).formatted(), NAME, signer.public_key)


def test_a_cosignature_does_not_pass_for_the_logs_own(log_key: Ed25519PrivateKey, signer: LogSigner) -> None:
    """Even by the log's own key and under its name: the types are told apart by key id and by signed prefix."""
    note = signer.sign(STATE)
    line = cosign(note, NAME, log_key, 1)
    with pytest.raises(CheckpointForged):
        open_checkpoint(parse_note(note).text + f"\n{line}\n", NAME, signer.public_key)


@pytest.mark.parametrize(
    "text",
    [
        f"{NAME}\n1\n",
        f"{NAME}\n1\n{'A' * 43}=\nextension\n",
        f"{NAME}\n01\n{'A' * 43}=\n",
        f"{NAME}\n-1\n{'A' * 43}=\n",
        f"{NAME}\n1_0\n{'A' * 43}=\n",
        f"{NAME}\n\u0661\n{'A' * 43}=\n",
        f"{NAME}\n9223372036854775808\n{'A' * 43}=\n",
        f"{NAME}\n1\n{'A' * 42}==\n",
        f"{NAME}\n0\n{'A' * 43}=\n",
        f"\n1\n{'A' * 43}=\n",
        f"a b\n1\n{'A' * 43}=\n",
    ],
)
def test_malformed_checkpoints_are_refused(text: str) -> None:
    with pytest.raises(NoteMalformed):
        parse_checkpoint(text)


def test_a_cosigner_states_when_it_signed(note: str, cosigner_keys: dict[str, Ed25519PrivateKey]) -> None:
    for seconds, (name, key) in enumerate(cosigner_keys.items(), start=1_760_000_000):
        note = add_signature(note, cosign(note, name, key, seconds))
        assert verify_cosignature(note, name, key.public_key().public_bytes_raw()) == seconds


def test_only_those_who_signed_are_counted(
    note: str, cosigner_keys: dict[str, Ed25519PrivateKey], cosigners: dict[str, bytes]
) -> None:
    name, key = next(iter(cosigner_keys.items()))
    assert verify_cosignatures(note, cosigners) == {}
    assert verify_cosignatures(add_signature(note, cosign(note, name, key, 7)), cosigners) == {name: 7}


def test_an_absent_false_or_redated_cosignature_is_invalid(note: str, cosigners: dict[str, bytes]) -> None:
    name, public_key = next(iter(cosigners.items()))
    with pytest.raises(CosignatureInvalid):
        verify_cosignature(note, name, public_key)
    key = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
    (signature,) = parse_note(add_signature(note, cosign(note, name, key, 5))).signatures_of(
        name, public_key, COSIGNATURE_V1
    )
    identifier = key_id(name, public_key, COSIGNATURE_V1)
    for false in (
        (6).to_bytes(8) + signature[8:],
        (MAX_TIME_S + 1).to_bytes(8) + signature[8:],
        signature[:-1],
        signature + b"\x00",
        bytes(3),
    ):
        with pytest.raises(CosignatureInvalid):
            verify_cosignature(add_signature(note, NoteSignature(name, identifier, false).line()), name, public_key)


def test_a_cosignature_beyond_all_time_is_invalid(note: str) -> None:
    key, name, time_s = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32), "signer-1.example", MAX_TIME_S + 1
    public_key = key.public_key().public_bytes_raw()
    signature = time_s.to_bytes(8) + key.sign(f"cosignature/v1\ntime {time_s}\n{STATE.text()}".encode())
    line = NoteSignature(name, key_id(name, public_key, COSIGNATURE_V1), signature).line()
    with pytest.raises(CosignatureInvalid):
        verify_cosignature(add_signature(note, line), name, public_key)


def test_a_cosignature_of_another_state_is_invalid(
    note: str, signer: LogSigner, cosigner_keys: dict[str, Ed25519PrivateKey]
) -> None:
    name, key = next(iter(cosigner_keys.items()))
    other = signer.sign(Checkpoint(NAME, STATE.size + 1, STATE.root))
    with pytest.raises(CosignatureInvalid):
        verify_cosignature(add_signature(note, cosign(other, name, key, 5)), name, key.public_key().public_bytes_raw())


def test_a_later_cosignature_replaces_the_earlier_and_the_latest_counts(
    note: str, cosigner_keys: dict[str, Ed25519PrivateKey]
) -> None:
    name, key = next(iter(cosigner_keys.items()))
    public_key = key.public_key().public_bytes_raw()
    first, second = cosign(note, name, key, 5), cosign(note, name, key, 9)
    replaced = add_signature(add_signature(note, first), second)
    assert first not in replaced
    assert verify_cosignature(replaced, name, public_key) == 9
    assert verify_cosignature(f"{note}{second}\n{first}\n", name, public_key) == 9


def test_only_checkpoints_are_cosigned_at_times_that_exist(note: str) -> None:
    key = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
    for time_s in (-1, MAX_TIME_S + 1):
        with pytest.raises(NoteMalformed):
            cosign(note, "signer-1.example", key, time_s)
    with pytest.raises(NoteMalformed):
        cosign(note.replace(f"{NAME}\n", "holdfast spends\n", 1), "signer-1.example", key, 1)
