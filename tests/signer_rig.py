"""A control plane in the wrong hands: its database, its keys and every wire, but nobody's authenticator.

Tests of signers and attacks ask each signer directly with whatever request they like, past every check of the
control plane. A founded deployment under a policy with one rule for each thing that a rule can ask for is made once
for a run and copied.
"""

import dataclasses
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.amounts import Amount
from holdfast.audit import Event, IntentFixed, append, checkpoint
from holdfast.authority import (
    ALLOW,
    EVERYONE,
    NONCE_BYTES,
    Envelope,
    FreezeLift,
    FreezeOrder,
    Header,
    Intent,
    Payment,
    RiskAttestation,
    SignedAttestation,
    SignedOrder,
    open_envelope,
    outpoint_conflict_key,
    sign_attestation,
)
from holdfast.chains.bitcoin import Coin, Output, SpendPlan, address_to_script, plan_spend
from holdfast.custody import (
    RISK_KEY,
    Movement,
    candidate_for,
    collect_approvals,
    cosign_log,
    request_for,
    vault_certificate,
)
from holdfast.custody.coins import spendable_coins
from holdfast.custody.customers import find_customer
from holdfast.demo.deployment import ASSET, PERSONS, SIGNERS, VAULT, page_of
from holdfast.encoding import Canonical
from holdfast.keys import GroupKey
from holdfast.policy import Policy, policy_from_text
from holdfast.risk import load_risk_key
from holdfast.screening import SanctionedAddress, SignedSnapshot, destination_key, sign_snapshot
from holdfast.signer import (
    CHANGE_CHAIN,
    P2TR_PREFIX,
    ROUND_COMMIT,
    Commitments,
    FreezeRequest,
    InProcessTransport,
    IntentProposal,
    LiftRequest,
    ProposalUnknown,
    SignerHome,
    SignerNode,
    SignerRefused,
    SignerTransport,
    SigningFinish,
    SigningRequest,
    StandingEvidence,
)
from holdfast.store import transaction
from world import World, bitcoin_address, build_template

SIGNED = "signed"
"""What stands for a signer's yes where a refusal's code would stand."""

QUORUM = tuple(sorted(SIGNERS[:3]))
ATTEMPT = bytes(16)

SHARE_SAT = 45_000_000
"""Each signer's share of the cap: 1.35 BTC over the 5 - 3 + 1 signers that cannot all be corrupt."""

UNSIGNED_SHARE_SAT = 10_000_000
WINDOW_S = 43_200
"""The caps' window: shorter than an intent may live, so that one can be begun in one window and finished in another."""

DELAY_S = 3_600
FEE_SAT = 50_000
"""The maximum fee of every intent: it counts as part of what can leave."""

POLICY_TEXT = f"""
version = 1
attestation_max_age_s = 600
screening_max_age_s = {600 * 86_400}
intent_lifetime_s = 86_400

[[rules]]
name = "too much for anybody"
vault = "hot"
asset = "BTC"
above = "2.5 BTC"
outcome = "deny"

[[rules]]
name = "small, signed by the customers"
vault = "hot"
asset = "BTC"
up_to = "0.1 BTC"
customer_signed = true
outcome = "allow"
approvals = 1
role = "approver"

[[rules]]
name = "large, signed by the customers"
vault = "hot"
asset = "BTC"
above = "0.1 BTC"
customer_signed = true
outcome = "allow"
approvals = 3
role = "approver"

[[rules]]
name = "the house's own"
vault = "hot"
asset = "BTC"
up_to = "0.08 BTC"
outcome = "allow"
approvals = 2
role = "approver"

[[rules]]
name = "the house's own, slowly"
vault = "hot"
asset = "BTC"
above = "0.08 BTC"
outcome = "allow"
approvals = 2
role = "approver"
delay_s = {DELAY_S}

[[limits]]
vault = "hot"
asset = "BTC"
window_s = {WINDOW_S}
cap = "1.35 BTC"
unsigned_cap = "0.3 BTC"
"""


def signer_policy() -> Policy:
    """A policy with small caps, a rule without customers' orders and one with a delay."""
    return policy_from_text(POLICY_TEXT)


def signer_template_in(directory: Path) -> Path:
    """A founded and funded deployment under :func:`signer_policy`, made when first asked for."""
    template = directory / "signer-world"
    return template if template.exists() else build_template(template, policy=signer_policy())


