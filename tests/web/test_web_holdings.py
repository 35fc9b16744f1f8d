"""What the chain holds against what customers are owed; how much of a limit is used; amounts as they are set."""

import pytest

from holdfast.amounts import Amount
from holdfast.custody import SignerHealth
from holdfast.policy import VaultLimit
from holdfast.web.alerts import alerts
from holdfast.web.reading.log import ShownLog
from holdfast.web.reading.policy import span
from holdfast.web.reading.vaults import ShownAsset, UsedLimit
from holdfast.web.refreshed import Found
from holdfast.web.rendering import amount_parts, amount_value, per_cent, signed_units, took


def btc(units: int) -> Amount:
    """Satoshi."""
    return Amount("BTC", units)


def asset(on_chain: int, customers: int, house: int = 0, cold: int = 0) -> ShownAsset:
    """An asset in satoshi."""
    return ShownAsset("BTC", btc(on_chain), btc(customers), btc(0), btc(house), btc(cold))


def test_coverage() -> None:
    covered = asset(171, 100, house=70)
    assert (covered.covered, covered.coverage_per_myriad, covered.unbooked_units) == (True, 17_100, 1)
    short = asset(99, 100)
    assert (short.covered, short.coverage_per_myriad, short.unbooked_units) == (False, 9_900, -1)
    assert asset(5, 0).coverage_per_myriad is None
    assert asset(0, 0).covered


def test_the_cold_share() -> None:
    assert asset(0, 0).cold_per_myriad == 0
    assert asset(200, 0, cold=191).cold_per_myriad == 9_550


def test_an_asset_that_does_not_cover_its_customers_is_an_alert() -> None:
    found = alerts(
        vaults=(),
        holdings=[asset(99, 100), asset(100, 100)],
        payouts=(),
        log=ShownLog(0, None, ()),
        signers=[SignerHealth("bern", None, "signer.unavailable")],
        ledger=Found(),
        log_check=Found(),
    )
    assert [(alert.tone, alert.code) for alert in found] == [("bad", "reserves.not_covered"), ("watch", None)]


@pytest.mark.parametrize(
    ("used", "cap", "percent"), [(0, 100, 0), (1, 100, 1), (99, 100, 99), (120, 100, 100), (0, 0, 100)]
)
def test_how_much_of_a_limit_is_used(used: int, cap: int, percent: int) -> None:
    limit = VaultLimit("hot", "BTC", 60, btc(cap), btc(0))
    assert UsedLimit(limit, btc(used), btc(0)).used_percent == percent


@pytest.mark.parametrize(
    ("units", "parts"),
    [
        (0, ("0", ".00000000", "BTC")),
        (20_000_000, ("0.2", "0000000", "BTC")),
        (123, ("0.00000123", "", "BTC")),
        (100_000_000_000, ("1\u202f000", ".00000000", "BTC")),
    ],
)
def test_amounts_line_up_and_read_as_they_are(units: int, parts: tuple[str, str, str]) -> None:
    assert amount_parts(btc(units)) == parts
    assert amount_value(btc(units)) == parts[0].replace("\u202f", "")


def test_small_ether_is_not_filled() -> None:
    assert amount_parts(Amount("ETH", 1)) == ("0.000000000000000001", "", "ETH")


def test_numbers_and_spans_in_words() -> None:
    assert [per_cent(each) for each in (0, 9_550, 10_000, 17_142)] == ["0 %", "95.5 %", "100 %", "171.42 %"]
    assert [took(each) for each in (0, 59, 60, 3_725, 90_061)] == ["0 s", "59 s", "1 min", "1 h 2 min", "1 d 1 h"]
    assert [span(each) for each in (1, 60, 600, 86_400, 604_800, 90)] == [
        "1 second", "1 minute", "10 minutes", "24 hours", "7 days", "90 seconds",
    ]  # fmt: skip
    assert [signed_units(each, "BTC") for each in (5, 0, -5)] == [
        "+0.00000005 BTC", "0 BTC", "\N{MINUS SIGN}0.00000005 BTC",
    ]  # fmt: skip
