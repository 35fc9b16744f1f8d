"""The key-encryption key (KEK) in a file: the embedded default.

Whoever can read the file can open every share that it seals, so it does not belong on the disk, or in the backup,
that holds the shares. Destroying it makes them unreadable for ever. A hardware token replaces this class behind
:class:`holdfast.keys.KeySealer`.
"""

import hashlib
import os
import stat
from pathlib import Path
from typing import NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from holdfast.keys.errors import KekExists, KekMalformed, KekMissing, KekUnsafe, SealBroken, WrongKek
from holdfast.keys.sealing import wipe

_DOMAIN = b"holdfast/wrapped-key"
_HEADER = bytes([1, len(_DOMAIN)]) + _DOMAIN
_KEK_BYTES = 32
_DATA_KEY_BYTES = 32
_KEK_ID_BYTES = 16
_NONCE_BYTES = 12
_TAG_BYTES = 16
_WRAPPED_BYTES = len(_HEADER) + _KEK_ID_BYTES + _NONCE_BYTES + _DATA_KEY_BYTES + _TAG_BYTES


class FileKeySealer:
    """A KEK of 32 random bytes in a file that only its owner can read.

    The file is read, and its permissions checked, at each use: removing it takes effect at once. Data keys are
    wrapped with AES-256-GCM (NIST SP 800-38D) under a random nonce; one KEK must not wrap more than 2^32 of them.
    """

    def __init__(self, path: Path) -> None:
        """Use the KEK at ``path``.

        :raises KekMissing: there is none.
        :raises KekUnsafe: others than its owner can read it, or it is not a plain file of this user's.
        :raises KekMalformed: it has not exactly 32 bytes.
        """
        self._path = path
        wipe(self._kek())

    @classmethod
    def create(cls, path: Path) -> "FileKeySealer":
        """Make a new KEK at ``path``, on disk before this returns.

        :raises KekExists: there is one.
        :raises KekUnsafe: there can be none: no such directory, or no right to write to it.
        """
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            raise KekExists(f"{path} exists; it may be what seals shares") from None
        except OSError as fault:
            raise KekUnsafe(f"no key-encryption key can be made at {path}: {fault.strerror}") from None
        with open(descriptor, "wb") as file:
            file.write(os.urandom(_KEK_BYTES))
            file.flush()
            os.fsync(file.fileno())
        _sync_directory(path.parent)
        return cls(path)

    @property
    def kek_id(self) -> bytes:
        """16 bytes that name the KEK and reveal nothing of it."""
        kek = self._kek()
        try:
            return _kek_id(kek)
        finally:
            wipe(kek)

    def new_data_key(self, context: bytes) -> tuple[bytearray, bytes]:
        """A fresh data key, and its wrapped form: header, KEK's name, nonce, ciphertext and tag."""
        data_key = bytearray(os.urandom(_DATA_KEY_BYTES))
        nonce = os.urandom(_NONCE_BYTES)
        kek = self._kek()
        try:
            named = _HEADER + _kek_id(kek)
            return data_key, named + nonce + AESGCM(kek).encrypt(nonce, data_key, named + context)
        finally:
            wipe(kek)

    def data_key(self, wrapped: bytes, context: bytes) -> bytearray:
        """The data key of a wrapped form.

        :raises WrongKek: another KEK wrapped it.
        :raises SealBroken: it was altered, or wrapped for another context.
        """
        if len(wrapped) != _WRAPPED_BYTES or not wrapped.startswith(_HEADER):
            raise SealBroken("not a wrapped data key")
        named, rest = wrapped[: len(_HEADER) + _KEK_ID_BYTES], wrapped[len(_HEADER) + _KEK_ID_BYTES :]
        data_key = bytearray(_DATA_KEY_BYTES)
        kek = self._kek()
        try:
            if named != _HEADER + _kek_id(kek):
                raise WrongKek(f"another key-encryption key than {self._path} sealed this")
            AESGCM(kek).decrypt_into(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], named + context, data_key)
        except InvalidTag:
            raise SealBroken("the wrapped data key was altered, or belongs to another context") from None
        finally:
            wipe(kek)
        return data_key

    def __repr__(self) -> str:
        return f"FileKeySealer({str(self._path)!r})"

    def _kek(self) -> bytearray:
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            raise KekMissing(f"no key-encryption key at {self._path}") from None
        except OSError as fault:
            self._refuse(fault.strerror or "it cannot be opened")
        try:
            self._require_private(os.fstat(descriptor))
            kek = bytearray(_KEK_BYTES)
            # Straight into memory that can be wiped; one byte more would show a longer file.
            if os.readv(descriptor, [kek, bytearray(1)]) != _KEK_BYTES:
                raise KekMalformed(f"{self._path} does not hold exactly {_KEK_BYTES} bytes")
        finally:
            os.close(descriptor)
        return kek

    def _require_private(self, status: os.stat_result) -> None:
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
            self._refuse("not a plain file of this user's")
        if stat.S_IMODE(status.st_mode) & 0o077:
            self._refuse(f"mode {stat.S_IMODE(status.st_mode):o}; others must not have access: chmod 600 it")

    def _refuse(self, reason: str) -> NoReturn:
        raise KekUnsafe(f"key-encryption key {self._path}: {reason}")


def _kek_id(kek: bytearray) -> bytes:
    # The key is uniformly random, so that its hash tells nobody anything about it.
    digest = hashlib.sha256(b"holdfast/kek-id/v1")
    digest.update(kek)
    return digest.digest()[:_KEK_ID_BYTES]


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
