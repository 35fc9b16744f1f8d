"""What stands in for the world outside: a faucet, miners, approvers and two customers with software authenticators.

Only the demonstration has any of it. It lets one visitor alone see a payout go through; it proves nothing about people.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from holdfast.amounts import Amount
from holdfast.authority import Assertion
from holdfast.chains.bitcoin import Outpoint, address_to_script
from holdfast.custody import (
    ControlPlane,
    PayoutState,
    approvals_needed,
    approve_payout,
    customer_balance,
    deposit_address,
    deposit_views,
    follow_chain,
    payout_views,
)
from holdfast.demo.deployment import PERSONS, Deployment
from holdfast.demo.exchange.accounts import Place
from holdfast.demo.exchange.errors import EpochTooSoon, FaucetEmpty, StandInUnknown
from holdfast.demo.exchange.forms import Document
from holdfast.demo.exchange.guests import Guests
from holdfast.reserves import newest_epoch, publish_epoch
from holdfast.store import snapshot, transaction

CUSTOMERS = ("alice", "bob")
"""The story's customers, whose software passkeys lie in the deployment's folder."""

FAUCET_GIVES = Amount("BTC", 50_000_000)
FAUCET_UP_TO = Amount("BTC", 500_000_000)
"""What an account may have, coins on their way included, to be given more."""

EPOCHS_APART_S = 15
"""An epoch costs every signer a signature, and stays on the disk."""

SHOWN_PAYOUTS = 10
_DEPOSITS_COUNTED = 200


class Network(Protocol):
    """What only a test network can do: the embedded node does it, and its control from another process."""

    def generate(self, count: int = 1) -> list[str]:
        """Mine so many blocks; their hashes."""
        ...

    def fund(self, script: bytes, value_sat: int) -> Outpoint:
        """Pay to a script, in a block; where the coin is."""
        ...


class Simulation:
    """The stand-ins of one deployment."""

    def __init__(
        self, plane: ControlPlane, place: Place, deployment: Deployment, network: Network, reserves: Path
    ) -> None:
        self._plane = plane
        self._place = place
        self._deployment = deployment
        self._network = network
        self._reserves = reserves
        self.guests = Guests(plane, deployment)
        # A faucet that two requests enter at once would count the account's coins before either has paid.
        self._faucet = threading.Lock()

    def fund(self, customer: str) -> Amount:
        """Pay half a bitcoin of the private network to a customer's deposit address; the amount.

        :raises FaucetEmpty: the account has as much as the faucet gives.
        """
        with self._faucet:
            with transaction(self._plane.engine) as connection:
                address = deposit_address(connection, self._place.vault, customer)
                owned = customer_balance(connection, customer, self._place.asset).total
                for deposit in deposit_views(connection, customer, _DEPOSITS_COUNTED):
                    owned += Amount(owned.asset, 0) if deposit.credited else deposit.amount
            if owned + FAUCET_GIVES > FAUCET_UP_TO:
                raise FaucetEmpty(f"the faucet fills an account up to {FAUCET_UP_TO}")
            self._network.fund(address_to_script(address, self._plane.genesis.network), FAUCET_GIVES.units)
        return FAUCET_GIVES

    def mine(self) -> None:
        """Mine a block."""
        self._network.generate(1)

    def publish(self) -> int:
        """Publish an epoch of the reserves, as an exchange does every day; its number.

        :raises EpochTooSoon: the newest is only seconds old.
        :raises HoldfastError: what :func:`holdfast.reserves.publish_epoch` refuses.
        """
        newest = newest_epoch(self._reserves)
        if newest is not None and self._plane.clock.now_s() < newest.at_s + EPOCHS_APART_S:
            raise EpochTooSoon(f"the newest proof is less than {EPOCHS_APART_S} seconds old: check that one")
        # Signers attest no two epochs as of one block.
        self.mine()
        while follow_chain(self._plane):
            pass
        return publish_epoch(self._plane, self._reserves).epoch

    def approve(self, person: str, intent: bytes) -> PayoutState:
        """Have a person's software authenticator approve a payout on a signer's page of its own.

        :raises StandInUnknown: nobody of this name.
        :raises HoldfastError: what :func:`holdfast.custody.approve_payout` refuses.
        """
        if person not in self._deployment.persons:
            raise StandInUnknown(f"no stand-in {person[:40]!r}")
        return approve_payout(self._plane, intent, self._deployment.approve(person, intent))

    def require_customer(self, name: str) -> str:
        """The name, if it is a stand-in customer's.

        :raises StandInUnknown: it is not.
        """
        if name not in CUSTOMERS:
            raise StandInUnknown(f"no stand-in {name[:40]!r}")
        return name

    def sign(self, customer: str, digest: bytes) -> Assertion:
        """A stand-in customer's software passkey signs a digest, as if on the customers' page.

        :raises StandInUnknown: nobody of this name.
        """
        origin = self._plane.genesis.customer_pages().origins[0]
        return self._deployment.customer(self.require_customer(customer)).assertion(digest, origin)

    def document(self) -> Document:
        """The height of the chain, and the newest payouts that wait for approvals, each with who could give one."""
        with snapshot(self._plane.engine) as connection:
            payouts = [
                {
                    "intent": payout.intent.hex(),
                    "total": payout.total.on_page(),
                    "payments": payout.payments,
                    "needed": approvals_needed(self._plane, payout),
                    "persons": self._persons(payout.approved_by),
                }
                for payout in payout_views(connection, SHOWN_PAYOUTS)
                if payout.state is PayoutState.AWAITING
            ]
        return {"height": self._plane.chain.tip().height, "payouts": payouts}

    @staticmethod
    def _persons(approved_by: Sequence[str]) -> list[Document]:
        return [{"name": name, "approved": name in approved_by} for name in PERSONS]
