"""Whole epochs of somebody who has keys and no scruples: well formed, hashed and signed, whatever they say.

Written on the slow model of the format, and on the published verifier's curve: nothing refuses here.
"""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

from reserves_model import Holder, ModelTree, big, hashed
from reserves_rig import load_verifier

PUBLISHED = Path(__file__).parent.parent / "src/holdfast/reserves/published"
V = load_verifier(PUBLISHED)
DISCRETE_LOG = 7
BOB_IS_OWED = 1_000

Document = dict[str, Any]


def canonical(document: Document) -> bytes:
    """The one spelling of a document."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def compressed(point: tuple[int, int]) -> bytes:
    """A point in 33 bytes."""
    return bytes([2 + (point[1] & 1)]) + big(point[0], 32)


FORGERS_KEY = compressed(V.times(DISCRETE_LOG, V.BASE))


def _even(secret: int) -> int:
    """The secret whose point has an even y (BIP-340)."""
    return int(V.ORDER - secret if V.times(secret, V.BASE)[1] & 1 else secret)


def attest(message: bytes) -> bytes:
    """A valid attestation by the forger's key."""
    chain_code = hashlib.sha256(b"holdfast/chain-code/v1" + FORGERS_KEY).digest()
    step = hmac.digest(chain_code, FORGERS_KEY + big(2, 4), "sha512")[:32]
    child = _even((DISCRETE_LOG + int.from_bytes(step, "big")) % V.ORDER)
    inner = big(V.times(child, V.BASE)[0], 32)
    secret = _even((child + V.tagged("TapTweak", inner)) % V.ORDER)
    key = big(V.times(secret, V.BASE)[0], 32)
    nonce = _even(int.from_bytes(hashlib.sha256(message).digest(), "big") % V.ORDER)
    r = big(V.times(nonce, V.BASE)[0], 32)
    challenge = V.tagged("BIP0340/challenge", r + key + message) % V.ORDER
    return r + big((nonce + challenge * secret) % V.ORDER, 32)


def vault(asset: str = "BTC", value: int = BOB_IS_OWED, **changed: Any) -> Document:
    """A vault of the forger's with one coin."""
    coin = {"outpoint": f"{asset.encode().hex().rjust(64, '0')[-64:]}:0", "path": "0/0", "value": str(value)}
    whole = {"name": f"vault-{asset}", "asset": asset, "key": FORGERS_KEY.hex(), "coins": [coin], "signature": ""}
    return whole | changed


def forged(*assets: tuple[str, int], **changed: Any) -> tuple[bytes, bytes]:
    """A manifest and Bob's proof for it, over assets with these decimals, with fields of the manifest changed."""
    number, venue, bob = (
        changed.get("epoch", 1),
        changed.get("venue", "Example Exchange"),
        Holder("bob", True, bytes(16), BOB_IS_OWED),
    )
    trees = [ModelTree(venue, number, asset, bytes(32), [bob]) for asset, _ in assets]
    manifest = {
        "assets": [
            {"asset": asset, "decimals": decimals, "leaves": 16, "root": tree.root[0].hex(), "total": str(tree.root[1])}
            for (asset, decimals), tree in zip(assets, trees, strict=True)
        ],
        "at": 1_790_000_000,
        "block": {"hash": "11" * 32, "height": 100, "network": "main"},
        "epoch": number,
        "format": "holdfast/reserves/v1",
        "previous": "00" * 32,
        "skipped": [],
        "vaults": [vault(asset) for asset, _ in assets],
        "venue": venue,
    } | changed
    seal(manifest)
    proof = {
        "assets": [{"asset": tree.asset, "fragments": _fragments(tree)} for tree in trees],
        "customer": bob.customer,
        "epoch": number,
        "format": "holdfast/reserves-proof/v1",
        "nonce": bob.nonce.hex(),
        "nonce_by": "customer",
        "salt": hashed_salt(bob),
        "super_root": manifest["super_root"],
        "venue": venue,
    }
    return canonical(manifest), canonical(proof)


def hashed_salt(holder: Holder) -> str:
    """The salt of the model's trees under the secret of zeros."""
    return ModelTree("v", 1, "BTC", bytes(32), [holder]).salt(holder).hex()


def _fragments(tree: ModelTree) -> list[Document]:
    return [
        {"index": index, "value": str(value), "path": [[each.hex(), str(sum_)] for each, sum_ in tree.path(index)]}
        for index, value in tree.fragments[0]
    ]


def super_root(header: Document, venue: str, held: bytes) -> bytes:
    """The super-root of what a document says of an epoch."""
    block, fields = header["block"], [venue.encode(), big(header["epoch"], 8), big(header["at"], 8)]
    fields += [bytes.fromhex(header["previous"]), block["network"].encode(), big(block["height"], 8)]
    fields += [bytes.fromhex(block["hash"]), held, big(len(header["assets"]), 4)]
    for tree in header["assets"]:
        fields += [tree["asset"].encode(), big(tree["decimals"], 1), bytes.fromhex(tree["root"])]
        fields += [big(int(tree["total"]), 16), big(tree["leaves"], 8)]
    return hashed(2, *fields)


def holdings(vaults: list[Document]) -> bytes:
    """The digest of all vaults and coins."""
    fields = [big(len(vaults), 4)]
    for each in vaults:
        fields += [
            each["name"].encode(),
            each["asset"].encode(),
            bytes.fromhex(each["key"]),
            big(len(each["coins"]), 8),
        ]
        for coin in each["coins"]:
            txid, vout = coin["outpoint"].split(":")
            steps = [big(int(step), 4) for step in coin["path"].split("/")]
            fields += [bytes.fromhex(txid), big(int(vout), 4), big(int(coin["value"]), 16), *steps]
    return hashed(4, *fields)


def seal(manifest: Document) -> None:
    """Hash the manifest again and have every vault sign it."""
    root = super_root(manifest, manifest["venue"], holdings(manifest["vaults"]))
    manifest["super_root"] = root.hex()
    number, block = big(manifest["epoch"], 8), bytes.fromhex(manifest["block"]["hash"])
    signature = attest(hashed(5, manifest["venue"].encode(), number, root, block)).hex()
    manifest["vaults"] = [each | {"signature": signature} for each in manifest["vaults"]]
