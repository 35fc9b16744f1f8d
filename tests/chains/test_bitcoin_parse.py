"""What signers read: addresses and spends, with embit as the second opinion."""

import pytest
from embit.networks import NETWORKS
from embit.script import Script, address_to_scriptpubkey
from embit.transaction import Transaction as EmbitTransaction
from hypothesis import given
from hypothesis import strategies as st

from chains.bitcoin_wallet import Wallet, spend_of
from holdfast.chains import (
    AddressMalformed,
    AddressOfOtherNetwork,
    ChainError,
    NetworkUnknown,
    PreviousTransactionMismatch,
    ScriptWithoutAddress,
    SpendInvalid,
    TransactionMalformed,
)
from holdfast.chains.bitcoin import Outpoint, address_to_script, decode_spend, script_to_address

GENERATOR_X = bytes.fromhex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
SCRIPTS = {
    "p2pkh": b"\x76\xa9\x14" + bytes(range(20)) + b"\x88\xac",
    "p2sh": b"\xa9\x14" + bytes(range(20)) + b"\x87",
    "p2wpkh": b"\x00\x14" + bytes(range(20)),
    "p2wsh": b"\x00\x20" + bytes(range(32)),
    "p2tr": b"\x51\x20" + GENERATOR_X,
}
EMBIT_NETWORKS = {"main": "main", "testnet": "test", "signet": "signet", "regtest": "regtest"}


@pytest.mark.parametrize("network", EMBIT_NETWORKS)
@pytest.mark.parametrize("kind", SCRIPTS)
def test_an_address_stands_for_its_script_and_embit_agrees(kind: str, network: str) -> None:
    script = SCRIPTS[kind]
    address = script_to_address(script, network)
    assert address == Script(script).address(NETWORKS[EMBIT_NETWORKS[network]])
    assert address_to_script(address, network) == script == address_to_scriptpubkey(address).data


@pytest.mark.parametrize("kind", SCRIPTS)
def test_an_address_of_another_network_is_refused_by_name(kind: str) -> None:
    address = script_to_address(SCRIPTS[kind], "main")
    with pytest.raises(AddressOfOtherNetwork) as refused:
        address_to_script(address, "regtest")
    assert (refused.value.code, refused.value.exit_status) == ("chains.address_of_other_network", 2)


def test_one_wrong_character_makes_an_address_malformed() -> None:
    address = script_to_address(SCRIPTS["p2tr"], "regtest")
    for position in range(len("bcrt1"), len(address)):
        other = "q" if address[position] != "q" else "p"
        with pytest.raises(AddressMalformed):
            address_to_script(address[:position] + other + address[position + 1 :], "regtest")


@given(st.text(max_size=100))
def test_no_text_is_an_address_by_accident(text: str) -> None:
    with pytest.raises(ChainError):
        address_to_script(text, "main")


def test_an_unknown_network_is_refused() -> None:
    with pytest.raises(NetworkUnknown):
        address_to_script(script_to_address(SCRIPTS["p2tr"], "main"), "mainnet")


def test_a_script_without_an_address_is_refused() -> None:
    with pytest.raises(ScriptWithoutAddress):
        script_to_address(b"\x6a\x01\x00", "main")


def test_a_spend_is_decoded_with_amounts_fee_and_sighashes_that_embit_computes_too() -> None:
    wallet = Wallet()
    coins = [wallet.coin(50_000), wallet.coin(70_000)]
    raw = spend_of(coins, [(SCRIPTS["p2wpkh"], 30_000), (SCRIPTS["p2tr"], 88_000)])
    decoded = decode_spend(raw, [coin.raw_previous for coin in coins])
    theirs = EmbitTransaction.parse(raw)
    assert decoded.txid == theirs.txid().hex()
    assert [(each.outpoint, each.value_sat, each.script) for each in decoded.inputs] == [
        (coin.outpoint, coin.value_sat, coin.script) for coin in coins
    ]
    assert [(each.script, each.value_sat) for each in decoded.outputs] == [
        (each.script_pubkey.data, each.value) for each in theirs.vout
    ]
    assert decoded.fee_sat == 2_000
    scripts, values = [Script(coin.script) for coin in coins], [coin.value_sat for coin in coins]
    assert list(decoded.sighashes) == [theirs.sighash_taproot(index, scripts, values) for index in range(2)]
    assert decoded.spends(coins[1].outpoint)
    assert not decoded.spends(Outpoint(coins[1].outpoint.txid, 7))


def test_a_false_previous_transaction_is_refused_whatever_was_changed_in_it() -> None:
    wallet = Wallet()
    coin = wallet.coin(50_000)
    raw = spend_of([coin], [(SCRIPTS["p2tr"], 49_000)])
    for position in range(len(coin.raw_previous)):
        forged = bytearray(coin.raw_previous)
        forged[position] ^= 1
        with pytest.raises((PreviousTransactionMismatch, TransactionMalformed)):
            decode_spend(raw, [bytes(forged)])
    for previous in ([], [wallet.coin(50_000).raw_previous], [coin.raw_previous] * 2):
        with pytest.raises(PreviousTransactionMismatch) as refused:
            decode_spend(raw, previous)
        assert refused.value.code == "chains.previous_transaction_mismatch"


def test_a_spend_stops_being_one_to_sign_once_it_is_signed() -> None:
    wallet = Wallet()
    coin = wallet.coin(50_000)
    raw = spend_of([coin], [(SCRIPTS["p2tr"], 49_000)])
    decode_spend(raw, [coin.raw_previous])
    signed = EmbitTransaction.parse(raw)
    signed.vin[0].witness.items = [bytes(64)]
    with pytest.raises(SpendInvalid):
        decode_spend(signed.serialize(), [coin.raw_previous])


def test_more_out_than_in_is_no_spend() -> None:
    coin = Wallet().coin(50_000)
    with pytest.raises(SpendInvalid):
        decode_spend(spend_of([coin], [(SCRIPTS["p2tr"], 50_001)]), [coin.raw_previous])


@given(st.binary(max_size=300))
def test_no_bytes_are_a_spend_by_accident(raw: bytes) -> None:
    with pytest.raises(TransactionMalformed):
        decode_spend(raw, [])
