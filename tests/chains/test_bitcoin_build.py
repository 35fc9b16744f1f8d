"""Building what pays: coins, change, fee, replacement; sizes checked by bdk, signatures by Bitcoin's consensus code."""

from dataclasses import replace

import bdkpython as bdk
import pytest
from embit.bip32 import HDKey
from embit.networks import NETWORKS
from embit.transaction import Transaction as EmbitTransaction
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.bitcoin_wallet import Wallet
from holdfast._core import dust_limit, estimated_vsize
from holdfast.chains import (
    BroadcastRefused,
    ChainError,
    CoinRepeated,
    FeeAboveMaximum,
    FeeBumpTooSmall,
    FundsInsufficient,
    PaymentBelowDust,
    RequiredCoinMissing,
    SpendInvalid,
    TransactionTooLarge,
)
from holdfast.chains.bitcoin import Coin, Output, SpendPlan, bump, decode_spend, plan_spend, with_signatures
from holdfast.demo.bitcoin_node import EmbeddedNode

WALLET = Wallet()
PAYEE_SCRIPT = b"\x00\x14" + bytes(range(20))
CHANGE_SCRIPT = WALLET.script
RATE = 10_000
MAXIMUM_FEE_SAT = 100_000


def plan(coins: list[Coin], *values_sat: int, rate: int = RATE, maximum_fee_sat: int = MAXIMUM_FEE_SAT) -> SpendPlan:
    """A plan that pays these values."""
    payments = [Output(PAYEE_SCRIPT, value_sat) for value_sat in values_sat]
    return plan_spend(coins, payments, CHANGE_SCRIPT, fee_rate_sat_per_kvb=rate, maximum_fee_sat=maximum_fee_sat)


def require_sound(made: SpendPlan, rate: int, maximum_fee_sat: int) -> None:
    """What must hold for every plan, read from its raw bytes by embit."""
    raw = EmbitTransaction.parse(made.raw)
    spent = {(each.txid.hex(), each.vout) for each in raw.vin}
    assert spent == {(coin.outpoint.txid, coin.outpoint.vout) for coin in made.inputs}
    assert all(each.sequence == 0xFFFFFFFD for each in raw.vin)
    outputs = [Output(each.script_pubkey.data, each.value) for each in raw.vout]
    change = [] if made.change_sat is None else [Output(made.change_script, made.change_sat)]
    assert outputs == [*made.payments, *change]
    assert sum(coin.value_sat for coin in made.inputs) == sum(each.value_sat for each in outputs) + made.fee_sat
    assert made.fee_sat <= maximum_fee_sat
    assert made.fee_sat * 1_000 >= rate * made.vsize
    assert all(each.value_sat >= dust_limit(each.script) for each in change)


@settings(max_examples=150, deadline=None)
@given(
    values=st.lists(st.integers(1, 5_000_000), min_size=1, max_size=25),
    paid=st.lists(st.integers(294, 3_000_000), min_size=1, max_size=5),
    rate=st.integers(1_000, 300_000),
    maximum_fee_sat=st.integers(0, 200_000),
    required=st.integers(0, 24),
)
def test_every_plan_is_sound_and_every_refusal_is_named(
    values: list[int], paid: list[int], rate: int, maximum_fee_sat: int, required: int
) -> None:
    coins = [WALLET.coin(value_sat) for value_sat in values]
    conflict_key = coins[required].outpoint if required < len(coins) else None
    payments = [Output(PAYEE_SCRIPT, value_sat) for value_sat in paid]
    arguments = {"fee_rate_sat_per_kvb": rate, "maximum_fee_sat": maximum_fee_sat}
    try:
        made = plan_spend(coins, payments, CHANGE_SCRIPT, required=conflict_key, **arguments)
    except FundsInsufficient:
        assert sum(values) - sum(paid) < rate * len(values) * 58 // 1_000 + rate
        return
    except FeeAboveMaximum:
        return
    require_sound(made, rate, maximum_fee_sat)
    assert conflict_key is None or made.inputs[0].outpoint == conflict_key
    again = plan_spend(coins[::-1], payments, CHANGE_SCRIPT, required=conflict_key, **arguments)
    assert again == made, "the order in which coins are offered changes nothing"


