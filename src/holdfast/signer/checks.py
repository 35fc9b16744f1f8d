"""What a signer requires of a signing request before anything of its own state is touched.

Each check is one function that raises; together they are :data:`CHECKS`, run in order, cheapest faults first.
A signer trusts nothing in the request: it holds everything against what it pins itself.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from holdfast.amounts import Amount
from holdfast.audit import (
    Checkpoint,
    ConsistencyProofInvalid,
    CustomerEnrolled,
    InclusionProofInvalid,
    IntentFixed,
    LogEntry,
    decode_event,
    leaf_hash,
    open_checkpoint,
    verify_consistency,
    verify_inclusion,
)
from holdfast.authority import (
    OFFICER,
    ApprovalFacts,
    Credential,
    Genesis,
    Intent,
    OrderMismatch,
    Roster,
    WithdrawalOrder,
    require_attested,
    require_order_settles,
    require_quorum,
    require_within,
    verify_order,
)
from holdfast.policy import Movement, Policy, PolicyVersionUnknown, evaluate, require_floors
from holdfast.screening import Screen, destination_key
from holdfast.signer.errors import (
    AttestationMissing,
    CommitteeEpochUnknown,
    DelayNotElapsed,
    EnrolmentInvalid,
    Frozen,
    IntentLivesTooLong,
    LogNotConsistent,
    LogRolledBack,
    OrderMissing,
    ProposalUnknown,
    QuorumInvalid,
    RosterVersionUnknown,
)
from holdfast.signer.matching import MatchedTransaction, OutputKey, match_transaction
from holdfast.signer.messages import LogProof, SigningRequest


@dataclass(frozen=True)
class Pins:
    """What this signer holds a request against: all its own, none of it from the request."""

    name: str
    genesis: Genesis
    roster: Roster
    policy: Policy
    screen: Screen
    now_s: int
    frozen: bool
    cosigned_size: int
    cosigned_root: bytes
    vault: str
    network: str
    committee_epoch: int
    threshold: int
    members: tuple[str, ...]
    output_key: OutputKey
    known_since_s: Callable[[int], int]
    """Since when this signer knows that the log has the entry at an index: by its own clock and cosignatures."""
    proposed_at_s: Callable[[bytes], int | None]
    """Since when the proposal with this digest stands on this signer's page, by its own clock; None: it does not."""


@dataclass
class Findings:
    """What the checks found out on their way, for the steps after them."""

    matched: MatchedTransaction | None = None
    checkpoint: Checkpoint | None = None
    proposed_at_s: int | None = None
    approvals: tuple[ApprovalFacts, ...] = ()
    orders: dict[bytes, WithdrawalOrder] = field(default_factory=dict)
    credentials: dict[str, Credential] = field(default_factory=dict)

    def judged(self) -> tuple[MatchedTransaction, Checkpoint]:
        """What the checks must have left behind, or the request was not judged."""
        if self.matched is None or self.checkpoint is None:
            raise LogNotConsistent("the request was not judged")
        return self.matched, self.checkpoint


Check = Callable[[SigningRequest, Pins, Findings], None]


def require_not_frozen(_request: SigningRequest, pins: Pins, _findings: Findings) -> None:
    """No freeze is in force here."""
    if pins.frozen:
        raise Frozen("a freeze is in force; a quorum of officers can lift it")


def require_versions(request: SigningRequest, pins: Pins, _findings: Findings) -> None:
    """Roster, policy and committee are the ones in force."""
    intent = request.intent
    if intent.roster_version != pins.roster.version:
        raise RosterVersionUnknown(f"roster {intent.roster_version} is not in force; {pins.roster.version} is")
    if intent.policy_version != pins.policy.version:
        raise PolicyVersionUnknown(f"policy {intent.policy_version} is not in force; {pins.policy.version} is")
    if (intent.vault, intent.committee_epoch) != (pins.vault, pins.committee_epoch):
        raise CommitteeEpochUnknown(f"no active key for {intent.vault} in epoch {intent.committee_epoch}")


def require_quorum_of_members(request: SigningRequest, pins: Pins, _findings: Findings) -> None:
    """The quorum is distinct members of the committee, as many as the threshold, this signer among them."""
    quorum = request.quorum
    if len(set(quorum)) != len(quorum) or len(quorum) != pins.threshold or not set(quorum) <= set(pins.members):
        raise QuorumInvalid(f"a quorum is {pins.threshold} distinct members of the committee")
    if pins.name not in quorum:
        raise QuorumInvalid(f"{pins.name} is not in this quorum")


def require_in_time(request: SigningRequest, pins: Pins, _findings: Findings) -> None:
    """The intent has not expired, and does not live longer than the policy lets one live."""
    request.intent.require_unexpired(pins.now_s)
    if request.intent.expires_at_s > pins.now_s + pins.policy.intent_lifetime_s:
        raise IntentLivesTooLong(f"an intent lives at most {pins.policy.intent_lifetime_s} s")


