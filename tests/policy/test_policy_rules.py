"""Rules and limits: first match wins, no match is a refusal, and what cannot be meant cannot be written."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.amounts import Amount, AssetUnknown
from holdfast.authority import Floor
from holdfast.policy import (
    Movement,
    Policy,
    PolicyDenied,
    PolicyMalformed,
    Rule,
    VaultLimit,
    default_policy,
    evaluate,
    limit_for,
    require_floors,
    signer_cap,
)


def btc(text: str) -> Amount:
    return Amount.from_text(text, "BTC")


def rule(name: str = "a rule", **fields: Any) -> Rule:
    values: dict[str, Any] = {
        "vault": "hot",
        "asset": "BTC",
        "above": None,
        "up_to": btc("1"),
        "customer_signed": False,
        "outcome": "allow",
        "approvals": 1,
        "role": "approver",
        "delay_s": 0,
    }
    return Rule(name, **(values | fields))


def deny(name: str = "no", **fields: Any) -> Rule:
    return rule(name, outcome="deny", approvals=0, role="", **fields)


LIMIT = VaultLimit("hot", "BTC", 86_400, btc("30"), btc("0.2"))


def policy(*rules: Rule, **fields: Any) -> Policy:
    values: dict[str, Any] = {
        "version": 1,
        "limits": (LIMIT,),
        "attestation_max_age_s": 600,
        "screening_max_age_s": 86_400,
        "intent_lifetime_s": 3_600,
    }
    return Policy(rules=rules, **(values | fields))


def movement(total: str, vault: str = "hot", customer_signed: bool = False) -> Movement:
    return Movement(vault, "BTC", btc(total), customer_signed)


def test_the_first_rule_that_matches_decides() -> None:
    both = policy(rule("small", up_to=btc("0.1")), rule("large", approvals=3, delay_s=60))
    assert evaluate(both, movement("0.1")).rule == "small"
    verdict = evaluate(both, movement("0.2"))
    assert (verdict.rule, verdict.approvals, verdict.role, verdict.delay_s) == ("large", 3, "approver", 60)
    swapped = policy(rule("large", above=btc("0.05"), approvals=3), rule("small", up_to=btc("0.1")))
    assert evaluate(swapped, movement("0.1")).rule == "large"


def test_what_no_rule_matches_is_denied() -> None:
    for nothing in (policy(), policy(rule())):
        with pytest.raises(PolicyDenied, match="no rule of policy 1") as denial:
            evaluate(nothing, movement("1.00000001"))
        assert denial.value.rule is None


def test_a_denial_names_its_rule() -> None:
    closed = policy(deny("closed", up_to=btc("0.5")), rule())
    assert evaluate(closed, movement("0.6")).rule == "a rule"
    with pytest.raises(PolicyDenied, match="'closed'") as denial:
        evaluate(closed, movement("0.5"))
    assert denial.value.rule == "closed"


@pytest.mark.parametrize(
    ("total", "matches"), [("0.1", False), ("0.10000001", True), ("0.5", True), ("0.50000001", False)]
)
def test_the_lower_bound_is_exclusive_and_the_upper_inclusive(total: str, matches: bool) -> None:
    bounded = policy(rule(above=btc("0.1"), up_to=btc("0.5")))
    if matches:
        assert evaluate(bounded, movement(total))
    else:
        with pytest.raises(PolicyDenied):
            evaluate(bounded, movement(total))


def test_a_rule_is_for_one_vault_or_for_all_and_for_one_asset() -> None:
    with pytest.raises(PolicyDenied):
        evaluate(policy(rule()), movement("0.1", vault="warm"))
    assert evaluate(policy(rule(vault="*")), movement("0.1", vault="warm"))
    with pytest.raises(PolicyDenied):
        evaluate(policy(rule(vault="*", up_to=None)), Movement("hot", "ETH", Amount("ETH", 1), True))


def test_a_rule_for_customers_orders_needs_them_all() -> None:
    signed_only = policy(rule(customer_signed=True))
    assert evaluate(signed_only, movement("0.1", customer_signed=True))
    with pytest.raises(PolicyDenied, match="without the customer's own order"):
        evaluate(signed_only, movement("0.1"))
    assert evaluate(policy(rule()), movement("0.1", customer_signed=True))


def test_a_movement_that_was_allowed_is_not_under_the_next_policy() -> None:
    assert evaluate(policy(rule()), movement("1"))
    with pytest.raises(PolicyDenied):
        evaluate(policy(rule(up_to=btc("0.5")), version=2), movement("1"))


@pytest.mark.parametrize(
    "fields",
    [
        {"outcome": "maybe"},
        {"approvals": 0},
        {"approvals": -1},
        {"approvals": 65},
        {"role": ""},
        {"delay_s": -1},
        {"delay_s": 367 * 86_400},
        {"vault": ""},
        {"above": btc("1"), "up_to": btc("1")},
        {"above": btc("2"), "up_to": btc("1")},
        {"up_to": btc("0")},
        {"up_to": Amount("ETH", 1)},
        {"above": Amount("ETH", 1)},
        {"vault": "hot\nwarm"},
    ],
)
def test_a_rule_that_cannot_be_meant(fields: dict[str, Any]) -> None:
    with pytest.raises(PolicyMalformed):
        rule(**fields)


def test_a_rule_has_a_name_and_a_known_asset() -> None:
    for name in ("", "x" * 81, "two\nlines"):
        with pytest.raises(PolicyMalformed):
            rule(name)
    with pytest.raises(AssetUnknown):
        rule(asset="DOGE", up_to=None)


@pytest.mark.parametrize("fields", [{"approvals": 1}, {"role": "approver"}, {"delay_s": 1}])
def test_a_denial_asks_for_nothing(fields: dict[str, Any]) -> None:
    with pytest.raises(PolicyMalformed):
        dataclasses.replace(deny(), **fields)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (rule("first"), rule("second")),
        (deny("first"), rule("second", approvals=3)),
        (rule("first"), rule("second", up_to=btc("0.5"))),
        (rule("first", vault="*", up_to=None), rule("second", above=btc("5"), up_to=None)),
        (rule("first"), rule("second", customer_signed=True)),
        (rule("first", above=btc("0")), rule("second", above=btc("0.1"))),
    ],
)
def test_a_rule_that_can_never_match_is_refused(earlier: Rule, later: Rule) -> None:
    with pytest.raises(PolicyMalformed, match="'second' can never match: 'first'"):
        policy(earlier, later)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (rule("first", customer_signed=True), rule("second")),
        (rule("first", up_to=btc("0.5")), rule("second")),
        (rule("first", above=btc("0.1")), rule("second")),
        (rule("first"), rule("second", vault="*")),
        (rule("first"), rule("second", up_to=None)),
    ],
)
def test_rules_that_overlap_in_part_are_fine(earlier: Rule, later: Rule) -> None:
    assert len(policy(earlier, later).rules) == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"version": 0},
        {"attestation_max_age_s": 0},
        {"screening_max_age_s": -1},
        {"intent_lifetime_s": 367 * 86_400},
        {"limits": (LIMIT, dataclasses.replace(LIMIT, window_s=60))},
        {"limits": (LIMIT,) * 201},
    ],
)
def test_a_policy_that_cannot_be_meant(fields: dict[str, Any]) -> None:
    with pytest.raises(PolicyMalformed):
        policy(rule(), **fields)


def test_rules_are_told_apart_by_name_and_bounded_in_number() -> None:
    with pytest.raises(PolicyMalformed, match="same name"):
        policy(rule(), rule(vault="warm"))
    with pytest.raises(PolicyMalformed, match="at most 200"):
        policy(*(rule(str(number), vault=str(number)) for number in range(201)))


@pytest.mark.parametrize(
    "fields",
    [
        {"vault": "*"},
        {"vault": ""},
        {"window_s": 0},
        {"window_s": 367 * 86_400},
        {"cap": Amount("ETH", 1)},
        {"unsigned_cap": Amount("ETH", 1)},
        {"unsigned_cap": btc("30.00000001")},
    ],
)
def test_a_limit_that_cannot_be_meant(fields: dict[str, Any]) -> None:
    with pytest.raises(PolicyMalformed):
        dataclasses.replace(LIMIT, **fields)


def test_a_vault_without_a_limit_pays_nothing() -> None:
    assert limit_for(policy(), "hot", "BTC") == LIMIT
    for vault, asset in (("warm", "BTC"), ("hot", "ETH")):
        with pytest.raises(PolicyDenied, match="no limit"):
            limit_for(policy(), vault, asset)


FLOORS = (Floor(btc("0.1"), 2), Floor(btc("1"), 3), Floor(Amount("ETH", 1), 9))


@pytest.mark.parametrize(
    ("total", "asked", "needed"), [("0.09999999", 1, 1), ("0.1", 1, 2), ("0.99999999", 1, 2), ("1", 1, 3), ("1", 5, 5)]
)
def test_floors_raise_what_the_policy_asks_for_and_never_lower_it(total: str, asked: int, needed: int) -> None:
    assert require_floors(FLOORS, btc(total), asked) == needed


def test_without_a_floor_the_policy_stands() -> None:
    assert require_floors((), btc("100"), 2) == 2


def test_each_signer_s_share_of_a_cap() -> None:
    assert signer_cap(3_000, 5, 3) == 1_000
    assert signer_cap(100, 3, 2) == 50
    assert signer_cap(101, 3, 2) == 50
    assert signer_cap(100, 4, 4) == 100
    for n, t in ((3, 0), (2, 3), (0, 0)):
        with pytest.raises(PolicyMalformed):
            signer_cap(100, n, t)


@given(st.data(), st.integers(2, 7))
def test_no_choice_of_quorums_takes_more_than_the_cap(data: st.DataObject, n: int) -> None:
    t = data.draw(st.integers(n // 2 + 1, n))
    cap = data.draw(st.integers(0, 1_000))
    corrupt = set(range(data.draw(st.integers(0, t - 1))))
    left = {signer: signer_cap(cap, n, t) for signer in range(n)}
    taken = 0
    for _ in range(40):
        quorum = data.draw(st.permutations(range(n)))[:t]
        honest = [signer for signer in quorum if signer not in corrupt]
        amount = data.draw(st.integers(0, min(left[signer] for signer in honest)))
        for signer in honest:
            left[signer] -= amount
        taken += amount
    assert taken <= cap


def test_the_default_policy_says_what_its_comments_say() -> None:
    shipped = default_policy()
    assert evaluate(shipped, movement("0.1", customer_signed=True)).approvals == 1
    assert evaluate(shipped, movement("0.10000001", customer_signed=True)).approvals == 3
    assert evaluate(shipped, movement("10", customer_signed=True)).approvals == 3
    assert evaluate(shipped, movement("0.05")).approvals == 2
    for refused in (movement("10.1", customer_signed=True), movement("0.06"), movement("0.01", vault="cold")):
        with pytest.raises(PolicyDenied, match="everything else"):
            evaluate(shipped, refused)
    limit = limit_for(shipped, "hot", "BTC")
    assert (limit.cap, limit.unsigned_cap, limit.window_s) == (btc("30"), btc("0.2"), 86_400)
