"""An epoch's private part: who has which leaves. From it proofs are cut, and the books are seen to lead to the roots.

A folder: ``proofs.sqlite`` with the header, the secret, customers and balances; for each asset ``nodes-N``, every node
of the tree (48 bytes each, leaves first), so that a proof takes a few short reads, however large the epoch; and
``unsigned.json``, the manifest as it was before the signers attested it.
"""

import sqlite3
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.authority import EpochHeader
from holdfast.encoding import EncodingError
from holdfast.reserves.errors import CustomerNotInEpoch, EpochFolderDamaged
from holdfast.reserves.files import PRIVATE_MODE, read_bounded, sync_folder, write_durably
from holdfast.reserves.manifest import MAX_MANIFEST_BYTES, Manifest
from holdfast.reserves.nonces import Nonce

_DATABASE = "proofs.sqlite"
_UNSIGNED = "unsigned.json"
_NODE_BYTES = 48
_FRAGMENT_BYTES = 24

_SCHEMA = """
CREATE TABLE epoch (
    id INTEGER PRIMARY KEY CHECK (id = 1), header BLOB NOT NULL, secret BLOB NOT NULL, through INTEGER NOT NULL
) STRICT;
CREATE TABLE customer (name TEXT PRIMARY KEY, nonce BLOB NOT NULL, by_customer INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE balance (
    asset TEXT NOT NULL, customer TEXT NOT NULL, units TEXT NOT NULL, account_id INTEGER, through INTEGER,
    fragments BLOB NOT NULL, PRIMARY KEY (asset, customer)
) STRICT, WITHOUT ROWID;
"""


@dataclass(frozen=True)
class ArchivedBalance:
    """A customer's balance in one asset: base units, the ledger's account and transfer, and (leaf, value) fragments."""

    asset: str
    customer: str
    units: int
    account_id: int | None
    through: int | None
    fragments: tuple[tuple[int, int], ...]


@contextmanager
def _faults_named(folder: Path) -> Generator[None]:
    try:
        yield
    except (sqlite3.Error, OSError, EncodingError) as fault:
        raise EpochFolderDamaged(f"{folder} is damaged or cannot be used: {fault}") from None


def write_archive(
    folder: Path,
    unsigned: Manifest,
    *,
    secret: bytes,
    through: int,
    customers: Iterable[tuple[str, Nonce]],
    balances: Iterable[ArchivedBalance],
) -> None:
    """Write everything but the nodes into a fresh folder, on the disk before this returns.

    :param through: the newest of the ledger's transfers that the books included.
    """
    with _faults_named(folder):
        write_durably(folder / _UNSIGNED, unsigned.encoded(), PRIVATE_MODE)
        path = folder / _DATABASE
        write_durably(path, b"", PRIVATE_MODE)
        with closing(sqlite3.connect(path)) as database:
            database.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = FULL; {_SCHEMA}")
            with database:
                database.execute("INSERT INTO epoch VALUES (1, ?, ?, ?)", (unsigned.header.encoded(), secret, through))
                database.executemany(
                    "INSERT INTO customer VALUES (?, ?, ?)",
                    ((name, nonce.value, int(nonce.by_customer)) for name, nonce in customers),
                )
                database.executemany("INSERT INTO balance VALUES (?, ?, ?, ?, ?, ?)", map(_row, balances))
        sync_folder(folder)


def write_nodes(folder: Path, position: int, node_bytes: bytes) -> None:
    """Write the nodes of the tree of the epoch's asset at ``position``."""
    with _faults_named(folder):
        write_durably(folder / f"nodes-{position}", node_bytes, PRIVATE_MODE)


