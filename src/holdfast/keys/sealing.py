"""Shares at rest: each under a data key of its own, and each data key under the signer's key-encryption key (KEK).

The layout of a sealed share is version, domain, length of the wrapped data key (2 bytes, big-endian), wrapped data
key, share. Both are authenticated and bound to one *context*: the caller's words for whose share it is, of which
key and which epoch, so that a share cannot be passed off as another.
"""

from typing import Protocol

from holdfast._core import KeyShare
from holdfast.keys.errors import SealBroken

_DOMAIN = b"holdfast/share-envelope"
_HEADER = bytes([1, len(_DOMAIN)]) + _DOMAIN


class KeySealer(Protocol):
    """Holds a KEK and never shows it: a file by default, a hardware token where there is one."""

    def new_data_key(self, context: bytes) -> tuple[bytearray, bytes]:
        """A fresh 32-byte data key, which the caller wipes after use, and its wrapped form."""
        ...

    def data_key(self, wrapped: bytes, context: bytes) -> bytearray:
        """The data key of a wrapped form, which the caller wipes after use.

        :raises WrongKek: another KEK wrapped it.
        :raises SealBroken: it was altered, or wrapped for another context.
        """
        ...


def seal_share(sealer: KeySealer, share: KeyShare, context: bytes) -> bytes:
    """The share sealed under a new data key. What is written to disk.

    :raises ParametersInvalid: a context of more than 1,024 bytes.
    :raises KeysError: the KEK cannot be used: missing, unsafe or malformed.
    """
    data_key, wrapped = sealer.new_data_key(context)
    try:
        sealed = share.seal(data_key, context)
    finally:
        wipe(data_key)
    return _HEADER + len(wrapped).to_bytes(2, "big") + wrapped + sealed


def unseal_share(sealer: KeySealer, envelope: bytes, context: bytes) -> KeyShare:
    """The share of what :func:`seal_share` gave.

    :raises WrongKek: another KEK sealed it.
    :raises SealBroken: one bit of it, or of the context, differs.
    :raises KeysError: the KEK cannot be used: missing, unsafe or malformed.
    """
    start = len(_HEADER) + 2
    if not envelope.startswith(_HEADER) or len(envelope) < start:
        raise SealBroken("not a sealed share")
    end = start + int.from_bytes(envelope[start - 2 : start], "big")
    data_key = sealer.data_key(envelope[start:end], context)
    try:
        return KeyShare.unseal(envelope[end:], data_key, context)
    finally:
        wipe(data_key)


def wipe(secret: bytearray) -> None:
    """Overwrite a secret in place, before its memory is given back."""
    secret[:] = bytes(len(secret))
