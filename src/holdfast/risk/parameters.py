"""The declared parameters: what each means, how it is counted, and who could game it.

Values are whole thousandths ("millis") of the parameter's unit, so that a decision is the same on every machine.
"""

from collections.abc import Callable
from dataclasses import dataclass

from holdfast.risk.types import WithdrawalFacts

PARAMETERS_VERSION = 1
"""Grows with every change of a parameter's meaning; attestations carry it."""

MILLIS = 1_000

CEILING = 1_000_000 * MILLIS
"""The largest value of any parameter, in thousandths: beyond it nothing gets more unusual."""

_MINUTE_S = 60
_UNKNOWN_AGE = 0


@dataclass(frozen=True)
class Parameter:
    """One declared parameter. ``compute`` gives its value in thousandths of ``unit``.

    ``window`` is the time that it looks back over, ``missing`` its value where the facts say nothing, and
    ``gamed_by`` who could bring it into their favour and how.
    """

    identifier: str
    meaning: str
    unit: str
    window: str
    missing: str
    gamed_by: str
    compute: Callable[[WithdrawalFacts], int]


def _ratio(part: int, whole: int) -> int:
    return min(part * MILLIS // whole, CEILING) if whole else CEILING


def _amount_to_mean(facts: WithdrawalFacts) -> int:
    history = facts.customer
    if history.withdrawals_30d == 0 or history.withdrawn_30d.units == 0:
        return MILLIS
    return _ratio(facts.amount.units * history.withdrawals_30d, history.withdrawn_30d.units)


def _share_of_balance(facts: WithdrawalFacts) -> int:
    return _ratio(facts.amount.units, facts.customer.balance.units)


def _minutes_since(moment_s: int | None, facts: WithdrawalFacts, never: int) -> int:
    if moment_s is None:
        return never
    return min((facts.requested_at_s - moment_s) * MILLIS // _MINUTE_S, CEILING)


def _hour_unusual(facts: WithdrawalFacts) -> int:
    hours = facts.customer.hours_active
    # With fewer than five different hours known, any hour would look unusual.
    if len(set(hours)) < 5:
        return 0
    hour = facts.requested_at_s // 3_600 % 24
    return min(min((hour - known) % 24, (known - hour) % 24) for known in hours) * MILLIS


PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "amount_to_mean_30d",
        "this amount over the mean of the customer's completed withdrawals",
        "times",
        "30 days",
        "1 (as usual): a first withdrawal is judged by the others",
        "the customer, or whoever holds the account, by raising amounts slowly",
        _amount_to_mean,
    ),
    Parameter(
        "withdrawals_last_hour",
        "requests before this one",
        "requests",
        "1 hour",
        "0",
        "whoever spreads requests over time",
        lambda facts: min(facts.customer.withdrawals_last_hour * MILLIS, CEILING),
    ),
    Parameter(
        "withdrawals_last_day",
        "requests before this one",
        "requests",
        "24 hours",
        "0",
        "whoever spreads requests over days",
        lambda facts: min(facts.customer.withdrawals_last_day * MILLIS, CEILING),
    ),
    Parameter(
        "minutes_since_enrolment",
        "age of the customer's account",
        "minutes",
        "whole history",
        "0 (enrolled just now)",
        "whoever buys or prepares aged accounts",
        lambda facts: _minutes_since(facts.customer.enrolled_at_s, facts, _UNKNOWN_AGE),
    ),
    Parameter(
        "minutes_since_credential_change",
        "time since a passkey was last added or replaced",
        "minutes",
        "whole history",
        "the largest value (never changed)",
        "whoever takes an account over and waits",
        lambda facts: _minutes_since(facts.customer.credential_changed_at_s, facts, CEILING),
    ),
    Parameter(
        "minutes_since_deposit",
        "time between the last deposit and this withdrawal: coins that only pass through",
        "minutes",
        "whole history",
        "the largest value (no deposit)",
        "whoever lets coins rest, or whoever sends a victim a tiny deposit",
        lambda facts: _minutes_since(facts.customer.last_deposit_at_s, facts, CEILING),
    ),
    Parameter(
        "destination_new",
        "1 if this customer never withdrew there before",
        "yes or no",
        "whole history",
        "1 (new)",
        "whoever first sends a small amount there",
        lambda facts: MILLIS if facts.destination.used_before_at_s is None else 0,
    ),
    Parameter(
        "destination_other_customers",
        "other customers that withdrew there: a collecting address, or another exchange's",
        "customers",
        "whole history",
        "0",
        "whoever uses a fresh address for each victim",
        lambda facts: min(facts.destination.other_customers * MILLIS, CEILING),
    ),
    Parameter(
        "share_of_balance",
        "part of the customer's balance that leaves",
        "of 1",
        "now",
        "the largest value (no balance)",
        "whoever empties an account in parts",
        _share_of_balance,
    ),
    Parameter(
        "hour_unusual",
        "distance to the nearest hour of the day (UTC) in which the customer withdrew before",
        "hours",
        "whole history",
        "0 below five known hours",
        "whoever knows the customer's habits",
        _hour_unusual,
    ),
    Parameter(
        "failed_assertions_last_day",
        "passkey assertions that did not verify",
        "assertions",
        "24 hours",
        "0",
        "whoever wants to lock the customer out, by failing on purpose",
        lambda facts: min(facts.customer.failed_assertions_last_day * MILLIS, CEILING),
    ),
    Parameter(
        "customer_unsigned",
        "1 if the customer's own passkey did not sign exactly this payment",
        "yes or no",
        "this payment",
        "1 (not signed)",
        "nobody without the customer's authenticator: signers verify the assertion again",
        lambda facts: 0 if facts.customer_signed else MILLIS,
    ),
)
"""In the order in which a decision shows them."""


def compute_parameters(facts: WithdrawalFacts) -> tuple[tuple[str, int], ...]:
    """Every parameter's identifier and value in thousandths, in the order of :data:`PARAMETERS`."""
    return tuple((parameter.identifier, parameter.compute(facts)) for parameter in PARAMETERS)
