#!/usr/bin/env python3
"""Verify that an exchange counts your balance among what it owes, and that its vaults' signers attest the whole.

    python3 -I verify_reserves.py manifest.json proof.json

Needs Python 3.8 or newer and nothing else: no installation, no network. It was written from SPEC.md, which lies beside
it, and shares no code with whoever published them; read both, they are short.

Exit status 0: verified. 1: well formed, and not true. 2: not in the format, or not readable. 3: a fault of this
program's own, which says nothing of the files.
"""
# ruff: noqa: T201 -- a program of one file, whose output is what it prints

from __future__ import annotations

import argparse
import datetime
import hashlib
import hmac
import io
import json
import os
import re
import sys
from typing import Any

DOMAIN = b"holdfast/reserves/v1"
MANIFEST_FORMAT, PROOF_FORMAT = "holdfast/reserves/v1", "holdfast/reserves-proof/v1"
MANIFEST_LIMIT, PROOF_LIMIT = 64_000_000, 8_000_000
DECIMALS = {"BTC": 8, "ETH": 18}

HEADER_FIELDS = ("epoch", "at", "previous", "block", "assets")
MANIFEST_FIELDS = ("format", "venue", *HEADER_FIELDS, "skipped", "vaults", "super_root")
PROOF_FIELDS = ("format", "venue", "epoch", "super_root", "customer", "nonce", "nonce_by", "salt", "assets")


class Malformed(Exception):
    """A document that is not in the format, to the byte."""


class Untrue(Exception):
    """A statement in good form that does not hold."""


def form(holds: bool, otherwise: str) -> None:
    """Require something of a document's form."""
    if not holds:
        raise Malformed(otherwise)


def fact(holds: bool, otherwise: str) -> None:
    """Require something that a document states."""
    if not holds:
        raise Untrue(otherwise)


# Reading: one spelling of each document, and no other.


def small_integer(digits: str) -> int:
    """A number of JSON, before it can be slow to read."""
    form(len(digits) <= 16, "a number is beyond 2^53")
    return int(digits)


def no_number(_text: str) -> int:
    """Refuse what is no whole number."""
    raise Malformed("a number is not a whole one")


def read_document(path: str, limit: int) -> Any:
    """The document in a file, whose every byte must be as the format writes it."""
    try:
        # A pipe would have us wait for ever.
        form(os.path.isfile(path) or not os.path.exists(path), f"{path} is no regular file")
        with open(path, "rb") as file:
            content = file.read(limit + 1)
    except OSError as fault:
        raise Malformed(f"{path} cannot be read: {fault.strerror}") from None
    return parse_document(content, limit)


def parse_document(content: bytes, limit: int) -> Any:
    """The document in these bytes."""
    form(len(content) <= limit, f"larger than {limit} bytes")
    try:
        text = content.decode("utf-8")
        document = json.loads(text, parse_int=small_integer, parse_float=no_number, parse_constant=no_number)
        again = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"
        form(again.encode("utf-8") == content, "it is not spelled as the format spells it")
    except (ValueError, RecursionError):
        raise Malformed("it is no JSON in UTF-8") from None
    return document


def fields(thing: Any, *names: str) -> dict[str, Any]:
    """An object with exactly these fields."""
    form(isinstance(thing, dict) and sorted(thing) == sorted(names), f"expected the fields {', '.join(names)}")
    found: dict[str, Any] = thing
    return found


def items(thing: Any, most: int) -> list[Any]:
    """A list that is not too long."""
    form(isinstance(thing, list) and len(thing) <= most, f"expected a list of at most {most} items")
    found: list[Any] = thing
    return found


def text(thing: Any) -> str:
    """A text of 1 to 1,024 bytes without control characters."""
    good = isinstance(thing, str) and 1 <= len(thing.encode("utf-8")) <= 1024
    form(good and not re.search("[\x00-\x1f\x7f]", thing), "expected a text of 1 to 1,024 bytes")
    return str(thing)


