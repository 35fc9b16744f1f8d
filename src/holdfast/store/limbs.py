"""Amounts in columns: two 64-bit limbs of base 10^18, the same on both databases.

SQLite has no integer beyond 64 bits (2^63 wei are 9.22 ETH), so an amount of ``units`` base units is stored
as ``units = hi * 10^18 + lo`` in the columns ``<name>_hi`` and ``<name>_lo``. A sum of two low limbs still
fits 64 bits, so triggers can add and carry.
"""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import CheckConstraint, Column, ColumnElement, func

from holdfast.amounts import MAX_UNITS
from holdfast.store.errors import LimbsOutOfRange
from holdfast.store.schema import INTEGER

LIMB = 10**18
"""The base of a limb."""


def amount_columns(name: str) -> tuple[Column[int], Column[int], CheckConstraint]:
    """Columns ``<name>_hi`` and ``<name>_lo``, not null, and the check that they hold 0 to 10^36."""
    high, low = f"{name}_hi", f"{name}_lo"
    in_range = CheckConstraint(
        f"{high} >= 0 AND {low} >= 0 AND {low} < {LIMB} AND ({high} < {LIMB} OR ({high} = {LIMB} AND {low} = 0))",
        name=name,
    )
    return Column(high, INTEGER, nullable=False), Column(low, INTEGER, nullable=False), in_range


def limbs(units: int) -> tuple[int, int]:
    """``(hi, lo)`` of an amount in base units.

    :raises LimbsOutOfRange: negative or above 10^36.
    """
    if not 0 <= units <= MAX_UNITS:
        raise LimbsOutOfRange("an amount in the database is from 0 to 10^36 base units")
    return divmod(units, LIMB)


def units(high: int, low: int) -> int:
    """The amount in base units that two limbs stand for.

    :raises LimbsOutOfRange: not limbs that :func:`limbs` returns.
    """
    if not (0 <= low < LIMB and 0 <= high * LIMB + low <= MAX_UNITS):
        raise LimbsOutOfRange(f"({high}, {low}) are not the limbs of an amount")
    return high * LIMB + low


_HALF = 10**9


def unit_sums(high: Column[int], low: Column[int]) -> tuple[ColumnElement[int], ...]:
    """Three sums over the limbs of many rows, to be selected and handed to :func:`summed_units`.

    The low limb is summed in halves: ten of them whole would not fit 64 bits, nine thousand million halves do.
    """
    return func.sum(high), func.sum(low // _HALF), func.sum(low % _HALF)


def summed_units(sums: Sequence[int | Decimal | None]) -> int:
    """The base units that three sums of :func:`unit_sums` stand for; none of no rows."""
    high, upper, lower = (int(each or 0) for each in sums)
    return high * LIMB + upper * _HALF + lower