def test_an_exact_match_needs_no_change_and_wastes_nothing() -> None:
    one_in_one_out = plan([WALLET.coin(10**6)], 10**6 - 5_000).vsize
    fee_sat = one_in_one_out * RATE // 1_000
    coins = [WALLET.coin(9_000_000), WALLET.coin(70_000 + fee_sat), WALLET.coin(50_000)]
    made = plan(coins, 70_000)
    assert made.inputs == (coins[1],)
    assert (made.change_sat, made.fee_sat) == (None, fee_sat)


def test_a_match_of_many_small_coins_is_not_worth_more_than_change_costs() -> None:
    small = [WALLET.coin(10_000) for _ in range(11)]
    paid_sat = 110_000 - estimated_vsize(11, [PAYEE_SCRIPT]) * RATE // 1_000
    match = plan(small, paid_sat)
    assert match.change_sat is None
    large = WALLET.coin(1_000_000)
    made = plan([*small, large], paid_sat)
    assert made.inputs == (large,)
    assert made.fee_sat < match.fee_sat


def test_without_a_match_the_largest_coins_are_spent_and_the_rest_comes_back() -> None:
    coins = [WALLET.coin(100_000), WALLET.coin(900_000), WALLET.coin(500_000)]
    made = plan(coins, 1_000_000)
    assert made.inputs == (coins[1], coins[2])
    assert made.change_sat == 400_000 - made.fee_sat


def test_several_payments_keep_their_order_and_the_change_comes_last() -> None:
    made = plan([WALLET.coin(10**6)], 30_000, 20_000, 40_000)
    assert [each.value for each in EmbitTransaction.parse(made.raw).vout] == [30_000, 20_000, 40_000, made.change_sat]


def test_change_too_small_to_relay_goes_to_the_fee_within_the_maximum() -> None:
    rate = 1_000
    fee_sat = plan([WALLET.coin(10**6)], 500_000, rate=rate).fee_sat
    coin = WALLET.coin(500_000 + fee_sat + 329)
    made = plan([coin], 500_000, rate=rate)
    assert (made.change_sat, made.fee_sat) == (None, fee_sat + 329)
    with pytest.raises(FeeAboveMaximum):
        plan([coin], 500_000, rate=rate, maximum_fee_sat=fee_sat + 328)
    with_another = plan([coin, WALLET.coin(200_000)], 500_000, rate=rate, maximum_fee_sat=fee_sat + 328)
    assert with_another.change_sat is not None


def test_what_cannot_be_planned_is_refused_by_name() -> None:
    coin = WALLET.coin(100_000)
    other = WALLET.coin(100_000)
    payments = [Output(PAYEE_SCRIPT, 50_000)]
    terms = {"fee_rate_sat_per_kvb": RATE, "maximum_fee_sat": MAXIMUM_FEE_SAT}
    with pytest.raises(PaymentBelowDust) as dust:
        plan([coin], 293)
    assert dust.value.code == "chains.payment_below_dust"
    for nothing in ((), (0,), (-1,)):
        with pytest.raises(PaymentBelowDust):
            plan([coin], *nothing)
    with pytest.raises(CoinRepeated):
        plan([coin, coin], 50_000)
    with pytest.raises(RequiredCoinMissing):
        plan_spend([coin], payments, CHANGE_SCRIPT, required=other.outpoint, **terms)
    with pytest.raises(FundsInsufficient) as funds:
        plan([coin], 100_000)
    assert funds.value.code == "chains.funds_insufficient"
    with pytest.raises(FundsInsufficient):
        plan([], 100_000)
    with pytest.raises(FeeAboveMaximum) as fee:
        plan([coin], 50_000, maximum_fee_sat=100)
    assert fee.value.code == "chains.fee_above_maximum"