class Archive:
    """An epoch's private part, opened for reading."""

    def __init__(self, folder: Path) -> None:
        """Open it.

        :raises EpochFolderDamaged: it is not there, or not whole.
        """
        self._folder = folder
        with _faults_named(folder), ExitStack() as on_failure:
            path = (folder / _DATABASE).absolute()
            self._database = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
            on_failure.callback(self._database.close)
            row = self._database.execute("SELECT header, secret, through FROM epoch").fetchone()
            if row is None:
                raise EpochFolderDamaged(f"{folder} has no epoch")
            self.header = EpochHeader.decoded(row[0])
            self.secret, self.through = bytes(row[1]), int(row[2])
            on_failure.pop_all()

    def unsigned(self) -> Manifest:
        """The manifest before the signers attested it.

        :raises EpochFolderDamaged: it is not there, or of another epoch.
        """
        manifest = Manifest.decoded(read_bounded(self._folder / _UNSIGNED, MAX_MANIFEST_BYTES))
        if manifest.header != self.header:
            raise EpochFolderDamaged(f"{self._folder} has the parts of two epochs")
        return manifest

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def customers(self) -> Iterator[tuple[str, Nonce]]:
        """Every customer with their nonce, in ascending order."""
        with _faults_named(self._folder):
            for name, nonce, chosen in self._database.execute("SELECT * FROM customer ORDER BY name"):
                yield name, Nonce(nonce, by_customer=bool(chosen))

    def nonce(self, customer: str) -> Nonce:
        """The customer's nonce in this epoch.

        :raises CustomerNotInEpoch: the epoch has no such customer.
        """
        with _faults_named(self._folder):
            query = "SELECT nonce, by_customer FROM customer WHERE name = ?"
            row = self._database.execute(query, (customer,)).fetchone()
        if row is None:
            raise CustomerNotInEpoch(f"epoch {self.header.epoch} has no leaves for {customer[:60]!r}")
        return Nonce(row[0], by_customer=bool(row[1]))

    def balances(self, asset: str) -> Iterator[ArchivedBalance]:
        """Every balance in an asset, in ascending order of customers."""
        query = "SELECT * FROM balance WHERE asset = ? ORDER BY customer"
        with _faults_named(self._folder):
            yield from map(_balance, self._database.execute(query, (asset,)))

    def balance(self, asset: str, customer: str) -> ArchivedBalance:
        """One customer's balance in an asset.

        :raises EpochFolderDamaged: it is not there.
        """
        query = "SELECT * FROM balance WHERE asset = ? AND customer = ?"
        with _faults_named(self._folder):
            row = self._database.execute(query, (asset, customer)).fetchone()
        if row is None:
            raise EpochFolderDamaged(f"{self._folder} has lost a customer's fragments in {asset}")
        return _balance(row)

    def path(self, position: int, leaves: int, index: int) -> tuple[tuple[bytes, int], ...]:
        """Hash and value of every sibling on the way of a leaf to its root, lowest first."""
        siblings = []
        with _faults_named(self._folder), (self._folder / f"nodes-{position}").open("rb") as nodes:
            below = 0
            while leaves > 1:
                nodes.seek((below + (index ^ 1)) * _NODE_BYTES)
                node = nodes.read(_NODE_BYTES)
                if len(node) != _NODE_BYTES:
                    raise EpochFolderDamaged(f"{self._folder} lacks nodes of a tree")
                siblings.append((node[:32], int.from_bytes(node[32:], "big")))
                below, leaves, index = below + leaves, leaves // 2, index // 2
        return tuple(siblings)


@contextmanager
def opened_archive(folder: Path) -> Generator[Archive]:
    """An epoch's private part, for a while.

    :raises EpochFolderDamaged: it is not there, or not whole.
    """
    with closing(Archive(folder)) as archive:
        yield archive


def _row(balance: ArchivedBalance) -> tuple[str, str, str, int | None, int | None, bytes]:
    packed = b"".join(index.to_bytes(8, "big") + value.to_bytes(16, "big") for index, value in balance.fragments)
    # Units as decimal text: they exceed 64 bits.
    return balance.asset, balance.customer, str(balance.units), balance.account_id, balance.through, packed


def _balance(row: Any) -> ArchivedBalance:
    asset, customer, units, account_id, through, packed = row
    return ArchivedBalance(asset, customer, int(units), account_id, through, _fragments(packed))


def _fragments(packed: bytes) -> tuple[tuple[int, int], ...]:
    return tuple(
        (int.from_bytes(packed[at : at + 8], "big"), int.from_bytes(packed[at + 8 : at + _FRAGMENT_BYTES], "big"))
        for at in range(0, len(packed), _FRAGMENT_BYTES)
    )
