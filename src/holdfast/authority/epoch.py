"""Reserve epochs: the header that binds everything an epoch publishes, and what a vault's signers sign of it.

The hashes are those of the published format (``docs/reference/reserves-format.md``), which needs nothing of ours to
be verified; the canonical encoding is only how a header travels and is kept.
"""

from dataclasses import dataclass

from holdfast import _core
from holdfast.authority.errors import AuthorityMalformed
from holdfast.encoding import Canonical

NO_EPOCH = bytes(32)
"""What the first epoch has for its previous super-root."""

MAX_EPOCH = 2**53 - 1
"""The largest number that every reader of JSON keeps exact."""


@dataclass(frozen=True)
class AssetTree:
    """The tree of one asset: its root's hash, what is owed in all (base units), and how many leaves it has."""

    asset: str
    decimals: int
    root: bytes
    total: int
    leaves: int


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

        :raises EpochMalformed: a text, hash or order of assets that the format does not have.
        """
        if not 1 <= self.epoch <= MAX_EPOCH:
            raise AuthorityMalformed("an epoch's number is from 1 to 2^53 - 1")
        self.super_root()

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