def test_more_than_nodes_relay_is_refused() -> None:
    with pytest.raises(TransactionTooLarge):
        plan([WALLET.coin(10**9)], *[20_000] * 3_400, rate=1_000, maximum_fee_sat=10**8)
    with pytest.raises(TransactionTooLarge):
        plan([WALLET.coin(1_000) for _ in range(600)], 520_000, rate=1_000, maximum_fee_sat=10**8)
    exactly_sat = 550 * 1_000 - estimated_vsize(550, [PAYEE_SCRIPT])
    with pytest.raises(TransactionTooLarge):
        plan([WALLET.coin(1_000) for _ in range(600)], exactly_sat, rate=1_000, maximum_fee_sat=10**8)


def test_the_search_for_a_match_ends_among_many_coins() -> None:
    made = plan([WALLET.coin(100_003 + 2 * step) for step in range(300)], 7_000_000)
    require_sound(made, RATE, MAXIMUM_FEE_SAT)


def test_the_size_is_what_bdk_measures_once_signed() -> None:
    coins = [WALLET.coin(400_000), WALLET.coin(300_000)]
    made = plan(coins, 600_000)
    signed = with_signatures(made, WALLET.signatures(made.raw, made.inputs))
    theirs = bdk.Transaction(signed)
    assert theirs.vsize() == made.vsize
    assert str(theirs.compute_txid()) == EmbitTransaction.parse(made.raw).txid().hex()
    assert theirs.is_explicitly_rbf()


def bdk_wallet(script_count: int) -> tuple[bdk.Wallet, list[bytes]]:
    """A taproot wallet of bdk's on embit's keys, and its first scripts."""
    root = HDKey.from_seed(b"\x01" * 32, version=NETWORKS["regtest"]["xprv"]).to_public().to_base58()
    descriptors = [bdk.Descriptor(f"tr({root}/{branch}/*)", bdk.NetworkKind.TEST) for branch in (0, 1)]
    wallet = bdk.Wallet(*descriptors, bdk.Network.REGTEST, bdk.Persister.new_in_memory())
    revealed = [wallet.reveal_next_address(bdk.KeychainKind.EXTERNAL) for _ in range(script_count)]
    return wallet, [bytes(each.address.script_pubkey().to_bytes()) for each in revealed]


@pytest.mark.parametrize("paid_sat", [50_000, 333_333, 1_000_000, 2_345_678])
@pytest.mark.parametrize("rate_sat_per_vb", [1, 10, 77])
def test_the_fee_is_that_of_bdk_with_the_same_coins_or_saves_the_spending_of_change(
    paid_sat: int, rate_sat_per_vb: int
) -> None:
    theirs, (script,) = bdk_wallet(1)
    coins = [replace(WALLET.coin(100_000 + 7_919 * step), script=script) for step in range(30)]
    raws = [coin.raw_previous.replace(WALLET.script, script) for coin in coins]
    theirs.apply_unconfirmed_txs([bdk.UnconfirmedTx(tx=bdk.Transaction(raw), last_seen=1_700_000_000) for raw in raws])
    recipient, amount = bdk.Script(PAYEE_SCRIPT), bdk.Amount.from_sat(paid_sat)
    builder = bdk.TxBuilder().add_recipient(recipient, amount).fee_rate(bdk.FeeRate.from_sat_per_vb(rate_sat_per_vb))
    psbt = builder.coin_selection(bdk.CoinSelectionAlgorithm.LARGEST_FIRST).finish(theirs)
    made = plan(coins, paid_sat, rate=1_000 * rate_sat_per_vb)
    if made.change_sat is None:
        assert made.fee_sat <= psbt.fee() + 58 * rate_sat_per_vb
    else:
        assert len(made.inputs) == len(psbt.extract_tx().input())
        # bdk rounds each input's weight up on its own.
        assert 0 <= psbt.fee() - made.fee_sat <= len(made.inputs) * rate_sat_per_vb


def test_a_bump_pays_more_from_the_change_and_spends_the_same_coins() -> None:
    first = plan([WALLET.coin(10**6)], 300_000)
    second = bump(first, fee_rate_sat_per_kvb=2 * RATE, maximum_fee_sat=MAXIMUM_FEE_SAT)
    require_sound(second, 2 * RATE, MAXIMUM_FEE_SAT)
    assert (second.inputs, second.payments) == (first.inputs, first.payments)
    assert second.fee_sat == 2 * first.fee_sat


