"""Addresses from Python, against BIP-341's vectors, embit and hostile text."""

import json
from pathlib import Path

import pytest
from embit import script as embit_script
from embit.networks import NETWORKS
from hypothesis import given
from hypothesis import strategies as st

from holdfast import _core

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "bip0341.json").read_text(encoding="utf-8"))
EMBIT_NETWORKS = {"main": "main", "testnet": "test", "signet": "signet", "regtest": "regtest"}
SCRIPTS = {
    "P2PKH": b"\x76\xa9\x14" + bytes(20) + b"\x88\xac",
    "P2SH": b"\xa9\x14" + bytes(20) + b"\x87",
    "P2WPKH": b"\x00\x14" + bytes(20),
    "P2WSH": b"\x00\x20" + bytes(32),
    "P2TR": bytes.fromhex("512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
}


@pytest.mark.parametrize("network", EMBIT_NETWORKS)
@pytest.mark.parametrize("kind", SCRIPTS)
def test_addresses_agree_with_embit(network: str, kind: str) -> None:
    expected = embit_script.Script(SCRIPTS[kind]).address(NETWORKS[EMBIT_NETWORKS[network]])
    assert _core.script_address(SCRIPTS[kind], network) == expected
    assert _core.address_script(expected, network) == SCRIPTS[kind]


@pytest.mark.parametrize("output", VECTORS["outputs"])
def test_addresses_are_those_of_bip341(output: dict[str, str]) -> None:
    assert _core.address_script(output["address"], "main").hex() == output["script"]


def test_another_network_is_told_from_nonsense() -> None:
    regtest = _core.script_address(SCRIPTS["P2TR"], "regtest")
    with pytest.raises(_core.AddressOfOtherNetwork):
        _core.address_script(regtest, "main")
    with pytest.raises(_core.AddressMalformed):
        _core.address_script(regtest[:-1], "regtest")
    with pytest.raises(_core.NetworkUnknown):
        _core.address_script(regtest, "liquid")
    with pytest.raises(_core.ScriptWithoutAddress):
        _core.script_address(b"\x6a\x01\x00", "main")


def test_dust_is_bitcoin_cores() -> None:
    expected = {"P2PKH": 546, "P2SH": 540, "P2WPKH": 294, "P2WSH": 330, "P2TR": 330}
    assert {kind: _core.dust_limit(script) for kind, script in SCRIPTS.items()} == expected


@given(st.text(max_size=120), st.sampled_from(sorted(EMBIT_NETWORKS)))
def test_text_is_refused_in_one_line(text: str, network: str) -> None:
    with pytest.raises((_core.AddressMalformed, _core.AddressOfOtherNetwork)):
        _core.address_script(text, network)


@given(st.sampled_from(sorted(SCRIPTS)), st.integers(0, 200), st.characters(codec="ascii"))
def test_a_mistyped_character_is_refused(kind: str, position: int, character: str) -> None:
    address = _core.script_address(SCRIPTS[kind], "main")
    position %= len(address)
    typed = address[:position] + character + address[position + 1 :]
    if typed != address:
        with pytest.raises((_core.AddressMalformed, _core.AddressOfOtherNetwork)):
            _core.address_script(typed, "main")
