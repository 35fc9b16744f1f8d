"""An example exchange: what a customer's own page can look like, from the passkey to the check of the reserves.

It shows how an exchange's backend uses custody; it is part of the demonstration, not of the product.
"""

from holdfast.demo.exchange.accounts import Place
from holdfast.demo.exchange.app import create_exchange
from holdfast.demo.exchange.operator import plan_waiting
from holdfast.demo.exchange.simulation import Simulation

__all__ = ["Place", "Simulation", "create_exchange", "plan_waiting"]
