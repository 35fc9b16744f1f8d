"""The manifest of an epoch: everything that is published, in one document.

What each field is hashed into is in ``docs/reference/reserves-format.md``. Reading checks the form; that it agrees with
itself is for :func:`require_consistent`.
"""

import itertools
import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from holdfast import _core
from holdfast.authority import AssetTree, AuthorityMalformed, EpochHeader
from holdfast.chains.bitcoin import Outpoint
from holdfast.keys import SignatureInvalid, derive_output_key, verify
from holdfast.reserves.document import Fields, canonical_json, read_json
from holdfast.reserves.errors import (
    AttestationInvalid,
    CoinsInsufficient,
    DocumentMalformed,
    EpochMalformed,
    SuperRootMismatch,
)
from holdfast.signer import OWNERSHIP_PATH

MANIFEST_FORMAT = "holdfast/reserves/v1"
MAX_MANIFEST_BYTES = 64_000_000
MAX_ASSETS = 64
MAX_VAULTS = 64
MAX_COINS = 400_000
MAX_SKIPPED = 4_000

_COMPRESSED = (2, 3)
_PATH_LIMIT = 2**31
_VOUT_LIMIT = 2**32

_OUTPOINT = re.compile(r"([0-9a-f]{64}):(0|[1-9][0-9]{0,9})")
_PATH = re.compile(r"(0|[1-9][0-9]{0,9})/(0|[1-9][0-9]{0,9})")


@dataclass(frozen=True)
class ListedCoin:
    """A coin as the manifest lists it: value in base units, chain and position of its key."""

    outpoint: Outpoint
    value: int
    path: tuple[int, int]


@dataclass(frozen=True)
class ListedVault:
    """A vault as the manifest lists it: compressed group key, coins by outpoint, BIP-340 signature over the epoch."""

    name: str
    asset: str
    key: bytes
    coins: tuple[ListedCoin, ...]
    signature: bytes


@dataclass(frozen=True)
class Manifest:
    """An epoch as it is published. ``skipped`` are the epochs just before it that were given up, in order."""

    header: EpochHeader
    vaults: tuple[ListedVault, ...]
    skipped: tuple[EpochHeader, ...] = ()

    @property
    def before(self) -> tuple[int, bytes]:
        """Number and super-root of the published epoch before this one; 0 and zeros for the first."""
        first = self.skipped[0] if self.skipped else self.header
        return first.epoch - 1, first.previous

    def encoded(self) -> bytes:
        """The one spelling of it."""
        header = self.header
        return canonical_json(
            {
                **_header_document(header),
                "format": MANIFEST_FORMAT,
                "venue": header.venue,
                "skipped": [_skipped_document(each) for each in self.skipped],
                "vaults": [_vault_document(vault) for vault in self.vaults],
                "super_root": header.super_root().hex(),
            }
        )

    @classmethod
    def decoded(cls, content: bytes) -> "Manifest":
        """Read a manifest whose super-root is that of its content.

        :raises DocumentMalformed: not the format, to the byte.
        :raises SuperRootMismatch: its content has another super-root.
        """
        names = ("format", "venue", *_HEADER_FIELDS, "skipped", "vaults", "super_root")
        fields = Fields(read_json(content, MAX_MANIFEST_BYTES, "manifest"), "the manifest", *names)
        fields.one_of("format", MANIFEST_FORMAT)
        venue, vaults = fields.text("venue"), tuple(_vault(each) for each in fields.list("vaults", MAX_VAULTS))
        _require_in_order(vaults)
        with _faults_named():
            header = _header(fields, venue, holdings_digest(vaults))
            skipped = tuple(_skipped(each, venue) for each in fields.list("skipped", MAX_SKIPPED))
        if {vault.asset for vault in vaults} != {tree.asset for tree in header.assets}:
            raise DocumentMalformed("every asset of an epoch has a vault, and every vault an asset of the epoch")
        if header.super_root() != fields.bytes("super_root", 32):
            raise SuperRootMismatch("the manifest's content does not hash to its super-root")
        return cls(header, vaults, skipped)

    def coins_worth(self, asset: str) -> int:
        """What the listed coins of an asset are worth, in base units."""
        return sum(coin.value for vault in self.vaults if vault.asset == asset for coin in vault.coins)

    def require_consistent(self) -> None:
        """Require that epochs follow one another, that every vault's signers attest, and that coins cover what is owed.

        :raises EpochChainBroken: the epochs that were given up do not lead from the one before to this one.
        :raises AttestationInvalid: a vault's signature is not valid.
        :raises CoinsInsufficient: the coins are worth less than what is owed.
        """
        for before, after in itertools.pairwise((*self.skipped, self.header)):
            after.require_follows(before)
        self._require_attested()
        for tree in self.header.assets:
            if self.coins_worth(tree.asset) < tree.total:
                raise CoinsInsufficient(
                    f"coins of {self.coins_worth(tree.asset)} base units of {tree.asset}"
                    f" do not cover the {tree.total} that are owed"
                )

    def _require_attested(self) -> None:
        message = self.header.ownership_message()
        for vault in self.vaults:
            try:
                verify(derive_output_key(vault.key, list(OWNERSHIP_PATH)), message, vault.signature)
            except SignatureInvalid:
                raise AttestationInvalid(f"the signature of vault {vault.name} is not valid") from None


