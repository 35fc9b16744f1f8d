"""Checkpoints, pure (C2SP tlog-checkpoint, tlog-cosignature): what a log says it holds, and who checked that.

The log signs ``origin, size, root``. A cosigner adds a line of its own after it has verified that the checkpoint
extends the last one it cosigned; so no two parties can be shown different histories without a cosigner's help.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from holdfast.audit.errors import CheckpointForged, CosignatureInvalid, NoteMalformed
from holdfast.audit.notes import (
    COSIGNATURE_V1,
    ED25519,
    Note,
    NoteSignature,
    decode_base64,
    key_id,
    parse_note,
    parse_signature_line,
    raw_public_key,
    require_name,
    verifies,
)
from holdfast.audit.tree import EMPTY_ROOT, HASH_BYTES, MAX_SIZE

MAX_TIME_S = 2**63 - 1

_TIME_BYTES = 8
_COSIGNATURE_BYTES = _TIME_BYTES + 64
_SIZE_LINE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of the log ``origin``: ``size`` entries whose tree has this 32-byte ``root``.

    :raises NoteMalformed: values that no log can have.
    """

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        """Refuse what no log can be."""
        require_name(self.origin)
        if type(self.size) is not int or not 0 <= self.size <= MAX_SIZE:
            raise NoteMalformed("a log's size is a whole number below 2^63")
        if len(self.root) != HASH_BYTES or (self.size == 0 and self.root != EMPTY_ROOT):
            raise NoteMalformed(f"not the root of a tree of {self.size} entries")

    def text(self) -> str:
        """What is signed: three lines."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint's text. Extension lines, which nobody could audit, are refused.

    :raises NoteMalformed: not three lines of origin, size and root.
    """
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] != "":
        raise NoteMalformed("a checkpoint is three lines: origin, size, root")
    origin, size, root, _ = lines
    if not _SIZE_LINE.fullmatch(size):
        raise NoteMalformed("a checkpoint's size is a decimal number without leading zeros")
    return Checkpoint(origin, int(size), decode_base64(root))


def sign_checkpoint(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> str:
    """The checkpoint as a note signed by the log, whose key bears the origin as its name."""
    text = checkpoint.text()
    identifier = key_id(checkpoint.origin, raw_public_key(key), ED25519)
    return Note(text, (NoteSignature(checkpoint.origin, identifier, key.sign(text.encode())),)).formatted()


def open_checkpoint(note: str, log_name: str, log_public_key: bytes) -> Checkpoint:
    """The checkpoint in a note, once the pinned log key is seen to have signed it.

    :raises NoteMalformed: not a checkpoint at all.
    :raises CheckpointForged: no line of the log's key, a false one, or another log's checkpoint.
    """
    parsed = parse_note(note)
    checkpoint = parse_checkpoint(parsed.text)
    if checkpoint.origin != log_name:
        raise CheckpointForged(f"a checkpoint of {checkpoint.origin!r}, not of {log_name!r}")
    signatures = list(parsed.signatures_of(log_name, log_public_key, ED25519))
    message = parsed.text.encode()
    # One false line of a known key condemns the note: nobody honest writes one (C2SP signed-note).
    if not signatures or not all(verifies(log_public_key, signature, message) for signature in signatures):
        raise CheckpointForged(f"the log {log_name!r} did not sign this checkpoint of {checkpoint.size} entries")
    return checkpoint


def cosign(note: str, name: str, key: Ed25519PrivateKey, time_s: int) -> str:
    """A cosigner's line for a checkpoint, without its newline.

    It states that, at ``time_s``, this is the largest consistent state the cosigner knows of the log: call it only
    after :func:`open_checkpoint`, and :func:`verify_consistency` with the last state that was cosigned.

    :raises NoteMalformed: not a checkpoint, or a time that is none.
    """
    text = parse_note(note).text
    parse_checkpoint(text)
    if type(time_s) is not int or not 0 <= time_s <= MAX_TIME_S:
        raise NoteMalformed("a cosignature's time is in seconds since 1970")
    signature = time_s.to_bytes(_TIME_BYTES) + key.sign(_cosigned_message(time_s, text))
    return NoteSignature(require_name(name), key_id(name, raw_public_key(key), COSIGNATURE_V1), signature).line()


def verify_cosignature(note: str, name: str, public_key: bytes) -> int:
    """When this cosigner signed the note, in seconds since 1970: its latest line, all of them checked.

    :raises NoteMalformed: not a checkpoint.
    :raises CosignatureInvalid: no line of this cosigner, or a false one.
    """
    times_s = verify_cosignatures(note, {name: public_key})
    if name not in times_s:
        raise CosignatureInvalid(f"{name!r} has not cosigned this checkpoint")
    return times_s[name]


def verify_cosignatures(note: str, cosigners: Mapping[str, bytes]) -> dict[str, int]:
    """Which of these cosigners (names and public keys) signed the note, and when; those who did not are left out.

    :raises NoteMalformed: not a checkpoint.
    :raises CosignatureInvalid: a false line of one of them.
    """
    parsed = parse_note(note)
    parse_checkpoint(parsed.text)
    times_s: dict[str, int] = {}
    for name, public_key in cosigners.items():
        for signature in parsed.signatures_of(name, public_key, COSIGNATURE_V1):
            time_s = int.from_bytes(signature[:_TIME_BYTES])
            message = _cosigned_message(time_s, parsed.text)
            well_formed = len(signature) == _COSIGNATURE_BYTES and time_s <= MAX_TIME_S
            if not well_formed or not verifies(public_key, signature[_TIME_BYTES:], message):
                raise CosignatureInvalid(f"a false cosignature in the name of {name!r}")
            times_s[name] = max(time_s, times_s.get(name, 0))
    return times_s


def add_signature(note: str, line: str) -> str:
    """The note with one more signature line; an earlier line of the same name and key id makes way.

    :raises NoteMalformed: the note or the line is malformed, or the note would outgrow its limits.
    """
    parsed, added = parse_note(note), parse_signature_line(line)
    kept = [
        signature for signature in parsed.signatures if (signature.name, signature.key_id) != (added.name, added.key_id)
    ]
    extended = Note(parsed.text, (*kept, added)).formatted()
    parse_note(extended)
    return extended


def _cosigned_message(time_s: int, text: str) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()
