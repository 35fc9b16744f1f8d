"""What all accounts of one owner class have together: what customers are owed, what is the house's own."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from holdfast.amounts import Amount
from holdfast.ledger.models import account as account_table
from holdfast.ledger.types import OwnerClass
from holdfast.store import summed_units, unit_sums


@dataclass(frozen=True, slots=True)
class OwnerTotals:
    """All accounts of an owner class in one asset: in total, and how much of that is held."""

    owner_class: OwnerClass
    total: Amount
    held: Amount


def owner_totals(connection: Connection) -> tuple[OwnerTotals, ...]:
    """A total for each asset and owner class that has accounts, by asset and class."""
    columns = account_table.c
    sums = (*unit_sums(columns.total_hi, columns.total_lo), *unit_sums(columns.held_hi, columns.held_lo))
    query = (
        select(columns.asset, columns.owner_class, *sums)
        .group_by(columns.asset, columns.owner_class)
        .order_by(columns.asset, columns.owner_class)
    )
    return tuple(
        OwnerTotals(OwnerClass(owner), Amount(asset, summed_units(parts[:3])), Amount(asset, summed_units(parts[3:])))
        for asset, owner, *parts in connection.execute(query)
    )
