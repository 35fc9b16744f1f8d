"""The weights: how much each parameter adds to a score, in whole millionths, and in which words it is told."""

from collections.abc import Callable
from dataclasses import dataclass

from holdfast.risk.parameters import MILLIS

RULES_VERSION = 1
"""Grows with every change of a weight or a limit; attestations carry it."""

STEP_UP_AT, REVIEW_AT, BLOCK_AT = 350_000, 550_000, 800_000
"""The scores, in millionths, from which the customer must confirm again, a person must look, nothing moves."""

DAY_MINUTES = 24 * 60


@dataclass(frozen=True)
class Contribution:
    """What one parameter adds to the score, in millionths, and why in words."""

    parameter: str
    millionths: int
    reason: str


@dataclass(frozen=True)
class Weight:
    """A straight line between two values of a parameter, in whole units: nothing at ``none_at``, all at ``full_at``.

    ``full_at`` below ``none_at`` means that small values are the suspicious ones.
    """

    parameter: str
    none_at: int
    full_at: int
    millionths: int
    words: Callable[[int], str]

    def contribution(self, value_millis: int) -> Contribution:
        """The contribution of a value in thousandths."""
        none_at, full_at = self.none_at * MILLIS, self.full_at * MILLIS
        span, way = abs(full_at - none_at), value_millis - none_at
        way = min(max(way if full_at > none_at else -way, 0), span)
        return Contribution(self.parameter, self.millionths * way // span, self.words(value_millis))


def _times(value_millis: int) -> str:
    return f"{value_millis // MILLIS}.{value_millis % MILLIS // 100}"


def _span(value_millis: int) -> str:
    minutes = value_millis // MILLIS
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 2 * DAY_MINUTES else f"{minutes // DAY_MINUTES} days"


WEIGHTS: tuple[Weight, ...] = (
    Weight("amount_to_mean_30d", 2, 20, 200_000, lambda value: f"{_times(value)} times the customer's usual amount"),
    Weight("withdrawals_last_hour", 2, 10, 150_000, lambda value: f"{value // MILLIS} requests in the last hour"),
    Weight("withdrawals_last_day", 5, 30, 100_000, lambda value: f"{value // MILLIS} requests in the last day"),
    Weight("minutes_since_enrolment", DAY_MINUTES, 0, 100_000, lambda value: f"account only {_span(value)} old"),
    Weight(
        "minutes_since_credential_change", DAY_MINUTES, 0, 300_000, lambda value: f"passkey changed {_span(value)} ago"
    ),
    Weight("minutes_since_deposit", 60, 0, 50_000, lambda value: f"deposited {_span(value)} ago"),
    Weight("destination_new", 0, 1, 80_000, lambda _value: "first withdrawal to this destination"),
    Weight(
        "destination_other_customers", 2, 20, 100_000, lambda value: f"{value // MILLIS} other customers withdrew there"
    ),
    Weight("share_of_balance", 0, 1, 70_000, lambda value: f"{min(value // 10, 100)} % of the balance leaves"),
    Weight("hour_unusual", 3, 9, 50_000, lambda value: f"{value // MILLIS} hours from the customer's usual hours"),
    Weight(
        "failed_assertions_last_day",
        1,
        6,
        200_000,
        lambda value: f"{value // MILLIS} failed passkey assertions in a day",
    ),
    Weight("customer_unsigned", 0, 1, 150_000, lambda _value: "not signed by the customer's own passkey"),
)
"""Chosen by judgement, not learned from labelled losses: no figure here is a measured error rate.

A new customer's first signed withdrawal of everything, at once after depositing, scores 300,000 and is allowed; an
account emptied to a new destination within minutes of a passkey change scores at least 450,000 and is not.
"""
