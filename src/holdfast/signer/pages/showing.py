"""What a signer's page shows, decoded by this signer from the raw transaction and held against what it keeps itself."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from holdfast.amounts import Amount
from holdfast.authority import (
    FreezeLift,
    FreezeOrder,
    Intent,
    Person,
    RosterDifference,
    device_words,
    fingerprint_words,
    roster_difference,
)
from holdfast.chains.bitcoin import DecodedSpend, address_to_script, decode_spend, script_to_address
from holdfast.errors import HoldfastError
from holdfast.signer import models
from holdfast.signer.listing import Lists
from holdfast.signer.matching import ASSET
from holdfast.signer.node import SignerNode
from holdfast.signer.proposal_messages import IntentProposal, Proposal, RosterProposal
from holdfast.signer.records import find_freeze, is_lifted, most_paid_sat
from holdfast.store import transaction

HISTORY_S = 90 * 86_400
"""How far back a payout is compared with what this signer let through."""

MUCH_MORE = 10
"""From how many times the most ever paid to an address on a payment to it is marked."""

_MOST_COMPARED = 10_000


@dataclass(frozen=True)
class Fault:
    """Why something can no longer be approved."""

    code: str
    words: str


@dataclass(frozen=True)
class ShownApproval:
    """Who has approved, and on which signer's page."""

    person: str
    signer: str
    at_s: int


@dataclass(frozen=True)
class ShownPayment:
    """An output of the transaction that pays somebody; ``customer`` and ``reference`` of the order it settles.

    ``most_before`` is what this signer ever let one payout pay to the address at most, or None: it never did.
    """

    address: str
    amount: Amount
    customer: str | None
    reference: str | None
    most_before: Amount | None

    @property
    def is_first(self) -> bool:
        """Whether this signer has never let anything be paid to the address."""
        return self.most_before is None

    @property
    def dwarfs_earlier(self) -> bool:
        """Whether what it let be paid there before says little: a dust payment makes no address a known one."""
        return self.most_before is not None and self.amount.units > MUCH_MORE * self.most_before.units


@dataclass(frozen=True)
class History:
    """What this signer let out of the vault in the last ninety days: how often, and the most at once."""

    movements: int
    largest: Amount | None


@dataclass(frozen=True)
class ShownTransaction:
    """The raw transaction as this signer reads it."""

    txid: str
    payments: tuple[ShownPayment, ...]
    change: Amount
    change_address: str | None
    fee: Amount
    spent: Amount
    coins: int
    vsize: int
    is_replaceable: bool


@dataclass(frozen=True)
class ShownSubject:
    """Whatever waits for approval: by digest and words, who is asked, and who has answered."""

    subject: bytes
    words: str
    role: str
    persons: int
    approvals: tuple[ShownApproval, ...]
    until_s: int
    fault: Fault | None
    credentials: tuple[bytes, ...]

    @property
    def missing(self) -> int:
        """How many persons are still to approve."""
        return max(self.persons - len(self.approvals), 0)


@dataclass(frozen=True)
class ShownIntent:
    """An intent, with the transaction that carries it out."""

    about: ShownSubject
    intent: Intent
    transaction: ShownTransaction
    history: History


@dataclass(frozen=True)
class ShownRoster:
    """A roster change: the difference, and the words of each device in it."""

    about: ShownSubject
    version: int
    reason: str
    difference: RosterDifference
    delay_s: int

    def devices(self, person: Person) -> tuple[str, ...]:
        """A person's devices, in words."""
        return tuple(device_words(credential) for credential in person.credentials)

    def gained(self, before: Person, after: Person) -> tuple[str, ...]:
        """The devices that a person gains, in words."""
        return tuple(device_words(each) for each in after.credentials if each not in before.credentials)

    def lost(self, before: Person, after: Person) -> tuple[str, ...]:
        """The devices that a person loses, in words."""
        return tuple(device_words(each) for each in before.credentials if each not in after.credentials)


@dataclass(frozen=True)
class ShownFreeze:
    """A freeze as a lift names it; ``person`` is empty where this signer does not know it."""

    order: FreezeOrder
    person: str
    in_force: bool


@dataclass(frozen=True)
class ShownLift:
    """A lift, with the freezes that it ends."""

    about: ShownSubject
    lift: FreezeLift
    freezes: tuple[ShownFreeze, ...]


Shown = ShownIntent | ShownRoster | ShownLift


def show(node: SignerNode, subject: bytes) -> Shown:
    """What waits under a digest, decoded now.

    :raises ProposalUnknown: nothing with this digest was proposed here.
    """
    with node.at_work(), transaction(node.home.engine) as connection:
        return _shown(node, connection, node.proposals.find(connection, subject))


def show_all(node: SignerNode) -> Lists:
    """A line on everything that waits here for people, or for its time."""
    with node.at_work(), transaction(node.home.engine) as connection:
        return node.proposals.listed(connection)


