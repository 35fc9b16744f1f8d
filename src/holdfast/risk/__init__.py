"""Risk: an explainable, repeatable decision about each payment, and the engine's signed word about an intent."""

from holdfast.risk.catalogue import StateParameter, catalogue
from holdfast.risk.decide import Decision, decide
from holdfast.risk.engine import RiskEngine, worst
from holdfast.risk.errors import FactsMalformed, RiskError, RiskKeyUnsafe
from holdfast.risk.key_file import create_risk_key, load_risk_key
from holdfast.risk.parameters import PARAMETERS, PARAMETERS_VERSION, Parameter, compute_parameters
from holdfast.risk.rules import RULES_VERSION, WEIGHTS, Contribution, Weight
from holdfast.risk.types import CustomerHistory, DestinationHistory, WithdrawalFacts

__all__ = [
    "PARAMETERS",
    "PARAMETERS_VERSION",
    "RULES_VERSION",
    "WEIGHTS",
    "Contribution",
    "CustomerHistory",
    "Decision",
    "DestinationHistory",
    "FactsMalformed",
    "Parameter",
    "RiskEngine",
    "RiskError",
    "RiskKeyUnsafe",
    "StateParameter",
    "Weight",
    "WithdrawalFacts",
    "catalogue",
    "compute_parameters",
    "create_risk_key",
    "decide",
    "load_risk_key",
    "worst",
]
