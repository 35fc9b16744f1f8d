"""What a block means to us: coins that came, coins that went."""

from chains.chain_rigs import open_spend
from holdfast.chains.bitcoin import Outpoint, Output, read_transaction, scan_block
from holdfast.demo.bitcoin_node import NODE_SCRIPT, EmbeddedNode

OURS = b"\x51\x20" + bytes.fromhex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
ALSO_OURS = b"\x00\x14" + bytes(range(20))


def test_receipts_on_our_scripts_are_found_and_nothing_else(node: EmbeddedNode) -> None:
    coin = node.fund(NODE_SCRIPT, 100_000)
    raw = open_spend(
        [(coin, 100_000)],
        [Output(OURS, 30_000), Output(NODE_SCRIPT, 20_000), Output(ALSO_OURS, 40_000), Output(OURS, 5_000)],
    )
    txid = node.broadcast(raw)
    (block_hash,) = node.generate(1)
    findings = scan_block(node.block(block_hash), {OURS, ALSO_OURS}, set())
    assert findings.ref == node.tip()
    assert [(each.outpoint, each.value_sat, each.script) for each in findings.receipts] == [
        (Outpoint(txid, 0), 30_000, OURS),
        (Outpoint(txid, 2), 40_000, ALSO_OURS),
        (Outpoint(txid, 3), 5_000, OURS),
    ]
    stripped = read_transaction(raw).stripped
    assert len(stripped) < len(raw), "the witnesses are left out"
    assert all(each.raw_transaction == stripped and not each.is_coinbase for each in findings.receipts)
    assert findings.spends == ()


def test_a_coinbase_that_pays_us_is_marked(node: EmbeddedNode) -> None:
    (block_hash,) = node.generate(1, OURS)
    (receipt,) = scan_block(node.block(block_hash), {OURS}, set()).receipts
    assert receipt.is_coinbase
    assert receipt.value_sat == 50 * 10**8


def test_spends_of_watched_coins_are_found_also_of_coins_that_the_same_block_brought(node: EmbeddedNode) -> None:
    coin = node.fund(NODE_SCRIPT, 100_000)
    first = node.broadcast(open_spend([(coin, 100_000)], [Output(NODE_SCRIPT, 90_000)]))
    second = node.broadcast(open_spend([(Outpoint(first, 0), 90_000)], [Output(OURS, 80_000)]))
    (block_hash,) = node.generate(1)
    block = node.block(block_hash)
    findings = scan_block(block, {NODE_SCRIPT, OURS}, {coin})
    assert [(each.outpoint, each.txid) for each in findings.spends] == [(coin, first), (Outpoint(first, 0), second)]
    assert Outpoint(second, 0) in {each.outpoint for each in findings.receipts}
    assert scan_block(block, set(), set()).spends == ()
