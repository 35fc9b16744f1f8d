"""Reserve epochs once more, slowly and plainly, from the published format: what the Rust core is held against."""

import hashlib
import hmac
import itertools
from dataclasses import dataclass, field

DOMAIN = b"holdfast/reserves/v1"
Node = tuple[bytes, int]


def framed(kind: int, *fields: bytes) -> bytes:
    """The kind, the domain, and each field after its length."""
    return bytes([kind]) + b"".join(len(each).to_bytes(4, "big") + each for each in (DOMAIN, *fields))


def hashed(kind: int, *fields: bytes) -> bytes:
    """The format's H."""
    return hashlib.sha256(framed(kind, *fields)).digest()


def keyed(key: bytes, kind: int, *fields: bytes) -> bytes:
    """The format's M."""
    return hmac.digest(key, framed(kind, *fields), "sha256")


def big(value: int, width: int) -> bytes:
    """So many bytes, the highest first."""
    return value.to_bytes(width, "big")


@dataclass(frozen=True)
class Holder:
    """A customer and what they are owed."""

    customer: str
    by_customer: bool
    nonce: bytes
    balance: int

    @classmethod
    def owed(cls, customer: str, balance: int) -> "Holder":
        """A customer whose page chose a nonce."""
        return cls(customer, True, hashlib.sha256(customer.encode()).digest()[:16], balance)

    def as_tuple(self) -> tuple[str, bool, bytes, int]:
        """As the core takes it."""
        return self.customer, self.by_customer, self.nonce, self.balance


def parent(level: int, left: Node, right: Node) -> Node:
    """The node over two others."""
    fields = big(level, 1), left[0], big(left[1], 16), right[0], big(right[1], 16)
    return hashed(1, *fields), left[1] + right[1]


@dataclass
class ModelTree:
    """The tree of one asset, and where each holder's fragments are."""

    venue: str
    epoch: int
    asset: str
    secret: bytes
    holders: list[Holder]
    levels: list[list[Node]] = field(default_factory=list)
    fragments: list[list[tuple[int, int]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        splits = [self._split(holder) for holder in self.holders]
        count = sum(map(len, splits))
        leaves = 16
        while leaves < count:
            leaves *= 2
        self._place(splits, leaves)
        self.levels = [self._leaves(leaves)]
        while len(self.levels[-1]) > 1:
            below = self.levels[-1]
            pairs = zip(below[::2], below[1::2], strict=True)
            self.levels.append([parent(len(self.levels), left, right) for left, right in pairs])

    def _keyed(self, kind: int, *fields: bytes) -> bytes:
        return keyed(self.secret, kind, self.asset.encode(), *fields)

    def _split(self, holder: Holder) -> list[int]:
        name = holder.customer.encode()
        count = 2 + self._keyed(9, name)[0] % 4
        drawn = (self._keyed(10, name, big(j, 4))[:16] for j in range(1, count))
        cuts = sorted(int.from_bytes(each, "big") % (holder.balance + 1) for each in drawn)
        edges = [0, *cuts, holder.balance]
        return [high - low for low, high in itertools.pairwise(edges)]

    def _place(self, splits: list[list[int]], leaves: int) -> None:
        order = [
            (self._keyed(11, self.holders[who].customer.encode(), big(i + 1, 4)), who, i)
            for who, split in enumerate(splits)
            for i in range(len(split))
        ]
        order += [(self._keyed(13, big(n, 8)), -1, n) for n in range(leaves - len(order))]
        self.fragments = [[(0, 0)] * len(split) for split in splits]
        for index, (_, who, i) in enumerate(sorted(order)):
            if who >= 0:
                self.fragments[who][i] = (index, splits[who][i])

    def _leaves(self, count: int) -> list[Node]:
        nodes = [(self._keyed(12, big(index, 8)), 0) for index in range(count)]
        for holder, places in zip(self.holders, self.fragments, strict=True):
            for i, (index, value) in enumerate(places, 1):
                nodes[index] = self.leaf(holder, index, i, len(places), value), value
        return nodes

    def salt(self, holder: Holder) -> bytes:
        """The house's part of a customer's key."""
        return keyed(self.secret, 8, holder.customer.encode())

    def leaf(self, holder: Holder, index: int, i: int, m: int, value: int) -> bytes:
        """A leaf's hash."""
        who = holder.customer.encode(), bytes([holder.by_customer]), holder.nonce
        venue, epoch, asset = self.venue.encode(), big(self.epoch, 8), self.asset.encode()
        account = hashed(3, venue, *who)
        key = keyed(self.salt(holder), 6, venue, epoch, *who)
        mask = keyed(key, 7, asset, big(index, 8), big(i, 4), big(m, 4), big(value, 16))
        placed = big(index, 8), account, big(i, 4), big(m, 4), big(value, 16), mask
        return hashed(0, venue, epoch, asset, *placed)

    @property
    def root(self) -> Node:
        """The root's hash and the total."""
        return self.levels[-1][0]

    def path(self, index: int) -> list[Node]:
        """The siblings on a leaf's way to the root."""
        return [nodes[(index >> level) ^ 1] for level, nodes in enumerate(self.levels[:-1])]
