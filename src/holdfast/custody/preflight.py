"""The control plane's own checks before it asks the signers.

They spare everybody a round that would be refused, and they name the fault early. Nothing rests on them: with any
of them gone, every signer refuses with the same code, from what it pins itself.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select

from holdfast.amounts import Amount
from holdfast.authority import (
    Credential,
    Intent,
    KeyCertificate,
    SignedAttestation,
    require_attested,
    require_order_settles,
    verify_order,
)
from holdfast.custody import models
from holdfast.custody.control_plane import ControlPlane
from holdfast.custody.customers import find_customer
from holdfast.custody.freezes import is_frozen
from holdfast.custody.payouts import require_approved_by
from holdfast.custody.quorum import Movement
from holdfast.custody.types import PayoutState
from holdfast.keys import GroupKey
from holdfast.policy import PolicyVersionUnknown, limit_for, signer_cap
from holdfast.signer import (
    CapExceeded,
    Frozen,
    OrderMissing,
    RosterVersionUnknown,
    match_transaction,
    require_clear_destinations,
)
from holdfast.store import transaction


@dataclass(frozen=True)
class Candidate:
    """A movement that is about to be offered to the signers, and the key that shall sign it."""

    movement: Movement
    certificate: KeyCertificate

    @property
    def intent(self) -> Intent:
        """The movement's intent."""
        return self.movement.intent


PreflightCheck = Callable[[ControlPlane, Candidate], None]


def require_versions(plane: ControlPlane, candidate: Candidate) -> None:
    """Roster and policy are still those that the intent was made under."""
    intent = candidate.intent
    if intent.roster_version != plane.roster.version:
        raise RosterVersionUnknown(f"roster {intent.roster_version} is not in force")
    if intent.policy_version != plane.policy.version:
        raise PolicyVersionUnknown(f"policy {intent.policy_version} is not in force")


def require_in_time(plane: ControlPlane, candidate: Candidate) -> None:
    """The intent has not expired."""
    candidate.intent.require_unexpired(plane.clock.now_s())


def require_not_frozen(plane: ControlPlane, _candidate: Candidate) -> None:
    """No freeze that a signer has shown is in force: what one only claims would let it stop the others."""
    if is_frozen(plane):
        raise Frozen("a freeze is in force; a quorum of officers can lift it")


def require_destinations_clear(plane: ControlPlane, candidate: Candidate) -> None:
    """No destination came onto the sanctions list since the withdrawal was accepted."""
    now_s, network = plane.clock.now_s(), plane.genesis.network
    require_clear_destinations(candidate.intent, plane.screen, plane.policy, network, now_s)


def require_transaction_matches(plane: ControlPlane, candidate: Candidate) -> None:
    """The transaction in the database is still what the intent says."""
    group_key = GroupKey.decoded(candidate.certificate.statement.group_key)
    plan = candidate.movement.plan
    match_transaction(
        candidate.intent,
        plan.raw,
        previous_transactions=plan.raw_previous,
        input_paths=tuple(coin.path for coin in plan.inputs),
        change_path=candidate.movement.change_path,
        output_key=lambda path: group_key.output_key(list(path)),
        network=plane.genesis.network,
    )


def require_orders(plane: ControlPlane, candidate: Candidate) -> None:
    """Every payment is to the letter what its customer's enrolled passkey signed."""
    orders = {signed.order.digest(): signed for signed in candidate.movement.orders}
    with transaction(plane.engine) as connection:
        customers = {
            signed.order.customer: find_customer(connection, signed.order.customer) for signed in orders.values()
        }
    for payment in candidate.intent.payments:
        if payment.order is None:
            continue
        if payment.order not in orders:
            raise OrderMissing("a payment names a customer's order that is not known here")
        signed = orders[payment.order]
        row = customers[signed.order.customer]
        credential = Credential(bytes(row.credential_id), bytes(row.public_key))
        verify_order(signed, credential, plane.genesis.customer_pages(), plane.genesis.venue, plane.clock.now_s())
        require_order_settles(payment, signed.order)


def require_approved(plane: ControlPlane, candidate: Candidate) -> None:
    """Policy and floors are satisfied by distinct persons' approvals."""
    require_approved_by(plane, candidate.intent, candidate.movement.approvals)


def require_risk_allows(plane: ControlPlane, candidate: Candidate) -> None:
    """The risk engine allows it."""
    attestation = candidate.movement.attestation
    if isinstance(attestation, SignedAttestation):
        age_s = plane.policy.attestation_max_age_s
        digest = candidate.intent.digest()
        require_attested(attestation, plane.genesis.risk_keys, digest, plane.clock.now_s(), age_s)


def require_within_caps(plane: ControlPlane, candidate: Candidate) -> None:
    """No signer's share of the vault's cap is smaller than this movement, nor the cap than the window's sum."""
    intent, order = candidate.intent, candidate.certificate.order
    limit = limit_for(plane.policy, intent.vault, intent.asset)
    share = signer_cap(limit.cap.units, len(order.members), order.threshold)
    if intent.at_most().units > share:
        raise CapExceeded(f"{intent.at_most()} is above every signer's share of the cap, {Amount(intent.asset, share)}")
    table = models.payouts
    moved = (PayoutState.SIGNED.value, PayoutState.BROADCAST.value, PayoutState.CONFIRMED.value)
    with transaction(plane.engine) as connection:
        bodies = connection.execute(
            select(table.c.body).where(
                table.c.vault == intent.vault,
                table.c.intent != intent.digest(),
                table.c.state.in_(moved),
                table.c.created_at_s > plane.clock.now_s() - limit.window_s,
            )
        ).scalars()
        spent = sum(Intent.decoded(bytes(body)).at_most().units for body in bodies) + intent.at_most().units
    if spent > limit.cap.units:
        raise CapExceeded(f"{Amount(intent.asset, spent)} in {limit.window_s} s is above the vault's cap")


PREFLIGHT: tuple[PreflightCheck, ...] = (
    require_versions,
    require_in_time,
    require_not_frozen,
    require_destinations_clear,
    require_transaction_matches,
    require_orders,
    require_approved,
    require_risk_allows,
    require_within_caps,
)
"""In order. Each has its counterpart in every signer."""
