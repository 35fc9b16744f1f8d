"""The manifest of an epoch: everything that is published, in one document.

What each field is hashed into is in ``docs/reference/reserves-format.md``. Reading checks the form; that it agrees with
itself is for :func:`require_consistent`.
"""

import itertools
import re
from dataclasses import dataclass
from typing import Any

from holdfast import _core
from holdfast.authority import AssetTree, EpochHeader
from holdfast.chains.bitcoin import Outpoint
from holdfast.keys import SignatureInvalid, derive_output_key, verify
from holdfast.reserves.document import Fields, canonical_json, read_json
from holdfast.reserves.errors import AttestationInvalid, CoinsInsufficient, DocumentMalformed, SuperRootMismatch
from holdfast.signer import OWNERSHIP_PATH

MANIFEST_FORMAT = "holdfast/reserves/v1"
MAX_MANIFEST_BYTES = 64_000_000
MAX_ASSETS = 1_000
MAX_VAULTS = 1_000
MAX_COINS = 400_000

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
    """An epoch as it is published."""

    header: EpochHeader
    vaults: tuple[ListedVault, ...]

    def encoded(self) -> bytes:
        """The one spelling of it."""
        header = self.header
        return canonical_json(
            {
                "format": MANIFEST_FORMAT,
                "venue": header.venue,
                "epoch": header.epoch,
                "at": header.at_s,
                "previous": header.previous.hex(),
                "block": {"network": header.network, "height": header.height, "hash": header.block_hash.hex()},
                "assets": [_asset_document(tree) for tree in header.assets],
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
        names = ("format", "venue", "epoch", "at", "previous", "block", "assets", "vaults", "super_root")
        fields = Fields(read_json(content, MAX_MANIFEST_BYTES, "manifest"), "the manifest", *names)
        fields.one_of("format", MANIFEST_FORMAT)
        block = Fields(fields.object("block"), "block", "network", "height", "hash")
        vaults = tuple(_vault(each) for each in fields.list("vaults", MAX_VAULTS))
        header = EpochHeader(
            venue=fields.text("venue"),
            epoch=fields.number("epoch"),
            at_s=fields.number("at"),
            previous=fields.bytes("previous", 32),
            network=block.text("network"),
            height=block.number("height"),
            block_hash=block.bytes("hash", 32),
            holdings=holdings_digest(vaults),
            assets=tuple(_asset(each) for each in fields.list("assets", MAX_ASSETS)),
        )
        if header.super_root() != fields.bytes("super_root", 32):
            raise SuperRootMismatch("the manifest's content does not hash to its super-root")
        return cls(header, vaults)

    def coins_worth(self, asset: str) -> int:
        """What the listed coins of an asset are worth, in base units."""
        return sum(coin.value for vault in self.vaults if vault.asset == asset for coin in vault.coins)

    def require_consistent(self) -> None:
        """Require that no coin counts twice, that every vault's signers attest, and that coins cover what is owed.

        :raises DocumentMalformed: vaults, assets or coins that stand twice or out of order.
        :raises AttestationInvalid: a vault's signature is not valid.
        :raises CoinsInsufficient: the coins are worth less than what is owed.
        """
        _require_ascending([vault.name for vault in self.vaults], "vaults")
        assets = {tree.asset for tree in self.header.assets}
        outpoints: set[Outpoint] = set()
        for vault in self.vaults:
            if vault.asset not in assets:
                raise DocumentMalformed(f"vault {vault.name} holds {vault.asset}, which is no asset of the epoch")
            _require_ascending([(coin.outpoint.txid, coin.outpoint.vout) for coin in vault.coins], "coins")
            outpoints.update(coin.outpoint for coin in vault.coins)
        if len(outpoints) != sum(len(vault.coins) for vault in self.vaults):
            raise DocumentMalformed("a coin stands in two vaults")
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


def _require_ascending(keys: list[Any], what: str) -> None:
    if any(left >= right for left, right in itertools.pairwise(keys)):
        raise DocumentMalformed(f"{what} stand once each, in ascending order")


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
    return ListedVault(
        name=fields.text("name"),
        asset=fields.text("asset"),
        key=fields.bytes("key", 33),
        coins=tuple(_coin(each) for each in fields.list("coins", MAX_COINS)),
        signature=fields.bytes("signature", 64),
    )


def _coin(document: Any) -> ListedCoin:
    fields = Fields(document, "a coin", "outpoint", "value", "path")
    outpoint, path = _OUTPOINT.fullmatch(fields.text("outpoint")), _PATH.fullmatch(fields.text("path"))
    if outpoint is None or path is None:
        raise DocumentMalformed("a coin has an outpoint like TXID:INDEX and a path like CHAIN/POSITION")
    chain, position = int(path[1]), int(path[2])
    return ListedCoin(Outpoint(outpoint[1], int(outpoint[2])), fields.units("value"), (chain, position))
