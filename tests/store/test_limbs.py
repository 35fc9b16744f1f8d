"""Two limbs of base 10^18: exact from 0 to 10^36, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import MetaData, Table, create_engine, insert, select
from sqlalchemy.exc import IntegrityError

from holdfast.amounts import MAX_UNITS
from holdfast.store import (
    LIMB,
    LimbsOutOfRange,
    amount_columns,
    limbs,
    open_engine,
    summed_units,
    transaction,
    unit_sums,
    units,
)


@given(st.integers(0, MAX_UNITS))
def test_round_trip(value: int) -> None:
    high, low = limbs(value)
    assert 0 <= low < LIMB
    assert 0 <= high <= LIMB
    assert units(high, low) == value


@pytest.mark.parametrize("value", [-1, MAX_UNITS + 1])
def test_amounts_out_of_range_are_refused(value: int) -> None:
    with pytest.raises(LimbsOutOfRange) as refused:
        limbs(value)
    assert refused.value.code == "store.limbs_out_of_range"


@pytest.mark.parametrize("pair", [(-1, 0), (0, -1), (0, LIMB), (LIMB, 1), (LIMB + 1, 0)])
def test_pairs_that_are_no_limbs_are_refused(pair: tuple[int, int], empty_database_url: str) -> None:
    with pytest.raises(LimbsOutOfRange):
        units(*pair)
    metadata = MetaData()
    table = Table("things", metadata, *amount_columns("worth"))
    engine = open_engine(empty_database_url)
    with transaction(engine) as connection:
        metadata.create_all(connection)
        for high, low in (limbs(MAX_UNITS), limbs(0), (LIMB - 1, LIMB - 1)):
            connection.execute(insert(table).values(worth_hi=high, worth_lo=low))
        assert units(*connection.execute(select(table)).first() or ()) == MAX_UNITS
    with pytest.raises(IntegrityError), transaction(engine) as connection:
        connection.execute(insert(table).values(worth_hi=pair[0], worth_lo=pair[1]))
    engine.dispose()


@given(st.lists(st.integers(0, MAX_UNITS), max_size=30))
def test_a_sum_over_rows_is_exact_however_large(values: list[int]) -> None:
    metadata = MetaData()
    table = Table("things", metadata, *amount_columns("worth"))
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        metadata.create_all(connection)
        for value in values:
            high, low = limbs(value)
            connection.execute(insert(table).values(worth_hi=high, worth_lo=low))
        sums = connection.execute(select(*unit_sums(table.c.worth_hi, table.c.worth_lo))).one()
    engine.dispose()
    assert summed_units(sums) == sum(values)


def test_a_sum_beyond_64_bits_of_low_limbs_on_both_databases(empty_database_url: str) -> None:
    metadata = MetaData()
    table = Table("things", metadata, *amount_columns("worth"))
    engine = open_engine(empty_database_url)
    with transaction(engine) as connection:
        metadata.create_all(connection)
        connection.execute(insert(table), [{"worth_hi": 0, "worth_lo": LIMB - 1}] * 50)
        assert summed_units(connection.execute(select(*unit_sums(table.c.worth_hi, table.c.worth_lo))).one()) == 50 * (
            LIMB - 1
        )
    engine.dispose()
