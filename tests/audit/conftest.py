"""A log with a signer and cosigners, on a fresh database."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Engine

from holdfast.audit import LogSigner, ReorgSeen, append, checkpoint
from holdfast.store import transaction

LOG_NAME = "holdfast.example/log"


@pytest.fixture
def log_key() -> Ed25519PrivateKey:
    """The log's private key, the same in every run."""
    return Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture
def signer(log_key: Ed25519PrivateKey) -> LogSigner:
    """The log's signer."""
    return LogSigner(LOG_NAME, log_key)


@pytest.fixture
def cosigner_keys() -> dict[str, Ed25519PrivateKey]:
    """Three cosigners' private keys by name."""
    return {f"signer-{i}.example": Ed25519PrivateKey.from_private_bytes(bytes([i]) * 32) for i in range(1, 4)}


@pytest.fixture
def cosigners(cosigner_keys: dict[str, Ed25519PrivateKey]) -> dict[str, bytes]:
    """Their public keys."""
    return {name: key.public_key().public_bytes_raw() for name, key in cosigner_keys.items()}


@pytest.fixture
def grow(database: Engine) -> Callable[[int], None]:
    """Append so many events, each in its own words."""

    def append_events(count: int) -> None:
        with transaction(database) as connection:
            for number in range(count):
                append(connection, ReorgSeen(number, f"old {number}", "new"), 1_760_000_000 + number)

    return append_events


@pytest.fixture
def grown_log(database: Engine, grow: Callable[[int], None], signer: LogSigner) -> Engine:
    """A log of 21 entries with checkpoints at 0, 8, 13 and 21."""
    for count in (0, 8, 5, 8):
        grow(count)
        with transaction(database) as connection:
            checkpoint(connection, signer)
    return database


@pytest.fixture
def disarm() -> Callable[[Connection], None]:
    """Take the triggers away, as an attacker who owns the database can."""

    def drop_triggers(connection: Connection) -> None:
        if connection.dialect.name == "sqlite":
            found = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars()
            for name in list(found):
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
            return
        for table in ("head", "entry", "node", "checkpoint", "cosignature"):
            connection.exec_driver_sql(f"ALTER TABLE audit_{table} DISABLE TRIGGER USER")

    return drop_triggers


@pytest.fixture
def vectors() -> Path:
    """The folder of published test vectors."""
    return Path(__file__).parents[1] / "vectors"
