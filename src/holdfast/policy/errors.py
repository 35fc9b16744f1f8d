"""What can be wrong with a policy, or wanted against it."""

from typing import ClassVar

from holdfast.errors import HoldfastError


class PolicyError(HoldfastError):
    """Base of this domain's refusals."""

    code: ClassVar[str] = "policy.refused"


class PolicyDenied(PolicyError):
    """A rule denies the movement, or none allows it."""

    code = "policy.denied"

    def __init__(self, message: str, rule: str | None = None) -> None:
        """``rule`` names the rule that denies; ``None``: no rule allows."""
        super().__init__(message)
        self.rule = rule


class PolicyVersionUnknown(PolicyError):
    """Another version of the policy is in force than the one that was named."""

    code = "policy.version_unknown"


class PolicyMalformed(PolicyError):
    """A policy, or a policy file, that cannot be meant."""

    code = "policy.malformed"
    exit_status = 2
