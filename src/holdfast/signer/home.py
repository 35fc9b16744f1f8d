"""A signer's folder: its identity, its key-encryption key and its database; created once, pinned once.

``identity.cbor`` holds the Ed25519 and X25519 private keys, sealed; ``kek`` the key-encryption key (until it
moves into a token behind the same :class:`holdfast.keys.KeySealer`); ``signer.sqlite`` everything else.
"""

from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from sqlalchemy import Engine, insert, select

from holdfast.authority import Genesis, SignerIdentity
from holdfast.encoding import Canonical
from holdfast.keys import FileKeySealer, KeySealer
from holdfast.policy import Policy
from holdfast.signer import models
from holdfast.signer.errors import GenesisMismatch, SignerHomeInvalid
from holdfast.store import open_engine, require_current, transaction, upgrade, write_new_private

MIGRATIONS = "holdfast:signer/migrations"
"""The tree of a signer's database."""

_IDENTITY = "identity.cbor"
_KEK = "kek"
_DATABASE = "signer.sqlite"


@dataclass(frozen=True)
class _IdentityFile(Canonical):
    DOMAIN = "holdfast/signer-identity-file"

    name: str
    origin: str
    wrapped_key: bytes
    sealed_keys: bytes


class SignerKeys:
    """A signer's own private keys, opened: for signing its messages and reading what is sealed to it."""

    def __init__(self, signing: Ed25519PrivateKey, sealing: X25519PrivateKey) -> None:
        self.signing = signing
        self.sealing = sealing

    def __repr__(self) -> str:
        return "<SignerKeys redacted>"

    def __reduce__(self) -> str:
        raise TypeError("a signer's keys are not pickled")


def _context(name: str) -> bytes:
    return f"holdfast/signer-identity/{name}".encode()


@dataclass(frozen=True)
class SignerHome:
    """An opened folder of a signer."""

    directory: Path
    identity: SignerIdentity
    keys: SignerKeys
    sealer: KeySealer
    engine: Engine

    @classmethod
    def create(cls, directory: Path, name: str, origin: str) -> SignerIdentity:
        """Make a new signer in an empty folder: fresh identity keys, a fresh key-encryption key, its database.

        :returns: what the genesis says of this signer.
        :raises SignerHomeInvalid: there is a signer in the folder already.
        """
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        if (directory / _IDENTITY).exists():
            raise SignerHomeInvalid(f"{directory} already holds a signer")
        sealer = FileKeySealer.create(directory / _KEK)
        signing, sealing = Ed25519PrivateKey.generate(), X25519PrivateKey.generate()
        data_key, wrapped = sealer.new_data_key(_context(name))
        secret = signing.private_bytes_raw() + sealing.private_bytes_raw()
        # The data key is fresh and encrypts this once: a fixed nonce repeats nothing.
        sealed = ChaCha20Poly1305(bytes(data_key)).encrypt(bytes(12), secret, _context(name))
        engine = open_engine(f"sqlite:///{directory / _DATABASE}")
        upgrade(engine, MIGRATIONS)
        engine.dispose()
        write_new_private(directory / _IDENTITY, _IdentityFile(name, origin, wrapped, sealed).encoded())
        return _identity(name, origin, SignerKeys(signing, sealing))

    @classmethod
    def open(cls, directory: Path) -> "SignerHome":
        """Open an existing signer.

        :raises SignerHomeInvalid: no signer there.
        :raises WrongKek: the key-encryption key is not the one that sealed it.
        :raises StoreError: its database is corrupt or of another version.
        """
        try:
            stored = _IdentityFile.decoded((directory / _IDENTITY).read_bytes())
        except OSError:
            raise SignerHomeInvalid(f"{directory} holds no signer") from None
        sealer = FileKeySealer(directory / _KEK)
        data_key = sealer.data_key(stored.wrapped_key, _context(stored.name))
        try:
            secret = ChaCha20Poly1305(bytes(data_key)).decrypt(bytes(12), stored.sealed_keys, _context(stored.name))
        except InvalidTag:
            raise SignerHomeInvalid(f"the identity in {directory} was altered") from None
        keys = SignerKeys(
            Ed25519PrivateKey.from_private_bytes(secret[:32]), X25519PrivateKey.from_private_bytes(secret[32:])
        )
        if not (directory / _DATABASE).exists():
            # Opening would make an empty one, without the record of burned nonces.
            raise SignerHomeInvalid(f"{directory} has lost its {_DATABASE}")
        engine = open_engine(f"sqlite:///{directory / _DATABASE}")
        require_current(engine, MIGRATIONS)
        identity = _identity(stored.name, stored.origin, keys)
        return cls(directory, identity, keys, sealer, engine)

    def pin(self, genesis: Genesis, policy: Policy) -> None:
        """Pin the genesis and its policy, once and for ever; the same again is no change.

        :raises GenesisMismatch: another genesis is pinned, it does not name this signer with these keys, or the
            policy is not the genesis's.
        """
        self._require_own(genesis, policy)
        with transaction(self.engine) as connection:
            row = connection.execute(select(models.pins.c.genesis)).one_or_none()
            if row is None:
                connection.execute(insert(models.pins).values(id=1, genesis=genesis.encoded(), policy=policy.encoded()))
            elif row.genesis != genesis.encoded():
                raise GenesisMismatch("another genesis is pinned here for ever")

    def pinned(self) -> tuple[Genesis, Policy]:
        """The pinned genesis and policy.

        :raises SignerHomeInvalid: nothing is pinned yet.
        :raises GenesisMismatch: the database is another signer's, or its policy is not the genesis's.
        """
        with transaction(self.engine) as connection:
            row = connection.execute(select(models.pins.c.genesis, models.pins.c.policy)).one_or_none()
        if row is None:
            raise SignerHomeInvalid(f"{self.identity.name} has no genesis yet")
        genesis, policy = Genesis.decoded(row.genesis), Policy.decoded(row.policy)
        self._require_own(genesis, policy)
        return genesis, policy

    def _require_own(self, genesis: Genesis, policy: Policy) -> None:
        if genesis.roster.signer(self.identity.name) != self.identity:
            raise GenesisMismatch(f"the genesis names another {self.identity.name} than this one")
        if policy.digest() != genesis.policy:
            raise GenesisMismatch("the policy is not the one that the genesis pins")


def _identity(name: str, origin: str, keys: SignerKeys) -> SignerIdentity:
    return SignerIdentity(
        name=name,
        signing_key=keys.signing.public_key().public_bytes_raw(),
        sealing_key=keys.sealing.public_key().public_bytes_raw(),
        origin=origin,
    )
