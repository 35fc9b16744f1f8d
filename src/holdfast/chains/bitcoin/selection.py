"""Which coins to spend: exactly enough if they can be found, else the largest first. Deterministic.

Branch and bound as in M. Erhardt, "An Evaluation of Coin Selection Strategies" (2016), section 4.2, and Bitcoin
Core's ``wallet/coinselection.cpp``; bounded in tries, so its worst case is to find nothing.
"""

from collections.abc import Callable, Sequence

from holdfast.chains.bitcoin.types import Coin

MAX_TRIES = 20_000


def by_value(coins: Sequence[Coin]) -> list[Coin]:
    """Largest first; equal ones by outpoint, so that the same coins always give the same transaction."""
    return sorted(coins, key=lambda coin: (-coin.value_sat, coin.outpoint))


def changeless(
    base: Sequence[Coin], others: Sequence[Coin], needed_sat: Callable[[int], int], tolerance_sat: int
) -> list[Coin] | None:
    """``base`` and some of ``others`` worth no less than needed and at most ``tolerance_sat`` more, the closest found.

    ``needed_sat`` is what that many inputs must be worth: the payments, and a fee that grows with the inputs.
    Coins worth less than the fee of their own input must not be among ``others``.
    """
    coins = by_value(others)
    base_sat = sum(coin.value_sat for coin in base)
    remaining_sat = [0] * (len(coins) + 1)
    for position in range(len(coins) - 1, -1, -1):
        remaining_sat[position] = remaining_sat[position + 1] + coins[position].value_sat
    chosen: list[int] = []
    best: list[int] | None = None
    best_excess_sat = tolerance_sat + 1
    total_sat, position = base_sat, 0
    for _ in range(MAX_TRIES):
        count = len(base) + len(chosen)
        excess_sat = total_sat - needed_sat(count)
        if count and 0 <= excess_sat < best_excess_sat:
            best, best_excess_sat = list(chosen), excess_sat
        can_grow = excess_sat < 0 and excess_sat + remaining_sat[position] >= 0
        if can_grow and position < len(coins):
            chosen.append(position)
            total_sat += coins[position].value_sat
            position += 1
            continue
        if not chosen or best_excess_sat == 0:
            break
        left_out = chosen.pop()
        total_sat -= coins[left_out].value_sat
        position = left_out + 1
        # A coin of the same value in its place leads to the same sums.
        while position < len(coins) and coins[position].value_sat == coins[left_out].value_sat:
            position += 1
    return None if best is None else [*base, *(coins[index] for index in best)]