def require_transaction(request: SigningRequest, pins: Pins, findings: Findings) -> None:
    """The raw transaction does exactly what the intent says."""
    findings.matched = match_transaction(
        request.intent,
        request.transaction,
        previous_transactions=request.previous_transactions,
        input_paths=request.input_paths,
        change_path=request.change_path,
        output_key=pins.output_key,
        network=pins.network,
    )


def require_screened(request: SigningRequest, pins: Pins, _findings: Findings) -> None:
    """No destination is on the sanctions list, and the list is not too old to tell."""
    require_clear_destinations(request.intent, pins.screen, pins.policy, pins.network, pins.now_s)


def require_clear_destinations(intent: Intent, screen: Screen, policy: Policy, network: str, now_s: int) -> None:
    """None of the intent's destinations is on a list that is fresh enough to tell.

    :raises ScreeningError: one is listed, or the list is too old.
    """
    screen.require_fresh(now_s, policy.screening_max_age_s)
    screen.require_clear(intent.asset, [destination_key(payment.destination, network) for payment in intent.payments])


def require_logged(request: SigningRequest, pins: Pins, findings: Findings) -> None:
    """The log shown extends the one last cosigned, and holds this very intent."""
    log = request.log
    checkpoint = require_extension(
        log.checkpoint, log.consistency, pins.genesis, pins.cosigned_size, pins.cosigned_root
    )
    event = require_logged_event(log.entry, checkpoint, "this intent")
    if not isinstance(event, IntentFixed) or event.body != request.intent.encoded():
        raise LogNotConsistent("the log does not hold this intent")
    findings.checkpoint = checkpoint


def require_extension(
    note: str, consistency: tuple[bytes, ...], genesis: Genesis, cosigned_size: int, cosigned_root: bytes
) -> Checkpoint:
    """The checkpoint of a note that the pinned log signed and that extends what was cosigned last.

    :raises CheckpointForged: not the pinned log's signature.
    :raises LogRolledBack: smaller than what was cosigned.
    :raises LogNotConsistent: another history.
    """
    checkpoint = open_checkpoint(note, genesis.log_name, genesis.log_key)
    if checkpoint.size < cosigned_size:
        raise LogRolledBack(f"the log shown has {checkpoint.size} entries; {cosigned_size} were cosigned")
    try:
        if cosigned_size:
            verify_consistency(cosigned_size, cosigned_root, checkpoint.size, checkpoint.root, consistency)
    except ConsistencyProofInvalid as fault:
        raise LogNotConsistent(f"the log shown is not the one cosigned: {fault}") from None
    return checkpoint


def require_logged_event(proof: LogProof, checkpoint: Checkpoint, what: str) -> object:
    """The event at the entry shown, once the checkpoint is proved to hold it.

    :raises LogNotConsistent: it does not.
    """
    try:
        return _logged_event(proof, checkpoint)
    except InclusionProofInvalid as fault:
        raise LogNotConsistent(f"the log does not hold {what}: {fault}") from None


def _logged_event(proof: LogProof, checkpoint: Checkpoint) -> object:
    verify_inclusion(leaf_hash(proof.entry), proof.index, checkpoint.size, proof.proof, checkpoint.root)
    entry = LogEntry.decoded(proof.entry)
    if entry.sequence != proof.index:
        raise LogNotConsistent("the log's entry does not stand where it says")
    return decode_event(entry.event)


def require_orders(request: SigningRequest, pins: Pins, findings: Findings) -> None:
    """Every payment that settles a customer's order has it, signed with the credential the log enrolled."""
    if findings.checkpoint is None:
        raise LogNotConsistent("orders are checked against the log")
    named = {payment.order for payment in request.intent.payments}
    shown = [enrolled.signed.order.digest() for enrolled in request.orders]
    # Each order shown binds its customer's passkey here: one that nobody asked for must not ride along.
    if not named.issuperset(shown):
        raise OrderMismatch("an order is shown that no payment names")
    # Each costs a signature to verify: no more of them than payments, of which there is a most.
    if len(set(shown)) != len(shown):
        raise OrderMismatch("an order is shown twice")
    for enrolled in request.orders:
        order = enrolled.signed.order
        event = _enrolment(enrolled.enrolment, findings.checkpoint)
        if event.customer != order.customer:
            raise EnrolmentInvalid(f"the enrolment shown is not {order.customer}'s")
        credential = Credential(event.credential_id, event.public_key)
        verify_order(enrolled.signed, credential, pins.genesis.customer_pages(), pins.genesis.venue, pins.now_s)
        findings.orders[order.digest()] = order
        if findings.credentials.setdefault(order.customer, credential) != credential:
            raise EnrolmentInvalid(f"two passkeys are shown for {order.customer}")
    for payment in request.intent.payments:
        if payment.order is None:
            continue
        if payment.order not in findings.orders:
            raise OrderMissing("a payment names a customer's order that is not shown")
        require_order_settles(payment, findings.orders[payment.order])


