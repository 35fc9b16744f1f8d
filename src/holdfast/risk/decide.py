"""Deciding: declared parameters, additive weights, a score; the same facts always give the same answer."""

from dataclasses import dataclass

from holdfast.authority import ALLOW, BLOCK, REVIEW, STEP_UP
from holdfast.risk.parameters import compute_parameters
from holdfast.risk.rules import BLOCK_AT, REVIEW_AT, STEP_UP_AT, WEIGHTS, Contribution
from holdfast.risk.types import WithdrawalFacts

MAX_SCORE = 1_000_000
MAX_REASONS = 4
"""How many of the weightiest reasons are told."""

TOLD_FROM = 10_000
"""The least contribution, in millionths, that is told as a reason."""


@dataclass(frozen=True)
class Decision:
    """A decision about one payment, with all that led to it.

    ``score_millionths`` is the sum of the contributions, at most 1,000,000; ``reasons`` are the weightiest in
    words; ``parameters`` are (identifier, value in thousandths) in their declared order.
    """

    decision: str
    score_millionths: int
    reasons: tuple[str, ...]
    parameters: tuple[tuple[str, int], ...]
    contributions: tuple[Contribution, ...]


def _outcome(score: int) -> str:
    for limit, outcome in ((BLOCK_AT, BLOCK), (REVIEW_AT, REVIEW), (STEP_UP_AT, STEP_UP)):
        if score >= limit:
            return outcome
    return ALLOW


def decide(inputs: WithdrawalFacts) -> Decision:
    """Decide about one payment, in whole numbers only."""
    parameters = compute_parameters(inputs)
    values = dict(parameters)
    contributions = tuple(weight.contribution(values[weight.parameter]) for weight in WEIGHTS)
    score = min(sum(contribution.millionths for contribution in contributions), MAX_SCORE)
    # Sorting is stable: equal contributions keep the declared order, on every machine.
    told = sorted((one for one in contributions if one.millionths >= TOLD_FROM), key=lambda one: -one.millionths)
    reasons = tuple(one.reason for one in told[:MAX_REASONS])
    return Decision(_outcome(score), score, reasons, parameters, contributions)
