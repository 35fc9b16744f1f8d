"""What the example exchange is made of, for those who answer in its name."""

from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request

from holdfast.custody import ControlPlane, customer_view
from holdfast.demo.exchange.accounts import Accounts, Place
from holdfast.demo.exchange.forms import Document
from holdfast.demo.exchange.orders import Orders
from holdfast.demo.exchange.sessions import Session, Sessions
from holdfast.demo.exchange.simulation import Simulation
from holdfast.demo.exchange.statement import account_document
from holdfast.store import snapshot

FRESH_FOR_S = 24 * 3_600
"""As long as the risk engine's weights count a passkey's age."""


@dataclass(frozen=True)
class Exchange:
    """The parts of one exchange.

    ``reserves``: the folder of epochs; ``simulation``: the stand-ins, if any; ``console``: its origin, if it is shown.
    """

    plane: ControlPlane
    place: Place
    sessions: Sessions
    accounts: Accounts
    orders: Orders
    reserves: Path
    simulation: Simulation | None
    console: str

    def customer(self, request: Request) -> str:
        """Who asks.

        :raises NotSignedIn: nobody that is known.
        """
        return self.sessions.require(request).customer

    def is_fresh(self, session: Session) -> bool:
        """Whether the customer's passkey is so new that the risk engine counts its age."""
        with snapshot(self.plane.engine) as connection:
            enrolled_at_s = customer_view(connection, session.customer).enrolled_at_s
        return self.plane.clock.now_s() < enrolled_at_s + FRESH_FOR_S

    def account(self, session: Session) -> Document:
        """Everything that changes on a customer's page."""
        document = account_document(self.plane, self.place, session.customer)
        return document if self.simulation is None else document | {"simulation": self.simulation.document()}
