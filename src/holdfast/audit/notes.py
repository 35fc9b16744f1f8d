"""Signed notes, pure (C2SP signed-note): a text, a blank line, and one line for each signature.

Keys are raw 32-byte Ed25519 public keys with a name. A line belongs to a key when both its name and its key id,
which commits to the signature type, are that key's; lines of other keys are kept and mean nothing.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from holdfast.audit.errors import KeyMalformed, NoteMalformed

MAX_NOTE_BYTES = 131_072
"""The largest note that is read: sixteen post-quantum signature lines of others fit."""

MAX_SIGNATURES = 64
MAX_NAME_BYTES = 255

ED25519 = 1
"""Signature type: Ed25519 over the note's text."""

COSIGNATURE_V1 = 4
"""Signature type: a time and Ed25519 over it and the note's text (C2SP tlog-cosignature)."""

_LINE_START = "\u2014 "
_KEY_ID_BYTES = 4


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: whose it says it is, and what it says."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        """The line, without its newline."""
        return f"{_LINE_START}{self.name} {base64.b64encode(self.key_id + self.signature).decode()}"


@dataclass(frozen=True, slots=True)
class Note:
    """A parsed note; nothing in it is verified. ``text`` ends in a newline."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def formatted(self) -> str:
        """The note as it is sent and stored."""
        return self.text + "\n" + "".join(signature.line() + "\n" for signature in self.signatures)

    def signatures_of(self, name: str, public_key: bytes, signature_type: int) -> Iterator[bytes]:
        """What the lines of this key say, unverified."""
        expected = key_id(name, public_key, signature_type)
        for signature in self.signatures:
            if signature.name == name and signature.key_id == expected:
                yield signature.signature


def key_id(name: str, public_key: bytes, signature_type: int) -> bytes:
    """The four bytes by which a signature line names its key. A hint, not a commitment: keys are pinned whole."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([signature_type]) + public_key).digest()[:_KEY_ID_BYTES]


def require_name(name: str) -> str:
    """This name, if a key or a log may bear it.

    :raises NoteMalformed: empty, over :data:`MAX_NAME_BYTES`, with a space, a plus sign or a control character.
    """
    plain = name.isprintable() and "+" not in name and not any(character.isspace() for character in name)
    if not name or not plain or len(name.encode()) > MAX_NAME_BYTES:
        raise NoteMalformed(f"{name[:40]!r} cannot name a key: no spaces, no plus sign, 1 to {MAX_NAME_BYTES} bytes")
    return name


def parse_note(note: str) -> Note:
    """Read a note without believing it.

    :raises NoteMalformed: not a note, or beyond the limits of this module.
    """
    try:
        size = len(note.encode())
    except UnicodeEncodeError:
        raise NoteMalformed("the note is not valid UTF-8") from None
    if size > MAX_NOTE_BYTES:
        raise NoteMalformed(f"the note has {size} bytes; at most {MAX_NOTE_BYTES} are read")
    if any(character < " " and character != "\n" for character in note):
        raise NoteMalformed("the note holds a control character")
    text, separator, block = note.rpartition("\n\n")
    lines = block.split("\n")
    if not separator or not text or lines.pop() != "" or not lines:
        raise NoteMalformed("a note is a text, a blank line and signature lines, each ended by a newline")
    if len(lines) > MAX_SIGNATURES:
        raise NoteMalformed(f"the note has {len(lines)} signatures; at most {MAX_SIGNATURES} are read")
    return Note(text + "\n", tuple(parse_signature_line(line) for line in lines))


def parse_signature_line(line: str) -> NoteSignature:
    """Read one signature line, given without its newline.

    :raises NoteMalformed: not of the form em dash, name, base64 of at least five bytes.
    """
    name, space, encoded = line.removeprefix(_LINE_START).partition(" ")
    if not line.startswith(_LINE_START) or not space:
        raise NoteMalformed("a signature line is an em dash, a key name and a signature")
    decoded = decode_base64(encoded)
    if len(decoded) <= _KEY_ID_BYTES:
        raise NoteMalformed("a signature line without a signature")
    return NoteSignature(require_name(name), decoded[:_KEY_ID_BYTES], decoded[_KEY_ID_BYTES:])


def decode_base64(encoded: str) -> bytes:
    """The bytes of standard base64 in its one canonical spelling.

    :raises NoteMalformed: any other spelling.
    """
    try:
        decoded = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise NoteMalformed("not base64") from None
    if base64.b64encode(decoded).decode() != encoded:
        raise NoteMalformed("not the canonical base64 of its bytes")
    return decoded


def raw_public_key(key: Ed25519PrivateKey) -> bytes:
    """The 32 bytes of a private key's public key."""
    return key.public_key().public_bytes_raw()


def verifies(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether an Ed25519 signature is this key's over this message.

    :raises KeyMalformed: the key is not one.
    """
    try:
        key = Ed25519PublicKey.from_public_bytes(public_key)
    except ValueError:
        raise KeyMalformed(f"an Ed25519 public key has 32 bytes, not {len(public_key)}") from None
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True
