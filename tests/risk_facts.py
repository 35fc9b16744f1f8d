"""A regular customer's withdrawal, and ways to make it less regular."""

import dataclasses
from typing import Any

from holdfast.amounts import Amount
from holdfast.risk import CustomerHistory, DestinationHistory, WithdrawalFacts

NOW_S = 1_760_000_000
DAY_S = 86_400


def btc(text: str) -> Amount:
    """An amount of bitcoin."""
    return Amount.from_text(text, "BTC")


REGULAR = CustomerHistory(
    enrolled_at_s=NOW_S - 400 * DAY_S,
    credential_changed_at_s=None,
    last_deposit_at_s=NOW_S - 30 * DAY_S,
    balance=btc("10"),
    withdrawals_30d=4,
    withdrawn_30d=btc("2"),
    withdrawals_last_hour=0,
    withdrawals_last_day=0,
    failed_assertions_last_day=0,
    hours_active=(6, 7, 8, 9, 10),
)
KNOWN = DestinationHistory(used_before_at_s=NOW_S - 10 * DAY_S, other_customers=0)
NEW = DestinationHistory(None, 0)
USUAL = WithdrawalFacts(btc("0.5"), NOW_S, True, REGULAR, KNOWN)


def facts(
    amount: str = "0.5", *, signed: bool = True, destination: DestinationHistory = KNOWN, **history: Any
) -> WithdrawalFacts:
    """The regular customer's withdrawal, with some facts changed."""
    return WithdrawalFacts(btc(amount), NOW_S, signed, dataclasses.replace(REGULAR, **history), destination)