def holdings_digest(vaults: tuple[ListedVault, ...]) -> bytes:
    """The digest of the coins, which the super-root binds."""
    return _core.holdings_digest(
        [
            (
                vault.name,
                vault.asset,
                vault.key,
                [
                    (bytes.fromhex(coin.outpoint.txid), coin.outpoint.vout, coin.value, coin.path)
                    for coin in vault.coins
                ],
            )
            for vault in vaults
        ]
    )


def _require_in_order(vaults: tuple[ListedVault, ...]) -> None:
    """Require that vaults and coins stand in order, and that no coin counts twice."""
    _require_ascending([vault.name for vault in vaults], "vaults")
    for vault in vaults:
        _require_ascending([coin.outpoint for coin in vault.coins], "coins")
    outpoints = {coin.outpoint for vault in vaults for coin in vault.coins}
    if len(outpoints) != sum(len(vault.coins) for vault in vaults):
        raise DocumentMalformed("a coin stands in two vaults")


def _require_ascending(keys: list[Any], what: str) -> None:
    if any(left >= right for left, right in itertools.pairwise(keys)):
        raise DocumentMalformed(f"{what} stand once each, in ascending order")


@contextmanager
def _faults_named() -> Generator[None]:
    """What no header holds, no manifest does."""
    try:
        yield
    except (AuthorityMalformed, EpochMalformed) as fault:
        raise DocumentMalformed(str(fault)) from None


_HEADER_FIELDS = ("epoch", "at", "previous", "block", "assets")


def _header_document(header: EpochHeader) -> dict[str, Any]:
    """What a manifest says of its own epoch and of those that were given up alike."""
    return {
        "epoch": header.epoch,
        "at": header.at_s,
        "previous": header.previous.hex(),
        "block": {"network": header.network, "height": header.height, "hash": header.block_hash.hex()},
        "assets": [_asset_document(tree) for tree in header.assets],
    }


def _header(fields: Fields, venue: str, holdings: bytes) -> EpochHeader:
    block = Fields(fields.object("block"), "block", "network", "height", "hash")
    return EpochHeader(
        venue=venue,
        epoch=fields.number("epoch"),
        at_s=fields.number("at"),
        previous=fields.bytes("previous", 32),
        network=block.name("network"),
        height=block.number("height"),
        block_hash=block.bytes("hash", 32),
        holdings=holdings,
        assets=tuple(_asset(each) for each in fields.list("assets", MAX_ASSETS)),
    )


def _skipped_document(header: EpochHeader) -> dict[str, Any]:
    return _header_document(header) | {"holdings": header.holdings.hex()}


def _skipped(document: Any, venue: str) -> EpochHeader:
    fields = Fields(document, "an epoch given up", *_HEADER_FIELDS, "holdings")
    return _header(fields, venue, fields.bytes("holdings", 32))


def _asset_document(tree: AssetTree) -> dict[str, Any]:
    return {
        "asset": tree.asset,
        "decimals": tree.decimals,
        "root": tree.root.hex(),
        "total": str(tree.total),
        "leaves": tree.leaves,
    }


def _asset(document: Any) -> AssetTree:
    fields = Fields(document, "an asset", "asset", "decimals", "root", "total", "leaves")
    return AssetTree(
        asset=fields.text("asset"),
        decimals=fields.number("decimals"),
        root=fields.bytes("root", 32),
        total=fields.units("total"),
        leaves=fields.number("leaves"),
    )


def _vault_document(vault: ListedVault) -> dict[str, Any]:
    return {
        "name": vault.name,
        "asset": vault.asset,
        "key": vault.key.hex(),
        "coins": [
            {"outpoint": str(coin.outpoint), "value": str(coin.value), "path": f"{coin.path[0]}/{coin.path[1]}"}
            for coin in vault.coins
        ],
        "signature": vault.signature.hex(),
    }


def _vault(document: Any) -> ListedVault:
    fields = Fields(document, "a vault", "name", "asset", "key", "coins", "signature")
    key = fields.bytes("key", 33)
    if key[0] not in _COMPRESSED:
        raise DocumentMalformed("a vault's key is a compressed point")
    return ListedVault(
        name=fields.name("name"),
        asset=fields.text("asset"),
        key=key,
        coins=tuple(_coin(each) for each in fields.list("coins", MAX_COINS)),
        signature=fields.bytes("signature", 64),
    )


def _coin(document: Any) -> ListedCoin:
    fields = Fields(document, "a coin", "outpoint", "value", "path")
    outpoint, path = _OUTPOINT.fullmatch(fields.text("outpoint")), _PATH.fullmatch(fields.text("path"))
    if outpoint is None or path is None:
        raise DocumentMalformed("a coin has an outpoint like TXID:INDEX and a path like CHAIN/POSITION")
    vout, chain, position = int(outpoint[2]), int(path[1]), int(path[2])
    if vout >= _VOUT_LIMIT or max(chain, position) >= _PATH_LIMIT:
        raise DocumentMalformed("a coin's index is below 2^32, and the steps of its path below 2^31: none is hardened")
    return ListedCoin(Outpoint(outpoint[1], vout), fields.units("value"), (chain, position))
