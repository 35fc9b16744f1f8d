"""Build the transaction that pays, and the one that pays more: coins, change and fee.

Outputs keep the order of the payments, with the change last. Every input signals replacement (BIP 125). All coins
are taproot key spends, so sizes and fees are exact before anything is signed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from holdfast import _core
from holdfast.chains.bitcoin.parse import core_faults_as_chain_errors
from holdfast.chains.bitcoin.selection import by_value, changeless
from holdfast.chains.bitcoin.types import Coin, Outpoint, Output
from holdfast.chains.errors import (
    ChainError,
    CoinRepeated,
    FeeAboveMaximum,
    FeeBumpTooSmall,
    FundsInsufficient,
    PaymentBelowDust,
    RequiredCoinMissing,
    TransactionTooLarge,
)

REPLACEABLE_SEQUENCE = 0xFFFFFFFD
RELAY_INCREMENT_SAT_PER_KVB = 1_000
MAX_INPUTS = 500
MAX_STANDARD_VSIZE = 100_000

_MORE_THAN_EXISTS_SAT = 22_000_000 * 10**8


@dataclass(frozen=True)
class SpendPlan:
    """An unsigned transaction and all that it was made of. ``change_sat`` is None if nothing comes back."""

    raw: bytes
    inputs: tuple[Coin, ...]
    payments: tuple[Output, ...]
    change_script: bytes
    change_sat: int | None
    fee_sat: int
    vsize: int

    @property
    def raw_previous(self) -> tuple[bytes, ...]:
        """The previous transaction of each input, in their order: what signers read the amounts from."""
        return tuple(coin.raw_previous for coin in self.inputs)


@dataclass(frozen=True)
class _Terms:
    """What is to be paid, to where change goes, and what it may cost."""

    payments: tuple[Output, ...]
    change_script: bytes
    rate_sat_per_kvb: int
    maximum_fee_sat: int
    # The fee of the transaction that this one replaces: BIP 125 wants it paid again, and its own relay on top.
    replaced_fee_sat: int | None = None

    @cached_property
    def paid_sat(self) -> int:
        return sum(payment.value_sat for payment in self.payments)

    @cached_property
    def dust_sat(self) -> int:
        """The least change that nodes relay."""
        return _core.dust_limit(self.change_script)

    @cached_property
    def input_fee_sat(self) -> int:
        """What one more input costs."""
        return self.fee_sat(2, with_change=False) - self.fee_sat(1, with_change=False)

    def vsize(self, input_count: int, *, with_change: bool) -> int:
        """Exact virtual bytes once signed."""
        scripts = [payment.script for payment in self.payments]
        with core_faults_as_chain_errors():
            return _core.estimated_vsize(input_count, [*scripts, self.change_script] if with_change else scripts)

    def fee_sat(self, input_count: int, *, with_change: bool) -> int:
        """The least fee at this rate, rounded up, that also pays for what it replaces."""
        vsize = self.vsize(input_count, with_change=with_change)
        fee_sat = -(-self.rate_sat_per_kvb * vsize // 1_000)
        if self.replaced_fee_sat is None:
            return fee_sat
        return max(fee_sat, self.replaced_fee_sat - (-RELAY_INCREMENT_SAT_PER_KVB * vsize // 1_000))


def plan_spend(
    coins: Sequence[Coin],
    payments: Sequence[Output],
    change_script: bytes,
    *,
    fee_rate_sat_per_kvb: int,
    maximum_fee_sat: int,
    required: Outpoint | None = None,
) -> SpendPlan:
    """Choose coins and build one transaction that makes all the payments.

    A set of coins that needs no change is preferred where that is cheaper than change and spending it later; else
    the largest coins are taken until they suffice.
    Change too small to be relayed goes to the fee, within the maximum.

    :param required: a coin that must be spent whatever else is: the intent's conflict key.
    :raises PaymentBelowDust: a payment that nodes would not relay.
    :raises CoinRepeated: one outpoint twice among the coins.
    :raises RequiredCoinMissing: ``required`` is not among the coins.
    :raises FundsInsufficient: the coins do not cover payments and fee.
    :raises FeeAboveMaximum: they do, but only at a higher fee than ``maximum_fee_sat``.
    :raises TransactionTooLarge: more than nodes relay.
    """
    _require_payments(payments)
    terms = _Terms(tuple(payments), change_script, fee_rate_sat_per_kvb, maximum_fee_sat)
    base, others = _split(coins, required)
    exact = _exact(base, others, terms)
    if exact is None:
        return _with_fewest_coins(base, by_value(others), terms)
    try:
        simple = _with_fewest_coins(base, by_value(others), terms)
    except ChainError:
        return exact
    # Many small coins that match exactly can cost more than change does, now and when it is spent.
    return exact if exact.fee_sat <= simple.fee_sat + terms.input_fee_sat else simple


def bump(
    plan: SpendPlan, *, fee_rate_sat_per_kvb: int, maximum_fee_sat: int, extra_coins: Sequence[Coin] = ()
) -> SpendPlan:
    """The same payments from the same coins at a higher rate, out of the change; extra coins join as they are needed.

    The replacement pays at least the old fee and 1 sat/vB for its own size (BIP 125, rules 3 and 4). ``extra_coins``
    must be confirmed (rule 2).

    :raises FeeBumpTooSmall: the rate is not above the plan's.
    :raises FundsInsufficient: the change, and the extra coins, do not cover the difference.
    :raises FeeAboveMaximum: within the maximum it cannot be done.
    :raises CoinRepeated: an extra coin is one of the plan's.
    """
    if fee_rate_sat_per_kvb * plan.vsize <= plan.fee_sat * 1_000:
        raise FeeBumpTooSmall(
            f"{fee_rate_sat_per_kvb} sat/kvB is not above the {plan.fee_sat} satoshi that {plan.vsize} vB pay now"
        )
    terms = _Terms(plan.payments, plan.change_script, fee_rate_sat_per_kvb, maximum_fee_sat, plan.fee_sat)
    _split([*plan.inputs, *extra_coins], None)
    return _with_fewest_coins(plan.inputs, by_value(extra_coins), terms)


def with_signatures(plan: SpendPlan, signatures: Sequence[bytes]) -> bytes:
    """The signed transaction, every signature (64 bytes, in the order of the inputs) verified against its coin.

    :raises SpendInvalid: a signature that is missing, malformed or wrong.
    """
    with core_faults_as_chain_errors():
        signed = _core.with_key_spend_witnesses(plan.raw, list(signatures))
        _core.verify_key_spends(signed, [(coin.value_sat, coin.script) for coin in plan.inputs])
        return signed


def _require_payments(payments: Sequence[Output]) -> None:
    if not payments:
        raise PaymentBelowDust("there is nothing to pay")
    for payment in payments:
        least_sat = max(1, _core.dust_limit(payment.script))
        if payment.value_sat < least_sat:
            raise PaymentBelowDust(f"a payment of {payment.value_sat} satoshi; nodes relay {least_sat} or more")


def _split(coins: Sequence[Coin], required: Outpoint | None) -> tuple[list[Coin], list[Coin]]:
    """The required coin, if any, and all the others."""
    if len({coin.outpoint for coin in coins}) != len(coins):
        raise CoinRepeated("one coin was given twice")
    base = [coin for coin in coins if coin.outpoint == required]
    if required is not None and not base:
        raise RequiredCoinMissing(f"the coin {required}, which the transaction must spend, is not among the coins")
    return base, [coin for coin in coins if coin.outpoint != required]


def _exact(base: Sequence[Coin], others: Sequence[Coin], terms: _Terms) -> SpendPlan | None:
    """A plan without change that wastes less than change would cost, now and when it is spent."""

    @cache
    def needed_sat(input_count: int) -> int:
        # Past the limit nothing is enough, so the search turns back there.
        if input_count > MAX_INPUTS:
            return _MORE_THAN_EXISTS_SAT
        return terms.paid_sat + terms.fee_sat(max(1, input_count), with_change=False)

    change_cost_sat = terms.fee_sat(1, with_change=True) - terms.fee_sat(1, with_change=False)
    worth_spending = [coin for coin in others if coin.value_sat > terms.input_fee_sat]
    chosen = changeless(base, worth_spending, needed_sat, change_cost_sat + terms.input_fee_sat)
    if chosen is None:
        return None
    plan = _settled(chosen, terms, allow_change=False)
    return plan if plan is not None and plan.fee_sat <= terms.maximum_fee_sat else None


def _with_fewest_coins(base: Sequence[Coin], others: Sequence[Coin], terms: _Terms) -> SpendPlan:
    """``base`` with as few of ``others``, in their order, as give a plan within the maximum fee."""
    least_fee_sat: int | None = None
    first = 0 if base else 1
    for count in range(first, min(len(others), MAX_INPUTS - len(base)) + 1):
        plan = _settled([*base, *others[:count]], terms)
        if plan is not None and plan.fee_sat <= terms.maximum_fee_sat:
            return plan
        if plan is not None:
            least_fee_sat = min(plan.fee_sat, least_fee_sat or plan.fee_sat)
    if least_fee_sat is not None:
        raise FeeAboveMaximum(f"the fee would be {least_fee_sat} satoshi; at most {terms.maximum_fee_sat} are allowed")
    if len(base) + len(others) > MAX_INPUTS:
        raise TransactionTooLarge(f"the payments need more than {MAX_INPUTS} coins: consolidate, or split them")
    held_sat = sum(coin.value_sat for coin in (*base, *others))
    raise FundsInsufficient(f"{held_sat} satoshi in coins do not cover {terms.paid_sat} satoshi and the fee")


def _settled(coins: Sequence[Coin], terms: _Terms, *, allow_change: bool = True) -> SpendPlan | None:
    """The transaction of exactly these coins, with change if that can be relayed; None if they are not enough."""
    left_sat = sum(coin.value_sat for coin in coins) - terms.paid_sat
    change_sat = left_sat - terms.fee_sat(len(coins), with_change=True)
    has_change = allow_change and change_sat >= terms.dust_sat
    fee_sat = left_sat - change_sat if has_change else left_sat
    if fee_sat < terms.fee_sat(len(coins), with_change=has_change):
        return None
    vsize = terms.vsize(len(coins), with_change=has_change)
    if vsize > MAX_STANDARD_VSIZE:
        raise TransactionTooLarge(f"{vsize} virtual bytes; nodes relay at most {MAX_STANDARD_VSIZE}")
    outputs = [(payment.value_sat, payment.script) for payment in terms.payments]
    if has_change:
        outputs.append((change_sat, terms.change_script))
    inputs = [(coin.outpoint.txid, coin.outpoint.vout, REPLACEABLE_SEQUENCE) for coin in coins]
    with core_faults_as_chain_errors():
        raw = _core.build_transaction(inputs, outputs, 0)
    return SpendPlan(
        raw=raw,
        inputs=tuple(coins),
        payments=terms.payments,
        change_script=terms.change_script,
        change_sat=change_sat if has_change else None,
        fee_sat=fee_sat,
        vsize=vsize,
    )
