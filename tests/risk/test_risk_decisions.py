"""Decisions: explained by declared parameters, the same on every machine, worse for worse facts."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.amounts import Amount
from holdfast.authority import ALLOW, BLOCK, REVIEW, STEP_UP
from holdfast.risk import (
    PARAMETERS,
    WEIGHTS,
    CustomerHistory,
    DestinationHistory,
    FactsMalformed,
    WithdrawalFacts,
    compute_parameters,
    decide,
)
from risk_facts import DAY_S, NEW, NOW_S, USUAL, btc, facts


def value(identifier: str, given: WithdrawalFacts) -> int:
    return dict(compute_parameters(given))[identifier]


def test_a_regular_customer_s_usual_withdrawal_is_allowed_without_a_reason() -> None:
    decision = decide(USUAL)
    assert (decision.decision, decision.score_millionths, decision.reasons) == (ALLOW, 3_500, ())


def test_a_new_customer_s_first_signed_withdrawal_is_allowed() -> None:
    first = facts(
        "10",
        destination=NEW,
        enrolled_at_s=NOW_S,
        last_deposit_at_s=NOW_S,
        withdrawals_30d=0,
        withdrawn_30d=btc("0"),
        hours_active=(),
    )
    decision = decide(first)
    assert (decision.decision, decision.score_millionths) == (ALLOW, 300_000)
    assert decision.reasons == (
        "account only 0 minutes old",
        "first withdrawal to this destination",
        "100 % of the balance leaves",
        "deposited 0 minutes ago",
    )


def test_an_account_emptied_after_a_passkey_change_is_not() -> None:
    taken = facts("10", destination=NEW, credential_changed_at_s=NOW_S - 120)
    decision = decide(taken)
    assert decision.decision in (REVIEW, BLOCK)
    assert decision.reasons[0] == "passkey changed 2 minutes ago"
    # A day later the change itself says nothing any more.
    later = dataclasses.replace(taken.customer, credential_changed_at_s=NOW_S - DAY_S)
    waited = decide(dataclasses.replace(taken, customer=later))
    assert waited.score_millionths < decision.score_millionths - 290_000


def test_the_four_outcomes_in_order() -> None:
    steps = [
        USUAL,
        facts("10", destination=NEW, signed=False),
        facts("10", destination=NEW, signed=False, failed_assertions_last_day=6),
        facts("10", destination=NEW, signed=False, failed_assertions_last_day=6, credential_changed_at_s=NOW_S),
    ]
    assert [decide(step).decision for step in steps] == [ALLOW, STEP_UP, REVIEW, BLOCK]


def test_a_score_is_the_sum_of_its_contributions() -> None:
    decision = decide(facts("4", destination=NEW, signed=False, withdrawals_last_hour=6))
    assert decision.score_millionths == sum(one.millionths for one in decision.contributions)
    assert [one.parameter for one in decision.contributions] == [weight.parameter for weight in WEIGHTS]


def test_every_declared_parameter_is_weighed_once_and_explained() -> None:
    identifiers = [parameter.identifier for parameter in PARAMETERS]
    assert len(set(identifiers)) == len(identifiers) >= 12
    assert sorted(weight.parameter for weight in WEIGHTS) == sorted(identifiers)
    for parameter in PARAMETERS:
        texts = (parameter.meaning, parameter.unit, parameter.window, parameter.missing, parameter.gamed_by)
        assert all(texts)


@pytest.mark.parametrize(
    ("identifier", "given_facts", "millis"),
    [
        ("amount_to_mean_30d", USUAL, 1_000),
        ("amount_to_mean_30d", facts("5"), 10_000),
        ("amount_to_mean_30d", facts(withdrawals_30d=0, withdrawn_30d=btc("0")), 1_000),
        ("withdrawals_last_hour", facts(withdrawals_last_hour=3), 3_000),
        ("withdrawals_last_day", facts(withdrawals_last_day=9), 9_000),
        ("minutes_since_enrolment", facts(enrolled_at_s=NOW_S - 90), 1_500),
        ("minutes_since_enrolment", facts(enrolled_at_s=None), 0),
        ("minutes_since_credential_change", facts(credential_changed_at_s=NOW_S - 60), 1_000),
        ("minutes_since_credential_change", USUAL, 1_000_000_000),
        ("minutes_since_deposit", facts(last_deposit_at_s=NOW_S - 600), 10_000),
        ("minutes_since_deposit", facts(last_deposit_at_s=None), 1_000_000_000),
        ("destination_new", USUAL, 0),
        ("destination_new", facts(destination=NEW), 1_000),
        ("destination_other_customers", facts(destination=DestinationHistory(None, 5)), 5_000),
        ("share_of_balance", facts("2.5"), 250),
        ("share_of_balance", facts(balance=btc("0")), 1_000_000_000),
        ("hour_unusual", USUAL, 0),
        ("hour_unusual", facts(hours_active=(18, 19, 20, 21, 22)), 10_000),
        ("hour_unusual", facts(hours_active=(20,) * 9), 0),
        ("failed_assertions_last_day", facts(failed_assertions_last_day=2), 2_000),
        ("customer_unsigned", USUAL, 0),
        ("customer_unsigned", facts(signed=False), 1_000),
    ],
)
def test_each_parameter(identifier: str, given_facts: WithdrawalFacts, millis: int) -> None:
    assert value(identifier, given_facts) == millis


COUNTS = st.integers(0, 200)
PAST = st.none() | st.integers(0, NOW_S)
HISTORIES = st.builds(
    CustomerHistory,
    PAST,
    PAST,
    PAST,
    st.integers(0, 10**15).map(lambda units: Amount("BTC", units)),
    COUNTS,
    st.integers(0, 10**15).map(lambda units: Amount("BTC", units)),
    COUNTS,
    COUNTS,
    COUNTS,
    st.lists(st.integers(0, 23), max_size=9).map(tuple),
)
FACTS = st.builds(
    WithdrawalFacts,
    st.integers(1, 10**15).map(lambda units: Amount("BTC", units)),
    st.just(NOW_S),
    st.booleans(),
    HISTORIES,
    st.builds(DestinationHistory, PAST, COUNTS),
)


@given(FACTS)
def test_any_facts_get_one_repeatable_answer_in_range(given_facts: WithdrawalFacts) -> None:
    decision = decide(given_facts)
    assert decision == decide(given_facts)
    assert 0 <= decision.score_millionths <= 1_000_000
    assert len(decision.reasons) <= 4
    assert all(type(millis) is int and millis >= 0 for _, millis in decision.parameters)


@given(FACTS, st.sampled_from(["withdrawals_last_hour", "failed_assertions_last_day", "withdrawals_last_day"]))
def test_more_of_what_is_suspicious_never_lowers_a_score(given_facts: WithdrawalFacts, field: str) -> None:
    more = {field: getattr(given_facts.customer, field) + 1}
    worse = dataclasses.replace(given_facts, customer=dataclasses.replace(given_facts.customer, **more))
    assert decide(worse).score_millionths >= decide(given_facts).score_millionths


@pytest.mark.parametrize(
    "history",
    [
        {"enrolled_at_s": NOW_S + 1},
        {"last_deposit_at_s": -1},
        {"withdrawals_last_hour": -1},
        {"failed_assertions_last_day": True},
        {"balance": Amount("ETH", 1)},
        {"withdrawn_30d": Amount("ETH", 1)},
        {"hours_active": (24,)},
    ],
)
def test_facts_that_cannot_be(history: dict[str, Any]) -> None:
    with pytest.raises(FactsMalformed):
        facts(**history)


def test_a_withdrawal_of_nothing_or_before_its_history_cannot_be() -> None:
    with pytest.raises(FactsMalformed):
        facts("0")
    with pytest.raises(FactsMalformed):
        facts(destination=DestinationHistory(NOW_S + 1, 0))
    with pytest.raises(FactsMalformed):
        dataclasses.replace(USUAL, requested_at_s=NOW_S - 401 * DAY_S)
