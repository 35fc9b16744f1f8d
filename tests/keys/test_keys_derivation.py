"""Derived addresses: what outsiders compute from the extended public key, with two independent libraries."""

import hashlib

import bdkpython as bdk
import pytest
from embit import bip32
from embit.descriptor import Descriptor
from embit.networks import NETWORKS
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast import _core, keys
from keys.key_rigs import committee

EMBIT_NETWORKS = {"main": "main", "testnet": "test", "signet": "signet", "regtest": "regtest"}


def address(group_key: keys.GroupKey, path: list[int], network: str) -> str:
    """The taproot address at a path."""
    return _core.script_address(b"\x51\x20" + group_key.output_key(path), network)


@pytest.mark.parametrize("network", EMBIT_NETWORKS)
def test_embit_derives_the_same_addresses(network: str) -> None:
    group_key = committee()[1].group_key
    descriptor = Descriptor.from_string(f"tr({group_key.extended_public_key(network)}/0/*)")
    for index in (0, 1, 7, 2**31 - 1):
        expected = descriptor.derive(index).address(NETWORKS[EMBIT_NETWORKS[network]])
        assert address(group_key, [0, index], network) == expected


def test_bdk_derives_the_same_addresses() -> None:
    group_key = committee()[1].group_key
    text = f"tr({group_key.extended_public_key('regtest')}/0/*)"
    wallet = bdk.Wallet.create_single(
        descriptor=bdk.Descriptor(text, bdk.NetworkKind.TEST),
        network=bdk.Network.REGTEST,
        persister=bdk.Persister.new_in_memory(),
    )
    for index in range(10):
        expected = str(wallet.peek_address(bdk.KeychainKind.EXTERNAL, index).address)
        assert address(group_key, [0, index], "regtest") == expected


def test_every_parity_occurs_and_agrees() -> None:
    parities = set()
    for nth in range(6):
        group_key = committee(2, 2, nth)[1].group_key
        root = bip32.HDKey.from_string(group_key.extended_public_key("main"))
        assert root.sec() == group_key.verifying_key
        assert root.chain_code == group_key.chain_code
        for index in range(8):
            child = root.derive([0, index])
            tweaked = child.taproot_tweak(b"")
            assert group_key.output_key([0, index]) == tweaked.xonly()
            parities.add((root.sec()[0], child.sec()[0]))
    assert parities == {(2, 2), (2, 3), (3, 2), (3, 3)}


def test_the_chain_code_is_fixed_by_the_key() -> None:
    group_key = committee()[1].group_key
    expected = hashlib.sha256(b"holdfast/chain-code/v1" + group_key.verifying_key).digest()
    assert group_key.chain_code == expected
    assert group_key.output_key([]) == group_key.verifying_key[1:]


def test_what_cannot_be_derived_is_refused() -> None:
    group_key = committee()[1].group_key
    for path in ([2**31], [0, 2**32 - 1], [0] * 6):
        with pytest.raises(keys.DerivationInvalid):
            group_key.output_key(path)
    for path in ([-1], [2**32]):
        with pytest.raises(_core.NumberOutOfRange):
            group_key.output_key(path)
    with pytest.raises(_core.NetworkUnknown):
        group_key.extended_public_key("mainnet")


def test_a_group_key_that_no_ceremony_made_is_refused() -> None:
    mine, other = committee()[1].group_key.encoded(), committee(nth=1)[1].group_key.encoded()
    assert len(mine) == len(other)
    start = len(mine) - 33  # the last verifying share
    with pytest.raises(keys.MessageMalformed):
        keys.GroupKey.decoded(mine[:start] + other[start:])


@settings(max_examples=200)
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_an_altered_group_key_is_refused(position: int, change: int) -> None:
    encoded = bytearray(committee()[1].group_key.encoded())
    encoded[position % len(encoded)] ^= change
    with pytest.raises(keys.MessageMalformed):
        keys.GroupKey.decoded(bytes(encoded))


@given(st.binary(max_size=400))
def test_bytes_that_are_no_group_key_are_refused(encoded: bytes) -> None:
    with pytest.raises(keys.MessageMalformed):
        keys.GroupKey.decoded(encoded)
