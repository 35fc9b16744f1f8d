"""Amounts: whole base units of one asset, read exactly and never mixed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.amounts import (
    ASSETS,
    MAX_UNITS,
    Amount,
    AmountMalformed,
    AmountNotPositive,
    AmountOutOfRange,
    AssetMismatch,
    AssetUnknown,
    asset_named,
)


@pytest.mark.parametrize(
    ("text", "asset", "units"),
    [
        ("0", "BTC", 0),
        ("0.00000001", "BTC", 1),
        ("0.5", "BTC", 50_000_000),
        ("21000000", "BTC", 2_100_000_000_000_000),
        ("007.10", "BTC", 710_000_000),
        (" 1 ", "BTC", 100_000_000),
        ("0.000000000000000001", "ETH", 1),
        ("9.223372036854775808", "ETH", 2**63),
        ("1000000000000000000", "ETH", MAX_UNITS),
    ],
)
def test_plain_decimals_are_read_exactly(text: str, asset: str, units: int) -> None:
    assert Amount.from_text(text, asset).units == units


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        ".",
        "1.",
        ".5",
        "-1",
        "+1",
        "1e3",
        "1,000",
        "0x1",
        "1_000",
        "NaN",
        "inf",
        "1 2",
        "\u0661",
        "²",
        "1" * 81,
    ],
)
def test_anything_else_is_malformed(text: str) -> None:
    with pytest.raises(AmountMalformed):
        Amount.from_text(text, "BTC")


def test_finer_than_the_base_unit_is_refused_never_rounded() -> None:
    with pytest.raises(AmountMalformed, match="8 decimal places"):
        Amount.from_text("0.000000001", "BTC")
    assert Amount.from_text("0.000000001", "ETH").units == 10**9


@pytest.mark.parametrize("units", [-1, MAX_UNITS + 1, 1.0, True, "1", None])
def test_units_are_whole_and_in_range(units: Any) -> None:
    with pytest.raises(AmountOutOfRange):
        Amount("BTC", units)
    assert Amount("BTC", MAX_UNITS)


def test_text_beyond_the_range_is_refused() -> None:
    with pytest.raises(AmountOutOfRange):
        Amount.from_text("1" + "0" * 40, "BTC")


def test_unknown_assets_are_refused_wherever_they_appear() -> None:
    for symbol in ("", "btc", "DOGE", "B" * 1_000):
        with pytest.raises(AssetUnknown):
            asset_named(symbol)
        with pytest.raises(AssetUnknown):
            Amount(symbol, 1)
        with pytest.raises(AssetUnknown):
            Amount.from_text("1", symbol)


def test_zero_is_an_amount_but_moves_nothing() -> None:
    assert Amount("BTC", 1).positive() == Amount("BTC", 1)
    with pytest.raises(AmountNotPositive):
        Amount("BTC", 0).positive()


def test_amounts_of_one_asset_add_subtract_and_compare() -> None:
    one, two = Amount("BTC", 1), Amount("BTC", 2)
    assert one + one == two
    assert two - one == one
    assert one < two
    assert one <= two <= Amount("BTC", 2)
    assert two > one
    assert two >= one
    with pytest.raises(AmountOutOfRange):
        _ = one - two
    with pytest.raises(AmountOutOfRange):
        _ = Amount("BTC", MAX_UNITS) + one


def test_two_assets_do_not_mix() -> None:
    bitcoin, ether = Amount("BTC", 1), Amount("ETH", 1)
    for mixed in (
        lambda: bitcoin + ether,
        lambda: bitcoin - ether,
        lambda: bitcoin < ether,
        lambda: bitcoin <= ether,
        lambda: bitcoin > ether,
    ):
        with pytest.raises(AssetMismatch):
            mixed()
    assert bitcoin != ether


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Amount("BTC", 0), "0 BTC"),
        (Amount("BTC", 1), "0.00000001 BTC"),
        (Amount("BTC", 1_500_000), "0.015 BTC"),
        (Amount("BTC", 123_456_700_000_000), "1,234,567 BTC"),
        (Amount("ETH", 2**63), "9.223372036854775808 ETH"),
    ],
)
def test_an_amount_shows_every_decimal_that_matters(amount: Amount, text: str) -> None:
    assert str(amount) == text


@given(st.sampled_from(sorted(ASSETS)), st.integers(0, MAX_UNITS))
def test_what_is_shown_is_read_back(asset: str, units: int) -> None:
    amount = Amount(asset, units)
    number, _, symbol = str(amount).replace(",", "").partition(" ")
    assert Amount.from_text(number, symbol) == amount


def test_pages_set_groups_of_digits_apart_without_a_comma() -> None:
    """Much of the world reads ``1,000`` as one."""
    assert Amount("BTC", 123_456_789_000_000_00).on_page() == "123\u202f456\u202f789 BTC"
    assert Amount("BTC", 100_050_000_000).on_page() == "1\u202f000.5 BTC"
    assert str(Amount("BTC", 100_050_000_000)) == "1,000.5 BTC"
    with pytest.raises(AmountMalformed):
        Amount.from_text("1\u202f000.5", "BTC")
