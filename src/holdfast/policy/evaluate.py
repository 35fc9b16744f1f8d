"""Evaluation: the first matching rule decides, and what no rule allows is denied."""

from holdfast.amounts import Amount
from holdfast.authority import Floor
from holdfast.policy.errors import PolicyDenied, PolicyMalformed
from holdfast.policy.types import ANY_VAULT, DENY, Movement, Policy, Rule, VaultLimit, Verdict


def _matches(rule: Rule, movement: Movement) -> bool:
    return (
        rule.asset == movement.asset
        and rule.vault in (ANY_VAULT, movement.vault)
        and (rule.above is None or rule.above < movement.total)
        and (rule.up_to is None or movement.total <= rule.up_to)
        and (movement.customer_signed or not rule.customer_signed)
    )


def evaluate(policy: Policy, movement: Movement) -> Verdict:
    """What the first rule that matches asks for.

    :raises PolicyDenied: that rule denies, or no rule matches.
    """
    for rule in policy.rules:
        if _matches(rule, movement):
            if rule.outcome == DENY:
                raise PolicyDenied(f"rule {rule.name!r} of policy {policy.version} denies {movement.total}", rule.name)
            return Verdict(rule.name, rule.approvals, rule.role, rule.delay_s)
    signed = "with" if movement.customer_signed else "without"
    raise PolicyDenied(
        f"no rule of policy {policy.version} allows {movement.total} out of {movement.vault} "
        f"{signed} the customer's own order"
    )


def require_floors(floors: tuple[Floor, ...], total: Amount, approvals_required: int) -> int:
    """How many distinct persons it takes: what the policy's rule asks for, raised to the genesis's floors.

    A floor of an asset holds from its amount upwards, the amount itself included; no policy can go below it.
    """
    reached = [floor.persons for floor in floors if floor.amount.asset == total.asset and floor.amount <= total]
    return max([approvals_required, *reached])


def limit_for(policy: Policy, vault: str, asset: str) -> VaultLimit:
    """The limit of a vault and asset.

    :raises PolicyDenied: there is none, so nothing may leave.
    """
    for limit in policy.limits:
        if (limit.vault, limit.asset) == (vault, asset):
            return limit
    raise PolicyDenied(f"policy {policy.version} sets no limit for {asset} in {vault}: nothing may leave")


def signer_cap(limit_units: int, n: int, t: int) -> int:
    """Each signer's own share of a committee's cap C: ``C // (n - t + 1)`` base units.

    Signers count alone, and see only what they sign themselves; whoever picks the quorums can spread payments over
    the committee, and up to t - 1 corrupt signers count nothing at all. Yet every payment takes t signers, so one
    of the n - t + 1 honest ones signs and counts it. Together these count at most C, so at most C can leave.

    :raises PolicyMalformed: not ``1 <= t <= n``.
    """
    if not 1 <= t <= n:
        raise PolicyMalformed(f"{t} of {n} is no committee")
    return limit_units // (n - t + 1)
