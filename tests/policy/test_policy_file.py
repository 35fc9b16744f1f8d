"""The policy file: read strictly, refused in one line that names the rule, and tried out by simulation."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canonical_strategies import policies
from holdfast.amounts import Amount
from holdfast.errors import HoldfastError
from holdfast.policy import (
    Movement,
    Policy,
    PolicyMalformed,
    default_policy,
    policy_from_text,
    policy_to_text,
    read_policy,
    simulate,
)

TEXT = policy_to_text(default_policy())


@settings(max_examples=30, deadline=None)
@given(policies())
def test_a_written_policy_is_read_back(policy: Policy) -> None:
    assert policy_from_text(policy_to_text(policy)) == policy


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_an_altered_file_is_read_or_refused_never_worse(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(TEXT)))
    altered = TEXT[:at] + data.draw(st.text(max_size=5)) + TEXT[at + data.draw(st.integers(0, 5)) :]
    refusal = None
    try:
        policy_from_text(altered)
    except HoldfastError as fault:
        refusal = fault
    assert refusal is None or ("\n" not in str(refusal) and refusal.exit_status == 2)


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        ('up_to = "0.1 BTC"', 'upto = "0.1 BTC"', "rule 'small, signed by the customers': upto: unknown key"),
        ('vault = "hot"\n', "", "rule 'small, signed by the customers': vault: missing"),
        ("approvals = 3", 'approvals = "3"', "rule 'large, signed by the customers': approvals: input should be"),
        ("approvals = 3", "approvals = 3.0", "rule 'large, signed by the customers': approvals"),
        ("approvals = 3", "approvals = true", "rule 'large, signed by the customers': approvals"),
        ("approvals = 3", "approvals = 0", "rule 'large, signed by the customers': allowing takes"),
        ('"10 BTC"', '"10"', "rule 'large, signed by the customers': up_to: '10' is no amount"),
        ('"10 BTC"', "10", "rule 'large, signed by the customers': up_to"),
        ('"10 BTC"', '"ten BTC"', "rule 'large, signed by the customers': up_to: 'ten' is not an amount"),
        ('"10 BTC"', '"10 DOGE"', "rule 'large, signed by the customers': up_to: unknown asset 'DOGE'"),
        ('"10 BTC"', '"10 ETH"', "rule 'large, signed by the customers': its bounds are not of BTC"),
        ('"10 BTC"', '"-1 BTC"', "rule 'large, signed by the customers': up_to: '-1'"),
        ('outcome = "deny"', 'outcome = "allow"', "rule 'everything else': allowing takes"),
        ('cap = "30 BTC"', 'cap = "0.1 BTC"', "limit of hot: the unsigned cap is above the cap"),
        ('cap = "30 BTC"', 'cap = "30"', "limit 'hot': cap: '30' is no amount"),
        ("version = 1", "version = 0", "a policy's version is 1 or more"),
        ("version = 1", "versoin = 1", "version: missing"),
        ("version = 1", "version = 1\nfuture = true", "future: unknown key"),
        ("version = 1", "version =", "the policy is not TOML"),
        ("[[limits]]", "[[limit]]", "limits: missing"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line_that_names_the_rule(old: str, new: str, refusal: str) -> None:
    assert old in TEXT
    with pytest.raises(PolicyMalformed) as fault:
        policy_from_text(TEXT.replace(old, new, 1))
    assert str(fault.value).startswith(refusal)
    assert "\n" not in str(fault.value)
    assert (fault.value.code, fault.value.exit_status) == ("policy.malformed", 2)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(TEXT)
    assert read_policy(path) == default_policy()
    for content in (b"\xff", b"#" * 200_001):
        path.write_bytes(content)
        with pytest.raises(PolicyMalformed):
            read_policy(path)
    path.unlink()
    with pytest.raises(PolicyMalformed, match=r"policy\.toml cannot be read"):
        read_policy(path)
    os.mkfifo(path)
    with pytest.raises(PolicyMalformed, match=r"policy\.toml is no regular file"):
        read_policy(path)


def test_simulation_shows_each_movement_s_fate() -> None:
    totals = (("0.1", True), ("5", True), ("5", False), ("0.01", False))
    movements = [Movement("hot", "BTC", Amount.from_text(total, "BTC"), signed) for total, signed in totals]
    rows = simulate(default_policy(), movements)
    assert [(row.outcome, row.approvals) for row in rows] == [("allow", 1), ("allow", 3), ("deny", 0), ("allow", 2)]
    assert rows[2].rule == "everything else"
    assert [row.movement for row in rows] == movements
    unmatched = simulate(default_policy(), [Movement("hot", "ETH", Amount("ETH", 1), True)])
    assert (unmatched[0].outcome, unmatched[0].rule) == ("deny", None)