def reread_orders(request: SigningRequest, pins: Pins, findings: Findings) -> None:
    """The orders of a proposal that is kept here: verified before it was, one can only have run out since.

    Anybody can have this page shown at any time: what it costs must not grow with signatures.
    """
    for enrolled in request.orders:
        enrolled.signed.order.require_unexpired(pins.now_s)
        event = decode_event(LogEntry.decoded(enrolled.enrolment.entry).event)
        if isinstance(event, CustomerEnrolled):
            findings.credentials[event.customer] = Credential(event.credential_id, event.public_key)


def _enrolment(proof: LogProof, checkpoint: Checkpoint) -> CustomerEnrolled:
    try:
        event = _logged_event(proof, checkpoint)
    except InclusionProofInvalid as fault:
        raise EnrolmentInvalid(f"the enrolment shown is not in the log: {fault}") from None
    if not isinstance(event, CustomerEnrolled):
        raise EnrolmentInvalid("the log's entry shown is no enrolment")
    return event


def require_proposed(request: SigningRequest, pins: Pins, findings: Findings) -> None:
    """What people were asked to approve stands on this signer's page too, not only on those that they used.

    Whoever shows something else on other pages cannot keep an honest signer's page from showing what it will sign.
    """
    if request.standing is not None:
        return
    findings.proposed_at_s = pins.proposed_at_s(request.intent.digest())
    if findings.proposed_at_s is None:
        raise ProposalUnknown("this intent does not stand on this signer's page: nobody could see it here")


def require_authorised(request: SigningRequest, pins: Pins, findings: Findings) -> None:
    """The policy allows it, and as many persons as policy and floors ask approved it (or a standing order)."""
    intent, digest = request.intent, request.intent.digest()
    if request.standing is not None:
        order = request.standing.order
        if order.roster_version != pins.roster.version:
            raise RosterVersionUnknown(f"the standing order is of roster {order.roster_version}")
        persons = require_floors(pins.genesis.floors, order.daily_cap, pins.roster.change_quorum)
        require_quorum(request.standing.approvals, pins.roster, order.digest(), OFFICER, persons)
        require_within(order, intent, pins.now_s)
        return
    customer_signed = all(payment.order is not None for payment in intent.payments)
    verdict = evaluate(pins.policy, Movement(intent.vault, intent.asset, intent.at_most(), customer_signed))
    proposed_s = pins.now_s if findings.proposed_at_s is None else findings.proposed_at_s
    if max(pins.known_since_s(request.log.entry.index), proposed_s) > pins.now_s - verdict.delay_s:
        raise DelayNotElapsed(f"rule {verdict.rule!r} has an intent wait {verdict.delay_s} s on this page")
    persons = require_floors(pins.genesis.floors, intent.at_most(), verdict.approvals)
    findings.approvals = require_quorum(request.approvals, pins.roster, digest, verdict.role, persons)


def require_risk_allows(request: SigningRequest, pins: Pins, _findings: Findings) -> None:
    """A pinned risk engine's fresh attestation allows this intent."""
    if request.attestation is None:
        raise AttestationMissing("the movement carries no risk attestation")
    require_attested(
        request.attestation,
        pins.genesis.risk_keys,
        request.intent.digest(),
        pins.now_s,
        pins.policy.attestation_max_age_s,
    )


CHECKS: tuple[Check, ...] = (
    require_not_frozen,
    require_versions,
    require_quorum_of_members,
    require_in_time,
    require_screened,
    require_transaction,
    require_logged,
    require_orders,
    require_proposed,
    require_authorised,
    require_risk_allows,
)
"""In order. Caps, conflict keys and orders already settled come after, in the transaction that records them."""


SHOWN: tuple[Check, ...] = (
    require_versions,
    require_in_time,
    require_screened,
    require_transaction,
    require_logged,
    require_orders,
)
"""What must hold before a movement is shown to people at all: everything that does not wait for them."""

STILL_SHOWN: tuple[Check, ...] = (
    require_versions,
    require_in_time,
    require_screened,
    require_transaction,
    reread_orders,
)
"""What of it can turn while it waits, and is looked at again when it is shown and when it is approved.

The same bytes as before, out of this signer's own database: log and signatures were judged, once, when they came.
"""


def unsigned_total(request: SigningRequest) -> Amount:
    """What the intent pays without a customer's own order; standing orders have their own caps."""
    intent = request.intent
    if request.standing is not None:
        return Amount(intent.asset, 0)
    return Amount(intent.asset, sum(payment.amount.units for payment in intent.payments if payment.order is None))
