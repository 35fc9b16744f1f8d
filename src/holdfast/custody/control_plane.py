"""The control plane: what it holds, and how it opens a transaction. A relay: none of this can sign."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine

from holdfast.amounts import Amount
from holdfast.audit import LogSigner
from holdfast.authority import Genesis, Roster
from holdfast.chains.bitcoin import BitcoinChain
from holdfast.clock import Clock, SystemClock
from holdfast.custody.holdings import Holdings, counted_height, holdings_at
from holdfast.policy import Policy
from holdfast.risk import RiskEngine
from holdfast.screening import Screen
from holdfast.signer import SignerClient, SignerTransport


class RosterInForce:
    """The roster that this process goes by: the genesis's, until signers have adopted another."""

    def __init__(self, roster: Roster) -> None:
        self.roster = roster

    def __repr__(self) -> str:
        return f"<RosterInForce version {self.roster.version}>"


@dataclass(frozen=True)
class ControlPlane:
    """One control plane process: its name (unique and stable over restarts), store, chain, signers and rules.

    :param confirmations: how deep a deposit or payout must be before it counts.
    :param maximum_fee: the most that one transaction may cost; it becomes part of each intent.
    """

    name: str
    engine: Engine
    chain: BitcoinChain
    transports: Mapping[str, SignerTransport]
    genesis: Genesis
    policy: Policy
    screen: Screen
    risk: RiskEngine
    log_signer: LogSigner
    clock: Clock = field(default_factory=SystemClock)
    confirmations: int = 3
    maximum_fee: Amount = field(default_factory=lambda: Amount("BTC", 50_000))
    in_force: RosterInForce | None = None

    @property
    def roster(self) -> Roster:
        """The roster in force."""
        return self.genesis.roster if self.in_force is None else self.in_force.roster

    def signer(self, name: str) -> SignerClient:
        """A client of one signer."""
        return SignerClient(name, self.transports[name], self.roster)

    def signers(self, names: tuple[str, ...]) -> dict[str, SignerClient]:
        """Clients of the named signers, in that order, as far as there is a way to them."""
        return {name: self.signer(name) for name in names if name in self.transports}

    def holdings(self, connection: Connection, height: int | None = None) -> Holdings:
        """What the vaults hold as of a block: at this height, or the newest that the books include.

        :raises BlockNotFollowed: the followed chain has no such block.
        """
        return holdings_at(connection, counted_height(connection, self.confirmations) if height is None else height)