def a_name(thing: Any) -> str:
    """A vault's or network's name: nothing that could read like a sentence of this program."""
    good = isinstance(thing, str) and re.fullmatch("[A-Za-z0-9._-]{1,64}", thing) is not None
    form(good, "expected a name of 1 to 64 of the characters A-Z a-z 0-9 . _ -")
    return str(thing)


def number(thing: Any, below: int = 2**53) -> int:
    """A whole number; true and false are none."""
    form(type(thing) is int and 0 <= thing < below, f"expected a whole number below {below}")
    return int(thing)


def amount(thing: Any) -> int:
    """Base units as decimal text."""
    good = isinstance(thing, str) and re.fullmatch("0|[1-9][0-9]{0,36}", thing) is not None
    form(good and int(thing) <= 10**36, "expected an amount up to 10^36 as text")
    return int(thing)


def octets(thing: Any, count: int) -> bytes:
    """Bytes in lower-case hexadecimal."""
    good = isinstance(thing, str) and re.fullmatch("[0-9a-f]*", thing) is not None and len(thing) == 2 * count
    form(good, f"expected {2 * count} lower-case hexadecimal digits")
    return bytes.fromhex(thing)


# Hashing: every field after its length.


def framed(kind: int, *parts: bytes) -> bytes:
    """What is hashed: the kind, the domain, and every part after its length."""
    return bytes([kind]) + b"".join(len(part).to_bytes(4, "big") + part for part in (DOMAIN, *parts))


def plain_hash(kind: int, *parts: bytes) -> bytes:
    """The function H of the format."""
    return hashlib.sha256(framed(kind, *parts)).digest()


def keyed_hash(key: bytes, kind: int, *parts: bytes) -> bytes:
    """The function M of the format."""
    return hmac.new(key, framed(kind, *parts), hashlib.sha256).digest()


def u8(value: int) -> bytes:
    """One byte."""
    return value.to_bytes(1, "big")


def u32(value: int) -> bytes:
    """Four bytes, the highest first."""
    return value.to_bytes(4, "big")


def u64(value: int) -> bytes:
    """Eight bytes, the highest first."""
    return value.to_bytes(8, "big")


def u128(value: int) -> bytes:
    """Sixteen bytes, the highest first."""
    return value.to_bytes(16, "big")


# secp256k1 (SEC 2), with points as (x, y), and None for the point at infinity.

FIELD = 2**256 - 2**32 - 977
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
BASE = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)


def add(one: Any, other: Any) -> Any:
    """The sum of two points."""
    if one is None or other is None:
        return one or other
    if one[0] == other[0]:
        if (one[1] + other[1]) % FIELD == 0:
            return None
        slope = 3 * one[0] * one[0] * pow(2 * one[1], -1, FIELD) % FIELD
    else:
        slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, FIELD) % FIELD
    x = (slope * slope - one[0] - other[0]) % FIELD
    return x, (slope * (one[0] - x) - one[1]) % FIELD