def script_of(address: str) -> bytes:
    """The script of an address, of whichever network."""
    return address_to_script(address, "main" if address.startswith("bc1") else "regtest")


def quorum_with(signer: str) -> tuple[str, ...]:
    """A quorum that a signer is in."""
    start = SIGNERS.index(signer)
    return tuple(sorted((SIGNERS[start:] + SIGNERS[:start])[:3]))


@dataclass
class Opened:
    """A session after round 1: what was asked, and the letters that came back."""

    session: bytes
    quorum: tuple[str, ...]
    letters: dict[str, Envelope]
    refusals: dict[str, str]

    @property
    def finish(self) -> SigningFinish:
        """Round 2's request."""
        return SigningFinish(self.session, tuple(self.letters[name] for name in self.quorum))


class Takeover:
    """Everything that can be asked of signers with the control plane in hand."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.plane = world.plane

    # What is asked

    def movement(self, intent: Intent) -> Movement:
        """An intent of the control plane with all that goes with it, as its database has it; attested now."""
        return self.movement_of(intent.digest())

    def movement_of(self, digest: bytes) -> Movement:
        """The movement of the intent with this digest."""
        return candidate_for(self.plane, digest).movement

    def reissued(
        self,
        movement: Movement,
        *,
        persons: int = 3,
        attested: bool = True,
        plan: SpendPlan | None = None,
        **fields: Any,
    ) -> Movement:
        """The movement under an intent of other ``fields``: logged, approved by so many and attested anew."""
        intent = dataclasses.replace(movement.intent, **fields)
        digest = intent.digest()
        return dataclasses.replace(
            movement,
            intent=intent,
            plan=plan or movement.plan,
            approvals=tuple(self.world.deployment.approve(person, digest) for person in PERSONS[:persons]),
            log_sequence=self.log(IntentFixed(digest, intent.encoded())),
            attestation=self.attested(digest) if attested else movement.attestation,
        )

    def issued(
        self,
        *payments: Payment,
        coin: int = 0,
        persons: int = 3,
        orders: tuple[SignedOrder, ...] = (),
        standing: StandingEvidence | None = None,
        **fields: Any,
    ) -> Movement:
        """A movement of the attacker's own, past every check of the control plane; people do approve and attest it.

        :param coin: which of the vault's free coins it spends, by size.
        :param fields: of the intent, in place of honest ones.
        """
        spent, change_script = self.coins()[coin], self.script(CHANGE_CHAIN, 0)
        plan = plan_spend(
            [spent],
            [Output(script_of(payment.destination), payment.amount.units) for payment in payments],
            change_script,
            fee_rate_sat_per_kvb=1_000,
            maximum_fee_sat=FEE_SAT,
        )
        intent = Intent(
            vault=VAULT,
            payments=payments,
            conflict_key=outpoint_conflict_key(spent.outpoint.txid, spent.outpoint.vout),
            maximum_fee=Amount(ASSET, FEE_SAT),
            expires_at_s=self.world.clock.now_s() + 86_400,
            committee_epoch=1,
            policy_version=1,
            roster_version=1,
            created_by="mallory",
        )
        change_path = None if plan.change_sat is None else (CHANGE_CHAIN, 0)
        enrolments = tuple(self.enrolment(signed.order.customer) for signed in orders)
        movement = Movement(intent, plan, change_path, (), orders, enrolments, 0, None, standing)
        return self.reissued(movement, persons=persons, **fields)

    def house_payment(self, value_sat: int, destination: str = "", *, persons: int = 2, **changes: Any) -> Movement:
        """A payment that no customer ordered."""
        payment = Payment(Amount(ASSET, value_sat), destination or bitcoin_address(9), None)
        return self.issued(payment, persons=persons, **changes)

    def customer_payment(self, signed: SignedOrder, **changes: Any) -> Movement:
        """A customer's order as one payment."""
        order = signed.order
        payment = Payment(order.amount, order.destination, order.digest())
        return self.issued(payment, orders=(signed,), **changes)

    def coins(self) -> list[Coin]:
        """The vault's free coins, largest first: a customer's deposit and four of the house's."""
        with transaction(self.plane.engine) as connection:
            return spendable_coins(connection, VAULT, self.plane.chain.tip().height)

    def script(self, *path: int) -> bytes:
        """The vault's output script at a path, which everybody can derive."""
        with transaction(self.plane.engine) as connection:
            certificate = vault_certificate(connection, VAULT)
        return P2TR_PREFIX + GroupKey.decoded(certificate.statement.group_key).output_key(list(path))

    def enrolment(self, customer: str) -> int:
        """Where the log enrolled a customer."""
        with transaction(self.plane.engine) as connection:
            return int(find_customer(connection, customer).enrolment_sequence)

    def attested(self, intent: bytes, decision: str = ALLOW, age_s: int = 0) -> SignedAttestation:
        """The risk engine's word, its key being the control plane's too."""
        attestation = RiskAttestation(intent, decision, 0, (), 1, 1, self.world.clock.now_s() - age_s)
        return sign_attestation(attestation, load_risk_key(self.world.deployment.control / RISK_KEY))

    def log(self, event: Event) -> int:
        """Append to the log, which the control plane keeps."""
        with transaction(self.plane.engine) as connection:
            return append(connection, event, self.world.clock.now_s())

    def request(
        self,
        signer: str,
        movement: Movement,
        *,
        quorum: tuple[str, ...] | None = None,
        attempt: bytes = ATTEMPT,
        **changes: Any,
    ) -> SigningRequest:
        """The request that one signer gets, with ``changes`` to its fields."""
        with transaction(self.plane.engine) as connection:
            note = checkpoint(connection, self.plane.log_signer)
        size = self.plane.signer(signer).status().log_size
        whole = request_for(self.plane, movement, quorum or quorum_with(signer), attempt, note=note, cosigned_size=size)
        return dataclasses.replace(whole, **changes)

    def snapshot(self, *listed: str, number: int = 2, **fields: Any) -> SignedSnapshot:
        """A sanctions list that follows the deployment's, with more addresses, signed by two compliance officers."""
        last = self.world.deployment.sanctions().snapshot
        added = (SanctionedAddress(ASSET, address, destination_key(address, "regtest")) for address in listed)
        entries = tuple(sorted((*last.entries, *added), key=lambda entry: (entry.asset, entry.address)))
        newer = dataclasses.replace(last, number=number, entries=entries, **fields)
        return sign_snapshot(newer, *self.world.deployment.list_keys()[:2])

    def everywhere(self, request: Canonical) -> set[str]:
        """Ask every signer the same."""
        return {self.ask(signer, request) for signer in SIGNERS}

    def freeze(self, number: int = 1, *, officer: str = "ada", signer: str | None = None) -> FreezeRequest:
        """An officer's freeze, given on a signer's page; another one for each number."""
        page = signer or SIGNERS[PERSONS.index(officer)]
        nonce = number.to_bytes(NONCE_BYTES, "big")
        order = FreezeOrder(self.plane.genesis.digest(), page, "a drill", self.world.clock.now_s(), nonce)
        return FreezeRequest(order, self.world.deployment.approve(officer, order.digest(), page_of(page)))

    def lift(self, *freezes: FreezeRequest, officers: int = 3) -> LiftRequest:
        """The lift of these freezes, with so many officers' approvals."""
        orders = tuple(sorted((freeze.order for freeze in freezes), key=FreezeOrder.digest))
        lift = FreezeLift(self.plane.genesis.digest(), orders, "over")
        approvals = (self.world.deployment.approve(person, lift.digest()) for person in PERSONS[:officers])
        return LiftRequest(lift, tuple(approvals))

    def cosign_log(self) -> set[str]:
        """Have every signer vouch for the log as it is."""
        return set(cosign_log(self.plane).values()) or {SIGNED}

    def tamper(self, statement: str, *values: object) -> None:
        """Change the control plane's database, which is in the wrong hands too, and its triggers with it."""
        with transaction(self.plane.engine) as connection:
            triggers = (
                connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
            )
            for trigger in triggers:
                connection.exec_driver_sql(f'DROP TRIGGER "{trigger}"')
            changed = connection.exec_driver_sql(statement, values)
            assert changed.rowcount > 0

    # What comes back

    def ask(self, signer: str, request: Canonical) -> str:
        """The code of the signer's refusal, or :data:`SIGNED`."""
        answer = self._letter(signer, request)
        return answer if isinstance(answer, str) else SIGNED

    def _letter(self, signer: str, request: Canonical) -> Envelope | str:
        try:
            letters = self.plane.signer(signer).call(request)
        except SignerRefused as refused:
            if refused.refusal.code == ProposalUnknown.code and isinstance(request, SigningRequest):
                # Whoever has the wires proposes what they want signed; what is not shown is not signed either.
                shown = self._letter(signer, IntentProposal.of(request))
                return shown if isinstance(shown, str) else self._letter(signer, request)
            return refused.refusal.code
        return letters[0]

    def verdicts(self, movement: Movement, *, attempt: bytes = ATTEMPT, **changes: Any) -> set[str]:
        """What the five signers say, each asked in a quorum with itself: one code, if they agree."""
        return {self.ask(signer, self.request(signer, movement, attempt=attempt, **changes)) for signer in SIGNERS}

    def proposed(self, movement: Movement) -> Movement:
        """The movement, once every signer shows it on its page."""
        for signer in SIGNERS:
            assert self.ask(signer, IntentProposal.of(self.request(signer, movement))) == SIGNED
        return movement

    def begin(self, movement: Movement, quorum: tuple[str, ...] = QUORUM, attempt: bytes = ATTEMPT) -> Opened:
        """Round 1 with a whole quorum; ``refusals`` has the codes of whoever refused."""
        opened = Opened(self.session(movement, quorum, attempt), quorum, {}, {})
        for signer in quorum:
            answer = self._letter(signer, self.request(signer, movement, quorum=quorum, attempt=attempt))
            if isinstance(answer, str):
                opened.refusals[signer] = answer
            else:
                opened.letters[signer] = answer
        return opened

    def session(self, movement: Movement, quorum: tuple[str, ...] = QUORUM, attempt: bytes = ATTEMPT) -> bytes:
        """The session that a movement, a quorum and an attempt make."""
        return self.request(quorum[0], movement, quorum=quorum, attempt=attempt).session()

    def finish(self, opened: Opened) -> set[str]:
        """Round 2 with a whole quorum: what they say."""
        return {self.ask(signer, opened.finish) for signer in opened.quorum}

    def sign(self, movement: Movement, quorum: tuple[str, ...] = QUORUM, attempt: bytes = ATTEMPT) -> set[str]:
        """Both rounds with one quorum: the codes of whoever refused, or :data:`SIGNED` alone."""
        opened = self.begin(movement, quorum, attempt)
        return set(opened.refusals.values()) if opened.refusals else self.finish(opened)

    def commitments(self, opened: Opened, signer: str) -> Commitments:
        """A signer's letter of round 1, opened."""
        place = Header(signer, EVERYONE, opened.session, ROUND_COMMIT, 1)
        return Commitments.decoded(open_envelope(opened.letters[signer], self.plane.roster, place))

    def officers_approve(self, digest: bytes) -> None:
        """Have three officers approve a proposal, each on another signer's page."""
        cosign_log(self.world.plane)
        collect_approvals(self.world.plane)
        for person, signer in zip(PERSONS[:3], SIGNERS, strict=False):
            assertion = self.world.deployment.persons[person].assertion(digest, page_of(signer))
            self.world.signers[signer].proposals.approve(digest, assertion)
        collect_approvals(self.world.plane)

    def with_transports(self, **others: SignerTransport) -> None:
        """Reach the named signers in another way from now on."""
        transports = {**self.plane.transports, **others}
        self.plane = self.world.plane = dataclasses.replace(self.plane, transports=transports)

    # The signers' own state

    def restart(self, signer: str) -> None:
        """End a signer's process and start it anew on its folder."""
        self.world.signers[signer].home.engine.dispose()
        self.with_node(signer, SignerNode(SignerHome.open(self.world.deployment.signer(signer)), self.world.clock))

    def with_node(self, signer: str, node: SignerNode) -> None:
        """Have another node stand for a signer from now on."""
        self.world.signers[signer].home.engine.dispose()
        self.world.signers[signer] = node
        self.with_transports(**{signer: InProcessTransport(node)})

    def records(self) -> dict[str, dict[str, int]]:
        """How many rows each signer's tables hold."""
        return {name: row_counts(self.database(name)) for name in SIGNERS}

    def database(self, signer: str) -> Path:
        """A signer's database file."""
        return self.world.deployment.signer(signer) / "signer.sqlite"


def row_counts(database: Path) -> dict[str, int]:
    """How many rows each table of a SQLite file holds."""
    connection = sqlite3.connect(database)
    try:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}
    finally:
        connection.close()
