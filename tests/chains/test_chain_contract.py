"""What every backend of the ``Chain`` port must do, run over each of them on a real network."""

import pytest
from embit.transaction import Transaction as EmbitTransaction

from chains.chain_rigs import Rig, open_spend
from holdfast.chains import BlockUnknown, BroadcastRefused, Connect, Disconnect, follow
from holdfast.chains.bitcoin import Outpoint, Output
from holdfast.demo.bitcoin_node import NODE_SCRIPT

PAYEE_SCRIPT = b"\x51\x20" + bytes.fromhex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
VALUE_SAT = 1_000_000


def payment(rig: Rig, fee_sat: int = 2_000, coin: Outpoint | None = None) -> tuple[Outpoint, bytes]:
    """A coin and a transaction that pays it on, less the fee."""
    coin = coin or rig.fund(NODE_SCRIPT, VALUE_SAT)
    return coin, open_spend([(coin, VALUE_SAT)], [Output(PAYEE_SCRIPT, VALUE_SAT - fee_sat)])


def embit_txid(raw: bytes) -> str:
    """What an independent implementation calls the transaction."""
    txid: str = EmbitTransaction.parse(raw).txid().hex()
    return txid


def without_witnesses(raw: bytes) -> bytes:
    """The same transaction, unsigned."""
    transaction = EmbitTransaction.parse(raw)
    for each in transaction.vin:
        each.witness.items = []
    stripped: bytes = transaction.serialize()
    return stripped


def test_the_blocks_form_one_chain_from_the_genesis_block_to_the_tip(rig: Rig) -> None:
    rig.generate(3)
    tip = rig.chain.tip()
    assert rig.chain.block_hash(0) == "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206"
    assert rig.chain.block_hash(tip.height) == tip.hash
    last, before = rig.chain.block(tip.hash), rig.chain.block_hash(tip.height - 1)
    assert last.ref == tip
    assert last.previous_hash == before


def test_there_is_no_block_above_the_tip_until_it_is_mined(rig: Rig) -> None:
    above = rig.chain.tip().height + 1
    assert rig.chain.block_hash(above) is None
    rig.generate(1)
    assert rig.chain.block_hash(above) == rig.chain.tip().hash


@pytest.mark.parametrize("block_hash", ["00" * 32, "no hash", ""])
def test_a_block_that_nobody_mined_is_unknown(rig: Rig, block_hash: str) -> None:
    with pytest.raises(BlockUnknown):
        rig.chain.block(block_hash)


@pytest.mark.parametrize("txid", ["00" * 32, "no txid", ""])
def test_a_transaction_that_nobody_made_is_unknown(rig: Rig, txid: str) -> None:
    assert rig.chain.transaction(txid) is None


def test_a_transaction_waits_and_then_gathers_confirmations(rig: Rig) -> None:
    _, raw = payment(rig)
    txid = rig.chain.broadcast(raw)
    assert txid == embit_txid(raw)
    waiting = rig.chain.transaction(txid)
    assert waiting is not None
    assert (waiting.raw, waiting.block, waiting.confirmations) == (raw, None, 0)
    rig.generate(1)
    block = rig.chain.block(rig.chain.tip().hash)
    assert raw in block.transactions
    rig.generate(2)
    confirmed = rig.chain.transaction(txid)
    assert confirmed is not None
    assert (confirmed.block, confirmed.confirmations) == (block.ref, 3)


def test_broadcasting_again_changes_nothing_and_says_the_same(rig: Rig) -> None:
    _, raw = payment(rig)
    txid = rig.chain.broadcast(raw)
    assert rig.chain.broadcast(raw) == txid
    rig.generate(1)
    assert rig.chain.broadcast(raw) == txid
    confirmed = rig.chain.transaction(txid)
    assert confirmed is not None
    assert confirmed.confirmations == 1


def test_broadcasting_what_is_confirmed_and_spent_on_still_says_the_same(rig: Rig) -> None:
    coin = rig.fund(NODE_SCRIPT, VALUE_SAT)
    first = open_spend([(coin, VALUE_SAT)], [Output(NODE_SCRIPT, VALUE_SAT - 2_000)])
    txid = rig.chain.broadcast(first)
    onward = open_spend([(Outpoint(txid, 0), VALUE_SAT - 2_000)], [Output(PAYEE_SCRIPT, VALUE_SAT - 4_000)])
    rig.chain.broadcast(onward)
    rig.generate(1)
    assert rig.chain.broadcast(first) == txid


def test_a_conflict_that_pays_no_more_is_refused_and_the_first_stays(rig: Rig) -> None:
    coin, raw = payment(rig, fee_sat=5_000)
    txid = rig.chain.broadcast(raw)
    _, rival = payment(rig, fee_sat=5_001, coin=coin)
    with pytest.raises(BroadcastRefused) as refused:
        rig.chain.broadcast(rival)
    assert "insufficient fee" in refused.value.reason
    assert rig.chain.transaction(txid) is not None
    assert rig.chain.transaction(embit_txid(rival)) is None