def times(scalar: int, point: Any) -> Any:
    """A multiple of a point."""
    result = None
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def point_at(x: int, odd: int) -> Any:
    """The point with this x whose y is odd or even, or None if the curve has none."""
    square = (pow(x, 3, FIELD) + 7) % FIELD
    y = pow(square, (FIELD + 1) // 4, FIELD)
    if x >= FIELD or y * y % FIELD != square:
        return None
    return x, y if y & 1 == odd else FIELD - y


def tagged(tag: str, message: bytes) -> int:
    """A tagged hash (BIP-340) as a number."""
    prefix = hashlib.sha256(tag.encode()).digest()
    return int.from_bytes(hashlib.sha256(prefix + prefix + message).digest(), "big")


def verify_schnorr(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature is valid (BIP-340)."""
    public = point_at(int.from_bytes(key, "big"), 0)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if public is None or r >= FIELD or s >= ORDER:
        return False
    challenge = tagged("BIP0340/challenge", signature[:32] + key + message) % ORDER
    found = add(times(s, BASE), times(ORDER - challenge, public))
    return found is not None and found[1] % 2 == 0 and found[0] == r


def output_key(group_key: bytes, path: tuple[int, ...]) -> bytes:
    """The taproot output key (BIP-86) of a public child (BIP-32) of a vault's key."""
    form(group_key[0] in (2, 3), "a vault's key is no compressed point")
    point = point_at(int.from_bytes(group_key[1:], "big"), group_key[0] & 1)
    form(point is not None, "a vault's key is not on the curve")
    chain_code = hashlib.sha256(b"holdfast/chain-code/v1" + group_key).digest()
    for step in path:
        parent = u8(2 + (point[1] & 1)) + point[0].to_bytes(32, "big")
        digest = hmac.new(chain_code, parent + u32(step), hashlib.sha512).digest()
        point, chain_code = add(point, times(int.from_bytes(digest[:32], "big"), BASE)), digest[32:]
        form(point is not None, "a path without a key")
    x = point[0].to_bytes(32, "big")
    output = add(point_at(point[0], 0), times(tagged("TapTweak", x), BASE))
    return bytes(output[0].to_bytes(32, "big"))


# The manifest.


def read_coin(thing: Any) -> tuple[bytes, int, int, tuple[int, int]]:
    """A coin: txid, index, value, path."""
    coin = fields(thing, "outpoint", "path", "value")
    outpoint = re.fullmatch("([0-9a-f]{64}):(0|[1-9][0-9]{0,9})", text(coin["outpoint"]))
    path = re.fullmatch("(0|[1-9][0-9]{0,9})/(0|[1-9][0-9]{0,9})", text(coin["path"]))
    if outpoint is None or path is None:
        raise Malformed("a coin is like TXID:INDEX at CHAIN/POSITION")
    index, chain, position = (number(int(digits), 2**32) for digits in (outpoint[2], path[1], path[2]))
    form(max(chain, position) < 2**31, "a hardened path")
    return bytes.fromhex(outpoint[1]), index, amount(coin["value"]), (chain, position)


def read_vault(thing: Any) -> dict[str, Any]:
    """A vault with its coins read."""
    vault = fields(thing, "asset", "coins", "key", "name", "signature")
    return {
        "name": a_name(vault["name"]),
        "asset": text(vault["asset"]),
        "key": octets(vault["key"], 33),
        "coins": [read_coin(coin) for coin in items(vault["coins"], 400_000)],
        "signature": octets(vault["signature"], 64),
    }


def read_tree(thing: Any) -> dict[str, Any]:
    """An asset's tree."""
    tree = fields(thing, "asset", "decimals", "leaves", "root", "total")
    leaves = number(tree["leaves"], 2**32 + 1)
    form(leaves >= 2 and leaves & (leaves - 1) == 0, "the number of leaves is no power of two")
    asset, decimals = text(tree["asset"]), number(tree["decimals"], 256)
    form(DECIMALS.get(asset) == decimals, "the format has no such asset, or not with these decimals")
    return {
        "asset": asset,
        "decimals": decimals,
        "root": octets(tree["root"], 32),
        "total": amount(tree["total"]),
        "leaves": leaves,
    }


def ascending(keys: list[Any]) -> bool:
    """Whether each stands once, in order."""
    return all(one < next_one for one, next_one in zip(keys, keys[1:]))  # noqa: B905, RUF007 -- Python 3.8 has neither


def read_header(thing: dict[str, Any], venue: str) -> dict[str, Any]:
    """What a manifest says of its own epoch and of those that were given up alike."""
    block = fields(thing["block"], "hash", "height", "network")
    header: dict[str, Any] = {
        "venue": venue,
        "epoch": number(thing["epoch"]),
        "at": number(thing["at"], 2**37),
        "previous": octets(thing["previous"], 32),
        "network": a_name(block["network"]),
        "height": number(block["height"]),
        "block": octets(block["hash"], 32),
        "trees": [read_tree(tree) for tree in items(thing["assets"], 64)],
    }
    form(header["epoch"] >= 1, "epochs begin with 1")
    form((header["previous"] == bytes(32)) == (header["epoch"] == 1), "the first epoch, and no other, follows none")
    form(len(header["trees"]) > 0, "an epoch without an asset")
    form(ascending([tree["asset"] for tree in header["trees"]]), "assets are not in order, each once")
    return header


def read_skipped(thing: Any, venue: str) -> dict[str, Any]:
    """An epoch that was given up, with its super-root computed."""
    skipped = fields(thing, *HEADER_FIELDS, "holdings")
    header = read_header(skipped, venue)
    header["root"] = super_root(header, octets(skipped["holdings"], 32))
    return header


def read_manifest(document: Any) -> dict[str, Any]:
    """The manifest, read and hashed: its super-root is computed, not believed."""
    manifest = fields(document, *MANIFEST_FIELDS)
    form(manifest["format"] == MANIFEST_FORMAT, "it is no manifest of this version")
    read = read_header(manifest, text(manifest["venue"]))
    vaults = [read_vault(vault) for vault in items(manifest["vaults"], 64)]
    read["vaults"] = vaults
    read["skipped"] = [read_skipped(each, read["venue"]) for each in items(manifest["skipped"], 4000)]
    form(ascending([vault["name"] for vault in vaults]), "vaults are not in order, each once")
    listed = [[(coin[0], coin[1]) for coin in vault["coins"]] for vault in vaults]
    form(all(map(ascending, listed)), "coins are not in order, each once")
    form(len({coin for coins in listed for coin in coins}) == sum(map(len, listed)), "a coin stands in two vaults")
    held = {vault["asset"] for vault in vaults}
    form(held == {tree["asset"] for tree in read["trees"]}, "an asset without a vault, or a vault without its asset")
    read["root"] = super_root(read, holdings(vaults))
    fact(read["root"] == octets(manifest["super_root"], 32), "the manifest does not hash to its super-root")
    return read


def holdings(vaults: list[dict[str, Any]]) -> bytes:
    """The digest of all vaults and coins."""
    held = [u32(len(vaults))]
    for vault in vaults:
        held += [vault["name"].encode(), vault["asset"].encode(), vault["key"], u64(len(vault["coins"]))]
        for txid, index, value, (chain, position) in vault["coins"]:
            held += [txid, u32(index), u128(value), u32(chain), u32(position)]
    return plain_hash(4, *held)


def super_root(header: dict[str, Any], held: bytes) -> bytes:
    """The super-root of an epoch."""
    rooted = [header["venue"].encode(), u64(header["epoch"]), u64(header["at"]), header["previous"]]
    rooted += [header["network"].encode(), u64(header["height"]), header["block"], held, u32(len(header["trees"]))]
    for tree in header["trees"]:
        rooted += [tree["asset"].encode(), u8(tree["decimals"]), tree["root"], u128(tree["total"]), u64(tree["leaves"])]
    return plain_hash(2, *rooted)


def verify_manifest(read: dict[str, Any]) -> None:
    """Verify the numbers before it, the signers' attestations, and that the listed coins cover what is owed."""
    chain = [*read["skipped"], read]
    for before, after in zip(chain, chain[1:]):  # noqa: B905, RUF007 -- Python 3.8 has neither
        follows = (after["epoch"], after["previous"]) == (before["epoch"] + 1, before["root"])
        later = after["at"] > before["at"] and after["height"] > before["height"]
        same = after["network"] == before["network"]
        fact(follows and later and same, "the epochs given up do not lead from the one before to this one")
    message = plain_hash(5, read["venue"].encode(), u64(read["epoch"]), read["root"], read["block"])
    for vault in read["vaults"]:
        good = verify_schnorr(output_key(vault["key"], (2,)), message, vault["signature"])
        fact(good, f"the signature of vault {vault['name']} is not valid")
    for tree in read["trees"]:
        fact(worth(read, tree["asset"]) >= tree["total"], f"the coins do not cover what is owed in {tree['asset']}")


def verify_keys(read: dict[str, Any], known: dict[str, bytes]) -> None:
    """Hold the vaults' keys that are known from elsewhere against the listed ones."""
    listed = {vault["name"]: vault["key"] for vault in read["vaults"]}
    for name, key in known.items():
        fact(name in listed, f"there is no vault {name} in this epoch")
        fact(listed[name] == key, f"vault {name} has another key than the one given")


def worth(read: dict[str, Any], asset: str) -> int:
    """What the listed coins of an asset add up to."""
    return sum(coin[2] for vault in read["vaults"] if vault["asset"] == asset for coin in vault["coins"])


# The proof.


def verify_proof(document: Any, read: dict[str, Any]) -> dict[str, Any]:
    """Verify a proof against a manifest that was read: customer, nonce and balances."""
    proof = fields(document, *PROOF_FIELDS)
    form(proof["format"] == PROOF_FORMAT, "it is no proof of this version")
    form(proof["nonce_by"] in ("customer", "house"), "the nonce is neither the customer's nor the house's")
    venue, customer, nonce = text(proof["venue"]), text(proof["customer"]), octets(proof["nonce"], 16)
    epoch, root, salt = number(proof["epoch"]), octets(proof["super_root"], 32), octets(proof["salt"], 32)
    fact((venue, epoch, root) == (read["venue"], read["epoch"], read["root"]), "the proof is of another epoch")
    by_customer = proof["nonce_by"] == "customer"
    identity = [venue.encode(), u64(epoch), customer.encode(), u8(by_customer), nonce]
    keys = (plain_hash(3, identity[0], *identity[2:]), keyed_hash(salt, 6, *identity))
    shown = [fields(each, "asset", "fragments") for each in items(proof["assets"], 64)]
    form([each["asset"] for each in shown] == [tree["asset"] for tree in read["trees"]], "not every asset, in order")
    balances = [
        verify_balance(items(each["fragments"], 32), tree, (venue, epoch), keys)
        for each, tree in zip(shown, read["trees"])  # noqa: B905 -- Python 3.8; their lengths are equal, see above
    ]
    return {"customer": customer, "nonce": nonce, "by_customer": by_customer, "balances": balances}


def verify_balance(
    fragments: list[Any], tree: dict[str, Any], epoch: tuple[str, int], keys: tuple[bytes, bytes]
) -> int:
    """The balance in one asset: the sum of fragments that are all in the tree."""
    form(len(fragments) > 0, "a balance without a fragment")
    balance = 0
    used: set[int] = set()
    for i, thing in enumerate(fragments, 1):
        fragment = fields(thing, "index", "path", "value")
        index, value = number(fragment["index"], tree["leaves"]), amount(fragment["value"])
        form(index not in used, "a leaf stands twice")
        used.add(index)
        placed = (u64(index), u32(i), u32(len(fragments)), u128(value))
        mask = keyed_hash(keys[1], 7, tree["asset"].encode(), *placed)
        venue, number_of_epoch = epoch[0].encode(), u64(epoch[1])
        leaf = plain_hash(0, venue, number_of_epoch, tree["asset"].encode(), placed[0], keys[0], *placed[1:], mask)
        climbed = climb(leaf, value, index, items(fragment["path"], 32), tree["leaves"])
        fact(climbed == (tree["root"], tree["total"]), f"fragment {i} is not in the tree of {tree['asset']}")
        balance += value
    return balance


def climb(node: bytes, value: int, index: int, path: list[Any], leaves: int) -> tuple[bytes, int]:
    """Where a leaf leads: a root's hash and total."""
    form(2 ** len(path) == leaves, "a path of another length than the tree is high")
    for level, sibling in enumerate(path, 1):
        form(isinstance(sibling, list) and len(sibling) == 2, "a sibling is a pair")
        pair = [(node, value), (octets(sibling[0], 32), amount(sibling[1]))]
        left, right = pair if index & 1 == 0 else pair[::-1]
        node = plain_hash(1, u8(level), left[0], u128(left[1]), right[0], u128(right[1]))
        value, index = left[1] + right[1], index >> 1
        fact(value < 2**128, "a sum beyond 128 bits")
    return node, value


def coins_text(units: int, tree: dict[str, Any]) -> str:
    """Base units as whole coins."""
    digits, places = str(units).rjust(tree["decimals"] + 1, "0"), tree["decimals"]
    whole, fraction = digits[: len(digits) - places], digits[len(digits) - places :].rstrip("0")
    return f"{whole}{'.' if fraction else ''}{fraction} {tree['asset']}"


def say(line: str) -> None:
    """One line, in which nothing from outside steers the terminal."""
    print("".join(char if char.isprintable() else "?" for char in line))


def tell(read: dict[str, Any], proven: dict[str, Any], pinned: dict[str, bool]) -> None:
    """Say in plain words what was verified, and what this program cannot know."""
    moment = datetime.datetime.fromtimestamp(read["at"], datetime.timezone.utc)  # noqa: UP017 -- Python 3.8
    say(f"{read['venue']}, epoch {read['epoch']}: the books of {moment:%Y-%m-%d %H:%M:%S} UTC")
    say(f"coins as of block {read['height']} of {read['network']}, {read['block'].hex()}")
    say("")
    say("VERIFIED")
    say(f"- All of the manifest hashes to the super-root {read['root'].hex()}.")
    for vault in read["vaults"]:
        say(f"- Vault {vault['name']} attested it, by a child of the key {vault['key'].hex()}.")
    for tree in read["trees"]:
        held = coins_text(worth(read, tree["asset"]), tree)
        say(f"- The listed coins are worth {held}; customers are owed {coins_text(tree['total'], tree)}.")
    say(f"- Customer {proven['customer']} is counted in it, in each asset listed here.")
    say("")
    say("YOUR BALANCE BY THIS PROOF")
    for balance, tree in zip(proven["balances"], read["trees"]):  # noqa: B905 -- Python 3.8
        say(f"  {coins_text(balance, tree)}")
    say("")
    tell_numbers(read)
    say("")
    say("WHAT THIS PROGRAM CANNOT KNOW")
    say("- Whether that is what you were owed at that time, holds included. Compare it with your own records.")
    if not pinned["keys"]:
        say("- Whether these are the venue's vaults, and all of them. Give the keys that you know as --key NAME=HEX.")
    if not pinned["root"]:
        say("- Whether everybody is shown this super-root. Compare it with other customers (then give it as --root).")
    if not proven["by_customer"]:
        say("- Whether another customer of that name was shown the same: the venue chose this nonce, not your page.")
    elif not pinned["nonce"]:
        say(f"- Whether your own page chose the nonce {proven['nonce'].hex()}. Compare (or give yours as --nonce).")
    say("- Whether the listed coins were unspent at that block. Ask a node of your own; --coins lists their scripts.")
    say("- What else the venue owes, and whether it borrowed the coins for the day.")


def tell_numbers(read: dict[str, Any]) -> None:
    """Say which numbers the customer must be found in beside this one."""
    say("THE OTHER NUMBERS")
    say("- You must be found in every number that was published since you became a customer, not in this one alone.")
    first = [*read["skipped"], read][0]
    if first["epoch"] == 1:
        say("- Nothing was published before this one.")
    else:
        say(f"- The one before is number {first['epoch'] - 1}, super-root {first['previous'].hex()}. Verify it too.")
    for skipped in read["skipped"]:
        say(f"- The venue says that it never published number {skipped['epoch']}, super-root {skipped['root'].hex()}.")
    if read["skipped"]:
        say("  If you or anybody else was shown one of these, there are two sets of books.")


def list_coins(read: dict[str, Any]) -> None:
    """Every listed coin: outpoint, base units, the script that it must have."""
    for vault in read["vaults"]:
        for txid, index, value, path in vault["coins"]:
            say(f"{txid.hex()}:{index} {value} 5120{output_key(vault['key'], path).hex()}")


def verify(manifest: bytes, proof: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """Verify both documents, given as bytes: what they say.

    :raises Malformed: not in the format.
    :raises Untrue: in the format, and not true.
    """
    read = read_manifest(parse_document(manifest, MANIFEST_LIMIT))
    verify_manifest(read)
    return read, verify_proof(parse_document(proof, PROOF_LIMIT), read)


def pinned_hex(given: str | None, count: int, what: str) -> str | None:
    """What the user knows from elsewhere, in the one spelling of it."""
    if given is None:
        return None
    plain = given.strip().lower()
    form(re.fullmatch("[0-9a-f]*", plain) is not None and len(plain) == 2 * count, f"{what}: {2 * count} hex digits")
    return plain


def pinned_keys(given: list[str]) -> dict[str, bytes]:
    """Vaults' keys, each given as NAME=HEX."""
    known = {}
    for pair in given:
        name, _, digits = pair.rpartition("=")
        form(name != "", "--key: a vault's name and key, as NAME=HEX")
        known[name] = bytes.fromhex(pinned_hex(digits, 33, "--key") or "")
    return known


def run(given: argparse.Namespace) -> None:
    """Verify what the options name, and tell."""
    root, nonce = pinned_hex(given.root, 32, "--root"), pinned_hex(given.nonce, 16, "--nonce")
    known = pinned_keys(given.key)
    read = read_manifest(read_document(given.manifest, MANIFEST_LIMIT))
    verify_manifest(read)
    verify_keys(read, known)
    fact(root in (None, read["root"].hex()), "the super-root is another than the one given")
    if given.coins:
        list_coins(read)
        return
    proven = verify_proof(read_document(given.proof, PROOF_LIMIT), read)
    own = proven["by_customer"] and nonce == proven["nonce"].hex()
    fact(nonce is None or own, "the nonce is not the one given")
    all_known = {vault["name"] for vault in read["vaults"]} == set(known)
    tell(read, proven, {"root": root is not None, "nonce": own, "keys": all_known})


def main(arguments: list[str] | None = None) -> int:
    """Verify two files and tell; the exit status."""
    parser = argparse.ArgumentParser(description="Verify a proof of reserves.")
    parser.add_argument("manifest", metavar="MANIFEST", help="manifest.json, the same for everybody")
    parser.add_argument("proof", metavar="PROOF", help="proof.json, your own")
    parser.add_argument("--root", metavar="HEX", help="the super-root that others have seen")
    parser.add_argument("--nonce", metavar="HEX", help="the nonce that your own page chose")
    parser.add_argument("--key", metavar="NAME=HEX", action="append", default=[], help="a vault's key that you know")
    parser.add_argument("--coins", action="store_true", help="only list the coins with their scripts (slow)")
    given = parser.parse_args(arguments)
    # A stream that cannot spell a name must not turn what is true into a fault.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        run(given)
    except Untrue as found:
        say(f"NOT TRUE: {found}")
        return 1
    except Malformed as found:
        say(f"NOT IN THE FORMAT: {found}")
        return 2
    except Exception as fault:  # noqa: BLE001 -- whatever it is, it is neither of the two above
        print(f"NOT VERIFIED: this program failed: {type(fault).__name__}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
