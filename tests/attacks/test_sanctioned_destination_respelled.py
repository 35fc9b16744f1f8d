"""A listed person asks to be paid at their listed key, written so that a comparison of text misses it.

Upper-case bech32 (BIP-173), EVM addresses without or with a false EIP-55 checksum's case, another network's prefix,
and the segwit form of a listed legacy key hash (BIP-141).
"""

import pytest

from holdfast._core import address_script, script_address, script_hash_script
from holdfast.screening import DestinationSanctioned, Screen, destination_key, packaged_snapshot

LISTED = packaged_snapshot().snapshot
SCREEN = Screen(LISTED)
SEGWIT = next(
    entry.address for entry in LISTED.entries if entry.address.startswith("bc1q") and len(entry.address) == 42
)
LEGACY = next(entry for entry in LISTED.entries if entry.destination_key.startswith("76a914"))
ETHER = next(entry.address for entry in LISTED.entries if entry.asset == "ETH")


@pytest.mark.parametrize(
    ("asset", "respelled", "network"),
    [
        ("BTC", SEGWIT.upper(), "main"),
        ("BTC", script_address(address_script(SEGWIT, "main"), "regtest"), "regtest"),
        ("BTC", script_address(bytes.fromhex(LEGACY.destination_key), "testnet"), "testnet"),
        ("BTC", script_address(bytes.fromhex("0014" + LEGACY.destination_key[6:46]), "main"), "main"),
        ("BTC", script_address(script_hash_script(address_script(SEGWIT, "main")), "main"), "main"),
        ("ETH", ETHER.lower(), "main"),
        ("ETH", "0x" + ETHER[2:].swapcase(), "main"),
        ("USDT", ETHER, "main"),
    ],
)
def test_a_listed_key_is_refused_however_it_is_written(asset: str, respelled: str, network: str) -> None:
    assert respelled not in {entry.address for entry in LISTED.entries} or asset == "USDT"
    with pytest.raises(DestinationSanctioned):
        SCREEN.require_clear(asset, [destination_key(respelled, network)])
