"""A policy: which movements are allowed and who has to agree, as one canonical, versioned object."""

from dataclasses import dataclass

from holdfast.amounts import Amount, asset_named
from holdfast.encoding import Canonical
from holdfast.policy.errors import PolicyMalformed

ALLOW, DENY = OUTCOMES = ("allow", "deny")
"""What a rule can say."""

ANY_VAULT = "*"
"""Matches every vault in a rule."""

MAX_RULES = 200
"""The most rules, and the most limits, that a policy holds."""

MAX_PERSONS = 64
"""The most distinct persons that a rule can ask for."""

MAX_SECONDS = 366 * 86_400
"""The longest delay, window, age or lifetime that a policy can name: a year."""

MAX_LIST_AGE_S = 20 * MAX_SECONDS
"""The oldest sanctions list that a policy can accept; a list is replaced when its authority publishes, not daily."""


def _is_label(text: str) -> bool:
    return 1 <= len(text) <= 80 and text.isprintable()


@dataclass(frozen=True)
class Rule:
    """One rule; the first that matches a movement decides it.

    It matches a movement out of ``vault`` (or any, ``"*"``) of ``asset`` whose total is more than ``above`` and
    at most ``up_to`` (``None``: unbounded), and in which, if ``customer_signed`` is set, every payment carries the
    customer's own order. ``allow`` asks for ``approvals`` distinct persons with ``role``, and for ``delay_s``
    seconds to pass after the intent was logged before a signer signs it.
    """

    name: str
    vault: str
    asset: str
    above: Amount | None
    up_to: Amount | None
    customer_signed: bool
    outcome: str
    approvals: int
    role: str
    delay_s: int

    def __post_init__(self) -> None:
        """Refuse a rule that cannot be meant."""
        asset_named(self.asset)
        if not (_is_label(self.name) and _is_label(self.vault) and (not self.role or _is_label(self.role))):
            raise PolicyMalformed("a rule's name, vault and role are 1 to 80 printable characters")
        if self.outcome not in OUTCOMES:
            raise PolicyMalformed(f"rule {self.name!r}: the outcome is {ALLOW} or {DENY}, not {self.outcome[:20]!r}")
        if any(bound is not None and bound.asset != self.asset for bound in (self.above, self.up_to)):
            raise PolicyMalformed(f"rule {self.name!r}: its bounds are not of {self.asset}")
        if self.up_to is not None and self.up_to <= (self.above or Amount(self.asset, 0)):
            raise PolicyMalformed(f"rule {self.name!r}: no amount is above its lower and up to its upper bound")
        if not 0 <= self.delay_s <= MAX_SECONDS or not 0 <= self.approvals <= MAX_PERSONS:
            raise PolicyMalformed(f"rule {self.name!r}: a delay or a number of approvals is out of range")
        self._require_consent()

    def _require_consent(self) -> None:
        if self.outcome == DENY:
            if self.approvals or self.role or self.delay_s:
                raise PolicyMalformed(f"rule {self.name!r} denies: approvals, role and delay have no meaning there")
        elif self.approvals < 1 or not self.role:
            # Movements without fresh approvals are standing orders, which a quorum approved; never a mere rule.
            raise PolicyMalformed(f"rule {self.name!r}: allowing takes at least 1 approval, of a named role")

    def covers(self, other: "Rule") -> bool:
        """Whether every movement that ``other`` matches is matched by this rule too."""
        if self.asset != other.asset or self.vault not in (ANY_VAULT, other.vault):
            return False
        if self.customer_signed and not other.customer_signed:
            return False
        lowest = Amount(self.asset, 0)
        reaches_down = (self.above or lowest) <= (other.above or lowest)
        reaches_up = self.up_to is None or (other.up_to is not None and other.up_to <= self.up_to)
        return reaches_down and reaches_up


@dataclass(frozen=True)
class VaultLimit:
    """How much of ``asset`` may leave ``vault`` in any ``window_s`` seconds, over the whole committee.

    ``unsigned_cap`` bounds, within ``cap``, the payments that no customer's own signed order stands behind.
    """

    vault: str
    asset: str
    window_s: int
    cap: Amount
    unsigned_cap: Amount

    def __post_init__(self) -> None:
        """Refuse a limit that bounds nothing."""
        if not _is_label(self.vault) or self.vault == ANY_VAULT:
            raise PolicyMalformed("a limit names one vault")
        asset_named(self.asset)
        if self.cap.asset != self.asset or self.unsigned_cap.asset != self.asset:
            raise PolicyMalformed(f"limit of {self.vault}: its caps are not of {self.asset}")
        if not self.unsigned_cap <= self.cap:
            raise PolicyMalformed(f"limit of {self.vault}: the unsigned cap is above the cap")
        if not 1 <= self.window_s <= MAX_SECONDS:
            raise PolicyMalformed(f"limit of {self.vault}: a window has 1 second to a year")


@dataclass(frozen=True)
class Policy(Canonical):
    """The rules, in order, and the limits; the rest bounds how old evidence and intents may be, in seconds."""

    DOMAIN = "holdfast/policy"

    version: int
    rules: tuple[Rule, ...]
    limits: tuple[VaultLimit, ...]
    attestation_max_age_s: int
    screening_max_age_s: int
    intent_lifetime_s: int

    def __post_init__(self) -> None:
        """Refuse a policy with a rule that can never match, two limits for one thing, or a senseless age."""
        if self.version < 1:
            raise PolicyMalformed("a policy's version is 1 or more")
        if len(self.rules) > MAX_RULES or len(self.limits) > MAX_RULES:
            raise PolicyMalformed(f"a policy has at most {MAX_RULES} rules and as many limits")
        ages = (self.attestation_max_age_s, self.intent_lifetime_s)
        if not all(1 <= age <= MAX_SECONDS for age in ages) or not 1 <= self.screening_max_age_s <= MAX_LIST_AGE_S:
            raise PolicyMalformed("ages and lifetimes are between 1 second and a year; a list's age up to 20 years")
        if len({rule.name for rule in self.rules}) != len(self.rules):
            raise PolicyMalformed("two rules have the same name")
        if len({(limit.vault, limit.asset) for limit in self.limits}) != len(self.limits):
            raise PolicyMalformed("two limits are for the same vault and asset")
        for position, rule in enumerate(self.rules):
            for earlier in self.rules[:position]:
                if earlier.covers(rule):
                    raise PolicyMalformed(f"rule {rule.name!r} can never match: {earlier.name!r} comes first")


@dataclass(frozen=True)
class Movement:
    """What a policy looks at: ``total`` out of ``vault``, and whether customers' own orders stand behind all of it."""

    vault: str
    asset: str
    total: Amount
    customer_signed: bool


@dataclass(frozen=True)
class Verdict:
    """The rule that allowed a movement, and what it asks for."""

    rule: str
    approvals: int
    role: str
    delay_s: int
