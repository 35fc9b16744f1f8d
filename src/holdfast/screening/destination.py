"""Destination keys: what a listed address and a payment's destination have in common, however either is written."""

import re

from holdfast._core import AddressMalformed, AddressOfOtherNetwork, address_script, script_hash_script

_EVM_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_P2PKH = re.compile(r"76a914([0-9a-f]{40})88ac")
_P2WPKH = re.compile(r"0014([0-9a-f]{40})")


def destination_key(address: str, network: str = "main") -> str:
    """What is compared instead of the address's text.

    For an EVM address its lower case; for a bitcoin address of ``network`` (``main``, ``testnet``, ``signet``,
    ``regtest``) its scriptPubKey in hexadecimal, which is the same on every network; anything else verbatim.
    The asset plays no part: whoever is listed may not be paid in another asset at the same address either.
    """
    if _EVM_ADDRESS.fullmatch(address):
        return address.lower()
    try:
        return address_script(address, network).hex()
    except (AddressMalformed, AddressOfOtherNetwork):
        return address


def equivalent_keys(key: str) -> tuple[str, ...]:
    """The key, and the other scriptPubKeys that the same bitcoin public key's hash can spend, if it has any.

    P2PKH, P2WPKH and P2SH-P2WPKH carry the same hash (BIP-141), so a listed person could ask for another form.
    """
    hashed = _P2PKH.fullmatch(key) or _P2WPKH.fullmatch(key)
    if hashed is None:
        return (key,)
    witness = f"0014{hashed[1]}"
    return (f"76a914{hashed[1]}88ac", witness, script_hash_script(bytes.fromhex(witness)).hex())
