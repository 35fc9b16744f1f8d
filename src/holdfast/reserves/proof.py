"""A customer's proof: every fragment of every balance, each with its way to the root."""

from dataclasses import dataclass
from typing import Any

from holdfast.reserves.document import Fields, bytes_of, canonical_json, read_json, units_of
from holdfast.reserves.errors import DocumentMalformed

PROOF_FORMAT = "holdfast/reserves-proof/v1"
MAX_PROOF_BYTES = 8_000_000
MAX_ASSETS = 1_000
MAX_FRAGMENTS = 32
MAX_HEIGHT = 32

NONCE_BYTES = 16


@dataclass(frozen=True)
class ProvenFragment:
    """A fragment of a balance: its leaf, its value, and hash and value of each sibling, lowest first."""

    index: int
    value: int
    path: tuple[tuple[bytes, int], ...]


@dataclass(frozen=True)
class AssetProof:
    """All fragments of a balance in one asset."""

    asset: str
    fragments: tuple[ProvenFragment, ...]


@dataclass(frozen=True)
class Proof:
    """A customer's proof for one epoch, in every asset that the epoch has."""

    venue: str
    epoch: int
    super_root: bytes
    customer: str
    nonce: bytes
    chosen_by_customer: bool
    salt: bytes
    assets: tuple[AssetProof, ...]

    def encoded(self) -> bytes:
        """The one spelling of it."""
        return canonical_json(
            {
                "format": PROOF_FORMAT,
                "venue": self.venue,
                "epoch": self.epoch,
                "super_root": self.super_root.hex(),
                "customer": self.customer,
                "nonce": self.nonce.hex(),
                "nonce_by": "customer" if self.chosen_by_customer else "house",
                "salt": self.salt.hex(),
                "assets": [_asset_document(each) for each in self.assets],
            }
        )

    @classmethod
    def decoded(cls, content: bytes) -> "Proof":
        """Read a proof.

        :raises DocumentMalformed: not the format, to the byte.
        """
        names = ("format", "venue", "epoch", "super_root", "customer", "nonce", "nonce_by", "salt", "assets")
        fields = Fields(read_json(content, MAX_PROOF_BYTES, "proof"), "the proof", *names)
        fields.one_of("format", PROOF_FORMAT)
        return cls(
            venue=fields.text("venue"),
            epoch=fields.number("epoch"),
            super_root=fields.bytes("super_root", 32),
            customer=fields.text("customer"),
            nonce=fields.bytes("nonce", NONCE_BYTES),
            chosen_by_customer=fields.one_of("nonce_by", "customer", "house") == "customer",
            salt=fields.bytes("salt", 32),
            assets=tuple(_asset(each) for each in fields.list("assets", MAX_ASSETS)),
        )


def is_proof(content: bytes) -> bool:
    """Whether a document says that it is a proof; that it is a good one is for :meth:`Proof.decoded`."""
    return f'"format":"{PROOF_FORMAT}"'.encode() in content


def _asset_document(proof: AssetProof) -> dict[str, Any]:
    fragments = [
        {
            "index": fragment.index,
            "value": str(fragment.value),
            "path": [[sibling.hex(), str(value)] for sibling, value in fragment.path],
        }
        for fragment in proof.fragments
    ]
    return {"asset": proof.asset, "fragments": fragments}


def _asset(document: Any) -> AssetProof:
    fields = Fields(document, "an asset", "asset", "fragments")
    return AssetProof(fields.text("asset"), tuple(_fragment(each) for each in fields.list("fragments", MAX_FRAGMENTS)))


def _fragment(document: Any) -> ProvenFragment:
    fields = Fields(document, "a fragment", "index", "value", "path")
    path = tuple(_sibling(each) for each in fields.list("path", MAX_HEIGHT))
    return ProvenFragment(fields.number("index"), fields.units("value"), path)


def _sibling(document: Any) -> tuple[bytes, int]:
    if not isinstance(document, list) or len(document) != 2:
        raise DocumentMalformed("a sibling is a pair of hash and value")
    return bytes_of(document[0], 32, "a sibling's hash"), units_of(document[1], "a sibling's value")
