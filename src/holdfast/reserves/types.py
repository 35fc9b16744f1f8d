"""What reserves need of a control plane, and the values that they give."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine

from holdfast.amounts import Amount
from holdfast.authority import Genesis, KeyCertificate, Roster
from holdfast.chains import BlockRef, Chain
from holdfast.chains.bitcoin import Outpoint
from holdfast.clock import Clock
from holdfast.signer import SignerClient


class HeldCoin(Protocol):
    """A confirmed coin of a vault: value in base units, chain and position of its key."""

    @property
    def outpoint(self) -> Outpoint: ...
    @property
    def value(self) -> int: ...
    @property
    def path(self) -> tuple[int, int]: ...


class VaultHoldings(Protocol):
    """A vault's certified key, and its coins in the order of their outpoints."""

    @property
    def certificate(self) -> KeyCertificate: ...
    @property
    def coins(self) -> tuple[HeldCoin, ...]: ...


class Holdings(Protocol):
    """All vaults in use, by name, as of a block."""

    @property
    def block(self) -> BlockRef: ...
    @property
    def vaults(self) -> tuple[VaultHoldings, ...]: ...


class House(Protocol):
    """The control plane, as far as reserves need it."""

    @property
    def engine(self) -> Engine: ...
    @property
    def genesis(self) -> Genesis: ...
    @property
    def roster(self) -> Roster: ...
    @property
    def chain(self) -> Chain: ...
    @property
    def clock(self) -> Clock: ...

    def signers(self, names: tuple[str, ...]) -> Mapping[str, SignerClient]:
        """Clients of the named signers, as far as there is a way to them."""
        ...

    def holdings(self, connection: Connection, height: int | None = None) -> Holdings:
        """What the vaults hold as of the block at a height, or as of the newest that the books include."""
        ...


@dataclass(frozen=True)
class AssetCover:
    """One asset of an epoch: what customers are owed, what the vaults' coins are worth, and the tree's leaves."""

    asset: str
    liabilities: Amount
    coins: Amount
    coin_count: int
    leaves: int

    @property
    def covered(self) -> bool:
        """Whether the coins are worth at least what is owed."""
        return self.liabilities <= self.coins


@dataclass(frozen=True)
class EpochView:
    """A published epoch. ``public`` is the folder of the files to publish; digests are bytes, hashes of blocks text."""

    venue: str
    epoch: int
    at_s: int
    super_root: bytes
    previous: bytes
    block: BlockRef
    network: str
    assets: tuple[AssetCover, ...]
    vaults: tuple[str, ...]
    public: Path


@dataclass(frozen=True)
class ProvenBalance:
    """What a proof proves for one asset: the balance at the epoch, in how many fragments."""

    amount: Amount
    fragments: int


@dataclass(frozen=True)
class ProofReport:
    """What was verified of a manifest and a customer's proof.

    ``keys`` are the vaults' group keys by name. ``before`` is number and super-root of the epoch that was published
    before (0 and zeros: none), in which the customer must be found too; ``skipped`` are the numbers in between, which
    the venue says were given up.
    """

    venue: str
    epoch: int
    at_s: int
    super_root: bytes
    customer: str
    nonce: bytes
    chosen_by_customer: bool
    keys: Mapping[str, bytes]
    before: tuple[int, bytes]
    skipped: tuple[int, ...]
    balances: tuple[ProvenBalance, ...]


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be: its kind, what it is about, and the details."""

    kind: str
    subject: str
    detail: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.subject}: {self.detail}"


@dataclass(frozen=True)
class CheckReport:
    """How an epoch compares with the books and the chain; true when there are no findings."""

    epoch: EpochView
    customers: int
    findings: tuple[Finding, ...]
