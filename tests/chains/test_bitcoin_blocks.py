"""Raw blocks: what their hash commits to is read, everything else is refused."""

import pytest
from embit.transaction import Transaction as EmbitTransaction
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.chain_rigs import open_spend
from holdfast.chains import BlockMalformed, BlockRef, TransactionMalformed
from holdfast.chains.bitcoin import HEADER_BYTES, Output, double_sha256, merkle_root, parse_block, read_transaction
from holdfast.demo.bitcoin_node import NODE_SCRIPT, EmbeddedNode

GENESIS_HASH = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"
GENESIS_COINBASE = (
    "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d01044554"
    "68652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e6420"
    "6261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6"
    "a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000"
)
# Bitcoin's first block, as every node has it: its hash in this test proves that it was copied without a slip.
GENESIS = bytes.fromhex(
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f61"
    "7fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c01" + GENESIS_COINBASE
)


def test_the_first_block_of_bitcoin_is_read() -> None:
    block = parse_block(GENESIS, BlockRef(0, GENESIS_HASH))
    assert block.previous_hash == "00" * 32
    assert block.time_s == 1_231_006_505
    assert block.transactions == (bytes.fromhex(GENESIS_COINBASE),)
    coinbase = read_transaction(block.transactions[0])
    assert coinbase.is_coinbase
    assert coinbase.outputs[0].value_sat == 50 * 10**8


def full_block(node: EmbeddedNode, count: int) -> tuple[BlockRef, bytes]:
    """A block of the coinbase and ``count`` more transactions."""
    coin = node.fund(NODE_SCRIPT, 10_000_000)
    value_sat = 10_000_000
    for _ in range(count):
        raw = open_spend([(coin, value_sat)], [Output(NODE_SCRIPT, value_sat - 1_000)])
        coin, value_sat = type(coin)(node.broadcast(raw), 0), value_sat - 1_000
    (block_hash,) = node.generate(1)
    raw_block = node.raw_block(block_hash)
    assert raw_block is not None
    return node.tip(), raw_block


@pytest.mark.parametrize("count", [0, 1, 2, 3, 6])
def test_transactions_with_witnesses_are_cut_where_embit_cuts_them(node: EmbeddedNode, count: int) -> None:
    ref, raw = full_block(node, count)
    block = parse_block(raw, ref)
    assert len(block.transactions) == count + 1
    for each in block.transactions:
        ours, theirs = read_transaction(each), EmbitTransaction.parse(each)
        assert theirs.serialize() == each
        assert ours.txid == theirs.txid().hex()
        assert [(o.value_sat, o.script) for o in ours.outputs] == [(o.value, o.script_pubkey.data) for o in theirs.vout]
        assert [(i.outpoint.txid, i.outpoint.vout) for i in ours.inputs] == [(i.txid.hex(), i.vout) for i in theirs.vin]


def test_no_changed_byte_passes_but_in_a_witness_which_the_header_does_not_hash(node: EmbeddedNode) -> None:
    ref, raw = full_block(node, 1)
    witnesses = [bytes(32), b"\x51"]
    passed = []
    for position in range(len(raw)):
        forged = bytearray(raw)
        forged[position] ^= 0x01
        try:
            parse_block(bytes(forged), ref)
        except BlockMalformed:
            continue
        passed.append(position)
    assert len(passed) == sum(len(each) for each in witnesses)


def test_a_block_cut_short_or_with_more_behind_it_is_refused() -> None:
    for raw in (GENESIS[:-1], GENESIS[:HEADER_BYTES], b"", GENESIS + b"\x00", GENESIS[:81]):
        with pytest.raises(BlockMalformed):
            parse_block(raw, BlockRef(0, GENESIS_HASH))


def test_another_block_than_the_one_asked_for_is_refused() -> None:
    with pytest.raises(BlockMalformed):
        parse_block(GENESIS, BlockRef(0, "00" * 32))


def test_a_block_padded_by_repeating_transactions_is_refused() -> None:
    leaves = [double_sha256(bytes([each])) for each in range(3)]
    with pytest.raises(BlockMalformed):
        merkle_root([*leaves, leaves[-1]])
    assert merkle_root(leaves)


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_bytes_are_read_as_a_transaction_whole_or_not_at_all(raw: bytes) -> None:
    try:
        read = read_transaction(raw)
    except TransactionMalformed:
        return
    assert read.raw == raw
    assert read.weight >= len(raw)


def test_a_count_of_more_than_there_is_costs_nothing() -> None:
    with pytest.raises(TransactionMalformed):
        read_transaction(bytes(4) + b"\xff" + b"\xff" * 8 + bytes(40))
