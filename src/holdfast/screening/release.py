"""The list that comes with this release, and the key that signed it."""

import importlib.resources

from holdfast.screening.snapshot import SignedSnapshot, require_signed

RELEASE_KEY = bytes.fromhex("6b69511826b4c497fd7c96289bef1a458912fb1a41980897b81c1438f4f6d777")
"""The Ed25519 key of this release's list.

It proves that the list is the one that was released with this code, nothing about who looked at it: a
deployment's own compliance officers sign the lists that its signers accept.
"""


def packaged_snapshot() -> SignedSnapshot:
    """OFAC's digital-currency addresses as they came with this release.

    :raises SnapshotForged: the file is not the one that was released.
    :raises EncodingError: the file is damaged.
    """
    encoded = importlib.resources.files("holdfast.screening").joinpath("data/ofac-digital-currency.cbor").read_bytes()
    signed = SignedSnapshot.decoded(encoded)
    require_signed(signed, (RELEASE_KEY,), 1)
    return signed
