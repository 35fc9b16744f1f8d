"""A policy in words: each rule as one sentence, limits and ages as people say them."""

from dataclasses import dataclass

from holdfast.policy import ANY_VAULT, DENY, Policy, Rule

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


@dataclass(frozen=True)
class RuleInWords:
    """A rule: when it matches, and what it then says."""

    rule: Rule
    matches: str
    says: str


def rules_in_words(policy: Policy) -> tuple[RuleInWords, ...]:
    """The rules, in the order in which they are tried."""
    return tuple(RuleInWords(rule, _matches(rule), _says(rule)) for rule in policy.rules)


def _matches(rule: Rule) -> str:
    where = "any vault" if rule.vault == ANY_VAULT else f"vault {rule.vault}"
    signed = ", every payment of it ordered by a customer's own passkey" if rule.customer_signed else ""
    return f"{_amounts(rule)} out of {where}{signed}"


def _amounts(rule: Rule) -> str:
    if rule.above is not None and rule.up_to is not None:
        return f"More than {rule.above.on_page()}, at most {rule.up_to.on_page()},"
    if rule.above is not None:
        return f"More than {rule.above.on_page()}"
    return f"At most {rule.up_to.on_page()}" if rule.up_to is not None else f"Any amount of {rule.asset}"


def _says(rule: Rule) -> str:
    if rule.outcome == DENY:
        return "is denied"
    persons = "one person" if rule.approvals == 1 else f"{rule.approvals} different persons"
    delay = f", and is signed {span(rule.delay_s)} later at the earliest" if rule.delay_s else ""
    return f"takes {persons} with the role {rule.role}{delay}"


def span(seconds: int) -> str:
    """A span in its largest whole unit: ``24 hours`` stays hours, ``604800`` becomes ``7 days``."""
    for unit_s, unit in _UNITS:
        if seconds >= unit_s and seconds % unit_s == 0:
            count = seconds // unit_s
            if unit == "day" and count == 1:
                return "24 hours"
            return f"{count:,} {unit}{'' if count == 1 else 's'}"
    return "no time"
