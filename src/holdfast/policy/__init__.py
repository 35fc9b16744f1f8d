"""Policy: which movements are allowed, by whose agreement, and how much may leave a vault.

A policy is an ordered list of rules; the first that matches decides, and what none matches is denied.
"""

from holdfast.policy.errors import PolicyDenied, PolicyError, PolicyMalformed, PolicyVersionUnknown
from holdfast.policy.evaluate import evaluate, limit_for, require_floors, signer_cap
from holdfast.policy.file import (
    SimulatedRow,
    default_policy,
    policy_from_text,
    policy_to_text,
    read_policy,
    simulate,
)
from holdfast.policy.types import ALLOW, ANY_VAULT, DENY, Movement, Policy, Rule, VaultLimit, Verdict

__all__ = [
    "ALLOW",
    "ANY_VAULT",
    "DENY",
    "Movement",
    "Policy",
    "PolicyDenied",
    "PolicyError",
    "PolicyMalformed",
    "PolicyVersionUnknown",
    "Rule",
    "SimulatedRow",
    "VaultLimit",
    "Verdict",
    "default_policy",
    "evaluate",
    "limit_for",
    "policy_from_text",
    "policy_to_text",
    "read_policy",
    "require_floors",
    "signer_cap",
    "simulate",
]