def test_the_smallest_bump_still_pays_for_its_own_relay() -> None:
    first = plan([WALLET.coin(10**6)], 300_000)
    second = bump(first, fee_rate_sat_per_kvb=RATE + 1, maximum_fee_sat=MAXIMUM_FEE_SAT)
    assert second.fee_sat == first.fee_sat + second.vsize
    with pytest.raises(FeeBumpTooSmall) as refused:
        bump(second, fee_rate_sat_per_kvb=RATE + 1, maximum_fee_sat=MAXIMUM_FEE_SAT)
    assert refused.value.code == "chains.fee_bump_too_small"


def test_a_bump_takes_extra_coins_only_as_it_needs_them() -> None:
    fee_sat = plan([WALLET.coin(10**6)], 300_000).fee_sat
    first = plan([WALLET.coin(300_000 + fee_sat)], 300_000)
    assert first.change_sat is None
    rate = 5 * RATE
    with pytest.raises(FundsInsufficient):
        bump(first, fee_rate_sat_per_kvb=rate, maximum_fee_sat=MAXIMUM_FEE_SAT)
    extra = [WALLET.coin(60_000), WALLET.coin(50_000)]
    second = bump(first, fee_rate_sat_per_kvb=rate, maximum_fee_sat=MAXIMUM_FEE_SAT, extra_coins=extra)
    assert second.inputs == (*first.inputs, extra[0])
    require_sound(second, rate, MAXIMUM_FEE_SAT)
    with pytest.raises(CoinRepeated):
        bump(first, fee_rate_sat_per_kvb=rate, maximum_fee_sat=MAXIMUM_FEE_SAT, extra_coins=[*first.inputs])
    with pytest.raises(FeeAboveMaximum):
        bump(second, fee_rate_sat_per_kvb=2 * rate, maximum_fee_sat=second.fee_sat + 1)


def funded(node: EmbeddedNode, *values_sat: int) -> list[Coin]:
    """Coins of the wallet on the node's chain."""
    outpoints = [node.fund(WALLET.script, value_sat) for value_sat in values_sat]
    statuses = [(outpoint, node.transaction(outpoint.txid)) for outpoint in outpoints]
    return [WALLET.coin_in(status.raw, outpoint.vout) for outpoint, status in statuses if status is not None]


def test_consensus_accepts_what_was_planned_and_signed_and_then_its_replacement(node: EmbeddedNode) -> None:
    first = plan(funded(node, 400_000, 300_000), 600_000)
    decoded = decode_spend(first.raw, first.raw_previous)
    assert (decoded.fee_sat, decoded.vsize) == (first.fee_sat, first.vsize)
    txid = node.broadcast(with_signatures(first, WALLET.signatures(first.raw, first.inputs)))
    assert txid == decoded.txid
    second = bump(first, fee_rate_sat_per_kvb=RATE + 1, maximum_fee_sat=MAXIMUM_FEE_SAT)
    replacement = node.broadcast(with_signatures(second, WALLET.signatures(second.raw, second.inputs)))
    node.generate(1)
    assert node.transaction(txid) is None
    confirmed = node.transaction(replacement)
    assert confirmed is not None
    assert confirmed.confirmations == 1


def test_one_wrong_bit_in_a_signature_is_caught_here_and_by_consensus(node: EmbeddedNode) -> None:
    made = plan(funded(node, 400_000), 300_000)
    (signature,) = WALLET.signatures(made.raw, made.inputs)
    wrong = bytes([signature[0] ^ 1]) + signature[1:]
    for signatures in ([wrong], [], [signature, signature], [signature[:-1]]):
        with pytest.raises(SpendInvalid):
            with_signatures(made, signatures)
    signed = with_signatures(made, [signature])
    with pytest.raises(BroadcastRefused):
        node.broadcast(signed.replace(signature, wrong))
    node.broadcast(signed)


def test_every_refusal_is_of_one_family() -> None:
    with pytest.raises(ChainError):
        plan([], 1_000)
