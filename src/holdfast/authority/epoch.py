"""Reserve epochs: the header that binds everything an epoch publishes, and what a vault's signers sign of it.

The hashes are those of the published format (``docs/reference/reserves-format.md``), which needs nothing of ours to
be verified; the canonical encoding is only how a header travels and is kept.
"""

from dataclasses import dataclass

from holdfast import _core
from holdfast.amounts import ASSETS, MAX_UNITS
from holdfast.authority.errors import AuthorityMalformed, EpochChainBroken
from holdfast.encoding import Canonical

NO_EPOCH = bytes(32)
"""What the first epoch has for its previous super-root."""

MAX_EPOCH = 2**53 - 1
"""The largest number that every reader of JSON keeps exact; heights have the same bound."""

TIME_LIMIT_S = 2**37
"""Epochs are before this, in the year 6325: every reader's calendar holds it."""

MAX_LEAVES = 2**32


@dataclass(frozen=True)
class AssetTree:
    """The tree of one asset: its root's hash, what is owed in all (base units), and how many leaves it has."""

    asset: str
    decimals: int
    root: bytes
    total: int
    leaves: int

    def __post_init__(self) -> None:
        """Refuse what no tree has.

        :raises AuthorityMalformed: an asset or decimals that the format does not name, a total or number of leaves
            out of its range.
        """
        known = ASSETS.get(self.asset)
        # Other decimals would have the same base units read as another amount.
        if known is None or known.decimals != self.decimals:
            raise AuthorityMalformed(f"the format has no {self.asset[:20]!r} of {self.decimals} decimals")
        if not 0 <= self.total <= MAX_UNITS:
            raise AuthorityMalformed("a total is from 0 to 10^36 base units")
        if not 2 <= self.leaves <= MAX_LEAVES or self.leaves.bit_count() != 1:
            raise AuthorityMalformed("the number of leaves is a power of two from 2 to 2^32")


@dataclass(frozen=True)
class EpochHeader(Canonical):
    """An epoch, in full but for its coins, which ``holdings`` is the digest of.

    ``at_s`` is when the books were read; ``height`` and ``block_hash`` say at which block coins were counted.
    """

    DOMAIN = "holdfast/reserve-epoch"

    venue: str
    epoch: int
    at_s: int
    previous: bytes
    network: str
    height: int
    block_hash: bytes
    holdings: bytes
    assets: tuple[AssetTree, ...]

    def __post_init__(self) -> None:
        """Refuse what no epoch has.

        :raises AuthorityMalformed: a number, a time, a height or a previous super-root out of its range, or no asset.
        :raises EpochMalformed: a text, hash or order of assets that the format does not have.
        """
        if not (1 <= self.epoch <= MAX_EPOCH and 0 <= self.height <= MAX_EPOCH):
            raise AuthorityMalformed("an epoch's number is from 1 to 2^53 - 1, and its height from 0")
        if not 0 <= self.at_s < TIME_LIMIT_S:
            raise AuthorityMalformed("an epoch's time is from 0 to 2^37 - 1")
        if (self.previous == NO_EPOCH) != (self.epoch == 1):
            raise AuthorityMalformed("the first epoch, and no other, follows none")
        if not self.assets:
            raise AuthorityMalformed("an epoch has at least one asset")
        self.super_root()

    def require_follows(self, before: "EpochHeader") -> None:
        """Require that this epoch is the next: its number, the super-root, a later time and a higher block.

        :raises EpochChainBroken: it is not.
        """
        if (self.venue, self.network) != (before.venue, before.network):
            raise EpochChainBroken("an epoch follows one of its own venue and network")
        if (self.epoch, self.previous) != (before.epoch + 1, before.super_root()):
            raise EpochChainBroken(f"epoch {self.epoch} does not follow epoch {before.epoch}")
        if self.at_s <= before.at_s or self.height <= before.height:
            raise EpochChainBroken(f"epoch {self.epoch} is not of a later time and a higher block than {before.epoch}")

    def super_root(self) -> bytes:
        """The one hash that binds all of it, 32 bytes."""
        return _core.super_root(
            (self.venue, self.epoch),
            self.at_s,
            self.previous,
            (self.network, self.height, self.block_hash),
            self.holdings,
            [(tree.asset, tree.decimals, tree.root, tree.total, tree.leaves) for tree in self.assets],
        )

    def ownership_message(self) -> bytes:
        """What the signers of every vault sign, 32 bytes: venue, epoch, super-root, block hash."""
        return _core.ownership_message((self.venue, self.epoch), self.super_root(), self.block_hash)