def test_a_replacement_that_pays_more_takes_the_place_of_the_first_for_good(rig: Rig) -> None:
    coin, raw = payment(rig, fee_sat=2_000)
    replaced = rig.chain.broadcast(raw)
    _, dearer = payment(rig, fee_sat=9_000, coin=coin)
    txid = rig.chain.broadcast(dearer)
    assert rig.chain.transaction(replaced) is None
    rig.generate(1)
    confirmed = rig.chain.transaction(txid)
    assert confirmed is not None
    assert confirmed.confirmations == 1
    with pytest.raises(BroadcastRefused):
        rig.chain.broadcast(raw)


def test_what_nodes_do_not_relay_is_refused_with_their_reason(rig: Rig) -> None:
    coin, raw = payment(rig)
    missing = Outpoint("11" * 32, 0)
    refusals = {
        "more out than in": (open_spend([(coin, VALUE_SAT)], [Output(PAYEE_SCRIPT, VALUE_SAT + 1)]), "belowout"),
        "no such coin": (open_spend([(missing, VALUE_SAT)], [Output(PAYEE_SCRIPT, VALUE_SAT - 2_000)]), "missing"),
        "no fee": (open_spend([(coin, VALUE_SAT)], [Output(PAYEE_SCRIPT, VALUE_SAT)]), "relay fee"),
        "dust": (open_spend([(coin, VALUE_SAT)], [Output(PAYEE_SCRIPT, 329)]), "dust"),
        "no witness": (without_witnesses(raw), "script"),
        "cut short": (raw[:-1], ""),
        "trailing byte": (raw + b"\x00", ""),
        "nothing": (b"", ""),
    }
    for name, (offered, reason) in refusals.items():
        with pytest.raises(BroadcastRefused) as refused:
            rig.chain.broadcast(offered)
        assert reason in refused.value.reason, name
        assert refused.value.code == "chains.broadcast_refused"
    assert rig.chain.broadcast(raw) == embit_txid(raw)


def test_a_reorganisation_lets_a_confirmed_transaction_wait_again(rig: Rig) -> None:
    _, raw = payment(rig)
    txid = rig.chain.broadcast(raw)
    rig.generate(2)
    left = rig.chain.tip()
    rig.reorganise(2)
    assert rig.chain.tip().height == left.height + 1
    assert rig.chain.block_hash(left.height) != left.hash
    assert rig.chain.block(left.hash).ref == left, "a block beside the best chain is still served"
    waiting = rig.chain.transaction(txid)
    assert waiting is not None
    assert waiting.confirmations == 0
    assert rig.chain.broadcast(raw) == txid
    rig.generate(1)
    confirmed = rig.chain.transaction(txid)
    assert confirmed is not None
    assert confirmed.block == rig.chain.tip()


def test_a_reorganisation_that_spends_the_coin_otherwise_ends_the_first_transaction(rig: Rig) -> None:
    coin, raw = payment(rig)
    txid = rig.chain.broadcast(raw)
    rig.generate(1)
    _, theft = payment(rig, fee_sat=3_000, coin=coin)
    rig.reorganise(1, [theft])
    assert rig.chain.transaction(txid) is None
    stolen = rig.chain.transaction(embit_txid(theft))
    assert stolen is not None
    assert stolen.confirmations == 2
    with pytest.raises(BroadcastRefused):
        rig.chain.broadcast(raw)


def test_following_sees_the_blocks_that_left_and_the_ones_that_came(rig: Rig) -> None:
    rig.generate(4)
    tip = rig.chain.tip()
    recent = []
    for step in follow(rig.chain, [], start_height=tip.height - 3):
        assert isinstance(step, Connect)
        recent.append(step.block.ref)
    assert recent[-1] == tip
    rig.reorganise(2)
    steps = list(follow(rig.chain, recent))
    assert [step.ref for step in steps if isinstance(step, Disconnect)] == [recent[3], recent[2]]
    assert [step.block.ref.height for step in steps if isinstance(step, Connect)] == list(
        range(tip.height - 1, tip.height + 2)
    )
    last = steps[-1]
    assert isinstance(last, Connect)
    assert last.block.ref == rig.chain.tip()


@pytest.mark.parametrize("target_blocks", [1, 6, 1_008])
def test_a_fee_rate_is_whole_satoshi_within_bounds(rig: Rig, target_blocks: int) -> None:
    rate = rig.chain.fee_rate_sat_per_kvb(target_blocks)
    assert type(rate) is int
    assert 1_000 <= rate <= 500_000


def test_the_network_is_named(rig: Rig) -> None:
    assert rig.chain.network == "regtest"
