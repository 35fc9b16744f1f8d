"""Matching: a listed key is found however its address is written, and on whichever network and asset."""

import os
import re
from pathlib import Path

import pytest

from holdfast._core import script_address
from holdfast.screening import DestinationSanctioned, Screen, destination_key, packaged_snapshot

LISTED = packaged_snapshot().snapshot
SCREEN = Screen(LISTED)
# Lazarus Group's wallet of the Ronin theft, listed on 14 April 2022.
RONIN = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96"
INNOCENT = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"


def refused(asset: str, key: str) -> str:
    with pytest.raises(DestinationSanctioned) as refusal:
        SCREEN.require_clear(asset, [destination_key(INNOCENT, "regtest"), key])
    assert refusal.value.code == "screening.destination_sanctioned"
    return str(refusal.value)


def test_what_is_not_listed_is_clear() -> None:
    SCREEN.require_clear("BTC", [destination_key(INNOCENT, "regtest")])
    SCREEN.require_clear("BTC", [])
    SCREEN.require_clear("ETH", [destination_key("0x" + "00" * 20)])


def test_a_refusal_names_the_listed_address_and_the_list_s_date() -> None:
    message = refused("ETH", destination_key(RONIN))
    assert "0x098B716B8Aaf21512996dC57EB0615e2383E2f96" in message
    assert "2025-03-20" in message


@pytest.mark.parametrize("spelling", [RONIN, RONIN.lower(), "0x" + RONIN[2:].upper()])
def test_an_evm_address_is_found_in_any_case_and_under_any_asset(spelling: str) -> None:
    for asset in ("ETH", "USDC"):
        assert RONIN in refused(asset, destination_key(spelling))


def test_every_listed_bitcoin_address_is_found_on_every_network() -> None:
    scripts = [entry for entry in LISTED.entries if re.fullmatch(r"[0-9a-f]{44,68}", entry.destination_key)]
    assert len(scripts) > 430
    for entry in scripts:
        script = bytes.fromhex(entry.destination_key) if entry.asset != "XMR" else b""
        if not script:
            continue
        for network in ("main", "testnet", "regtest"):
            assert "listed under" in refused("BTC", destination_key(script_address(script, network), network))


def test_the_other_form_of_a_listed_key_s_hash_is_found_too() -> None:
    legacy = next(entry for entry in LISTED.entries if entry.destination_key.startswith("76a914"))
    witness = bytes.fromhex("0014" + legacy.destination_key[6:46])
    assert legacy.address in refused("BTC", destination_key(script_address(witness, "regtest"), "regtest"))
    segwit = next(entry for entry in LISTED.entries if re.fullmatch("0014[0-9a-f]{40}", entry.destination_key))
    old = bytes.fromhex(f"76a914{segwit.destination_key[4:]}88ac")
    assert segwit.address in refused("BTC", destination_key(script_address(old, "main"), "main"))


def test_a_bech32_address_is_found_in_upper_case() -> None:
    segwit = next(entry.address for entry in LISTED.entries if entry.address.startswith("bc1q"))
    assert segwit in refused("BTC", destination_key(segwit.upper()))


def test_a_bitcoin_form_listed_under_another_asset_is_found() -> None:
    # OFAC lists this bitcoin-cash address in the form that it shares with bitcoin.
    shared = next(entry for entry in LISTED.entries if entry.asset == "BCH" and entry.address.startswith("1"))
    assert "listed under BCH" in refused("BTC", destination_key(shared.address))


def test_what_is_no_known_address_is_compared_verbatim() -> None:
    monero = next(entry.address for entry in LISTED.entries if entry.asset == "XMR")
    assert destination_key(monero) == monero
    assert monero in refused("XMR", monero)


def test_the_packaged_list_holds_every_address_of_its_source() -> None:
    folder = Path(os.environ.get("HOLDFAST_DATA", Path(__file__).parents[2] / "../shared/data"))
    source = folder / "sanctions/ofac_digital_currency"
    if not source.is_dir():
        pytest.skip("the large data sets are not here: set HOLDFAST_DATA")
    published = {line for path in source.glob("*.txt") for line in path.read_text().split()}
    assert {entry.address for entry in LISTED.entries} == published