def _shown(node: SignerNode, connection: Connection, proposal: Proposal) -> Shown:
    about = _about(node, connection, proposal)
    if isinstance(proposal, IntentProposal):
        return ShownIntent(
            about,
            proposal.intent,
            _transaction(node, connection, proposal),
            _history(node, connection, proposal.intent),
        )
    if isinstance(proposal, RosterProposal):
        difference, delay_s = roster_difference(node.roster, proposal.change.roster), node.proposals.delay_s(proposal)
        return ShownRoster(about, proposal.change.roster.version, proposal.change.reason, difference, delay_s)
    lifted = tuple(_freeze(connection, order) for order in proposal.lift.freezes)
    return ShownLift(about, proposal.lift, lifted)


def _freeze(connection: Connection, order: FreezeOrder) -> ShownFreeze:
    known = find_freeze(connection, order.digest())
    if known is None:
        return ShownFreeze(order, "", in_force=False)
    return ShownFreeze(order, known.approval.person, in_force=not is_lifted(connection, order.digest()))


def _about(node: SignerNode, connection: Connection, proposal: Proposal) -> ShownSubject:
    subject, role, names = proposal.subject(), node.proposals.role(proposal), _signers_by_origin(node)
    given = node.proposals.approvals(connection, subject)
    may = (person for person in node.roster.persons if role in person.roles)
    return ShownSubject(
        subject=subject,
        words=fingerprint_words(subject),
        role=role,
        persons=node.proposals.persons(proposal),
        approvals=tuple(ShownApproval(person, names.get(origin, origin), at_s) for person, origin, at_s in given),
        until_s=proposal.until_s(),
        fault=_fault(node, connection, proposal),
        credentials=tuple(credential.credential_id for person in may for credential in person.credentials),
    )


def _signers_by_origin(node: SignerNode) -> dict[str, str]:
    return {signer.origin: signer.name for signer in node.roster.signers}


def _fault(node: SignerNode, connection: Connection, proposal: Proposal) -> Fault | None:
    try:
        node.proposals.require_open(connection, proposal)
    except HoldfastError as refusal:
        return Fault(refusal.code, str(refusal))
    return None


def _transaction(node: SignerNode, connection: Connection, proposal: IntentProposal) -> ShownTransaction:
    """Every output of the raw bytes: what is no payment was required to be change when the proposal was judged."""
    spend, network = decode_spend(proposal.transaction, proposal.previous_transactions), node.genesis.network
    change = _change_script(node, connection, proposal)
    payments, returned = _payments(node, connection, proposal, spend)
    return ShownTransaction(
        txid=spend.txid,
        payments=payments,
        change=Amount(ASSET, returned),
        change_address=None if change is None else script_to_address(change, network),
        fee=Amount(ASSET, spend.fee_sat),
        spent=Amount(ASSET, sum(coin.value_sat for coin in spend.inputs)),
        coins=len(spend.inputs),
        vsize=spend.vsize,
        is_replaceable=_is_replaceable(spend),
    )


def _is_replaceable(spend: DecodedSpend) -> bool:
    # BIP 125: any sequence number below 0xfffffffe.
    return any(coin.sequence < 0xFFFFFFFE for coin in spend.inputs)


def _change_script(node: SignerNode, connection: Connection, proposal: IntentProposal) -> bytes | None:
    if proposal.change_path is None:
        return None
    intent = proposal.intent
    key = node.signings.vaults.get(connection, intent.vault, intent.committee_epoch)
    return b"\x51\x20" + key.output_key(proposal.change_path)


def _payments(
    node: SignerNode, connection: Connection, proposal: IntentProposal, spend: DecodedSpend
) -> tuple[tuple[ShownPayment, ...], int]:
    """The outputs that carry out the intent's payments, each payment once, and what the rest returns, in satoshi."""
    network, returned, shown = node.genesis.network, 0, []
    orders = {enrolled.signed.order.digest(): enrolled.signed.order for enrolled in proposal.orders}
    left = [(address_to_script(each.destination, network), each) for each in proposal.intent.payments]
    for output in spend.outputs:
        found = next(
            (pair for pair in left if pair[0] == output.script and pair[1].amount.units == output.value_sat), None
        )
        if found is None:
            returned += output.value_sat
            continue
        left.remove(found)
        order = None if found[1].order is None else orders[found[1].order]
        most_sat = most_paid_sat(connection, output.script)
        shown.append(
            ShownPayment(
                address=script_to_address(output.script, network),
                amount=Amount(ASSET, output.value_sat),
                customer=None if order is None else order.customer,
                reference=None if order is None else order.reference,
                most_before=None if most_sat is None else Amount(ASSET, most_sat),
            )
        )
    return tuple(shown), returned


def _history(node: SignerNode, connection: Connection, intent: Intent) -> History:
    table = models.movements
    query = select(table.c.intent, table.c.total).where(
        table.c.vault == intent.vault,
        table.c.asset == intent.asset,
        table.c.intent != intent.digest(),
        # Begun is not let through: only of what was released are the destinations known.
        table.c.intent.in_(select(models.destinations.c.intent)),
        table.c.at_s > node.clock.now_s() - HISTORY_S,
    )
    totals = {bytes(row.intent): int(row.total) for row in connection.execute(query.limit(_MOST_COMPARED)).all()}
    largest = Amount(intent.asset, max(totals.values())) if totals else None
    return History(len(totals), largest)
