"""From books to trees: every customer in every asset's tree, also those who are owed nothing in it."""

from collections.abc import Mapping

from holdfast._core import SumTree, plant_tree
from holdfast.reserves.liabilities import Liabilities
from holdfast.reserves.nonces import Nonce


def plant(
    epoch: tuple[str, int], asset: str, secret: bytes, liabilities: Liabilities, nonces: Mapping[str, Nonce]
) -> SumTree:
    """The tree of one asset; the same again from the same secret, books and nonces.

    :param epoch: venue and number.
    :raises SumOverflow: the balances do not fit 128 bits.
    """
    holders = []
    for customer in liabilities.customers:
        nonce = nonces[customer]
        holders.append((customer, nonce.by_customer, nonce.value, liabilities.units(asset, customer)))
    return plant_tree(epoch, asset, secret, holders)
