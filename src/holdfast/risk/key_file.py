"""The engine's key on disk: one file, its owner's alone."""

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from holdfast.encoding import Canonical, EncodingError
from holdfast.risk.errors import RiskKeyUnsafe
from holdfast.store import read_private, write_new_private

_SEED_BYTES = 32
_MAX_FILE_BYTES = 1_000


@dataclass(frozen=True, repr=False)
class _KeyFile(Canonical):
    DOMAIN = "holdfast/risk-key"

    seed: bytes


def create_risk_key(path: Path) -> Ed25519PrivateKey:
    """Make a key and keep it in a new file that only its owner reads (mode 0600), on the disk before this returns.

    :raises RiskKeyUnsafe: there is something of that name already, or it cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    try:
        write_new_private(path, _KeyFile(key.private_bytes_raw()).encoded())
    except OSError as fault:
        raise RiskKeyUnsafe(f"the risk engine's key {path} cannot be written: {fault.strerror}") from None
    return key


def load_risk_key(path: Path) -> Ed25519PrivateKey:
    """The key in a file that :func:`create_risk_key` made.

    :raises RiskKeyUnsafe: no such file, a link, another's, one that others may read, or no risk engine's key.
    """
    try:
        stored = _KeyFile.decoded(read_private(path, _MAX_FILE_BYTES))
    except OSError as fault:
        raise RiskKeyUnsafe(f"the risk engine's key {path} cannot be read: {fault.strerror}") from None
    except EncodingError:
        raise RiskKeyUnsafe(f"{path} does not hold a risk engine's key") from None
    if len(stored.seed) != _SEED_BYTES:
        raise RiskKeyUnsafe(f"{path} does not hold a risk engine's key")
    return Ed25519PrivateKey.from_private_bytes(stored.seed)
