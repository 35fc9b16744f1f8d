"""Payouts as pages show them: who has to approve, who has, and on which signer's page everybody else can."""

import json
from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.authority import Approval, AuthorityError, verify_approval
from holdfast.custody import (
    ControlPlane,
    GivenApproval,
    PayoutRecord,
    PayoutState,
    PayoutView,
    WithdrawalView,
    followed_height,
    open_payouts,
    payout_record,
    payout_view,
    payout_views,
    payout_withdrawals,
)
from holdfast.policy import Movement, PolicyDenied, Verdict, evaluate, require_floors
from holdfast.web.reading.pages_apart import signers_for

MAX_OPEN_SHOWN = 20


@dataclass(frozen=True)
class ShownPayout:
    """A payout, and how many persons must approve it (0: the policy in force no longer allows it)."""

    view: PayoutView
    persons: int

    @property
    def missing(self) -> int:
        """How many more persons must approve."""
        return max(0, self.persons - len(self.view.approved_by)) if self.view.state is PayoutState.AWAITING else 0


@dataclass(frozen=True)
class Approver:
    """A person who may approve, or has; ``page``: the address of the signer's page for it, ``signer`` whose it is.

    ``code``: why an approval that is there does not verify against the roster in force.
    """

    person: str
    at_s: int | None
    signer: str | None
    page: str | None
    code: str | None = None


@dataclass(frozen=True)
class PayoutPage:
    """All that one payout's page shows; ``rule``: what the policy in force says about it now, if it allows it."""

    shown: ShownPayout
    record: PayoutRecord
    rule: Verdict | None
    approvers: tuple[Approver, ...]
    withdrawals: tuple[WithdrawalView, ...]
    confirmations: int


def shown_payouts(
    plane: ControlPlane, connection: Connection, limit: int, after: bytes | None = None
) -> list[ShownPayout]:
    """The newest payouts, from the one after ``after`` on."""
    return [shown_payout(plane, view) for view in payout_views(connection, limit, after=after)]


def shown_open_payouts(plane: ControlPlane, connection: Connection) -> list[ShownPayout]:
    """The payouts that still want something, the oldest first."""
    return [shown_payout(plane, payout_view(connection, intent)) for intent in open_payouts(connection, MAX_OPEN_SHOWN)]


def shown_payout(plane: ControlPlane, view: PayoutView) -> ShownPayout:
    """A payout with the number of persons that it takes."""
    verdict = _verdict(plane, view)
    persons = 0 if verdict is None else require_floors(plane.genesis.floors, view.at_most, verdict.approvals)
    return ShownPayout(view, persons)


def _verdict(plane: ControlPlane, view: PayoutView) -> Verdict | None:
    movement = Movement(view.vault, view.total.asset, view.at_most, view.customer_signed)
    try:
        return evaluate(plane.policy, movement)
    except PolicyDenied:
        return None


def payout_page(plane: ControlPlane, connection: Connection, intent: bytes) -> PayoutPage:
    """One payout.

    :raises PayoutUnknown: there is none of this digest.
    """
    record = payout_record(connection, intent)
    verdict = _verdict(plane, record.view)
    return PayoutPage(
        shown=shown_payout(plane, record.view),
        record=record,
        rule=verdict,
        approvers=_approvers(plane, record, verdict),
        withdrawals=payout_withdrawals(connection, intent),
        confirmations=confirmations(connection, record),
    )


def confirmations(connection: Connection, record: PayoutRecord) -> int:
    """How many followed blocks have the payout's transaction or come after it."""
    height, tip = max((each.height or 0 for each in record.versions), default=0), followed_height(connection)
    return tip - height + 1 if height and tip is not None else 0


def _approvers(plane: ControlPlane, record: PayoutRecord, verdict: Verdict | None) -> tuple[Approver, ...]:
    """Who has approved, and then who may, each with a signer's page of their own."""
    given = tuple(_given(plane, record, each, verdict) for each in record.approvals)
    if verdict is None or record.view.state is not PayoutState.AWAITING:
        return given
    intent, approved = record.view.intent, {each.person for each in given}
    asked = [person for person in plane.roster.persons if verdict.role in person.roles and person.name not in approved]
    used = {each.signer for each in given if each.signer is not None}
    return given + tuple(
        Approver(person.name, None, signer.name, f"{signer.origin}/intents/{intent.hex()}")
        for person, signer in signers_for(asked, plane.roster, intent, used)
    )


def _given(plane: ControlPlane, record: PayoutRecord, given: GivenApproval, verdict: Verdict | None) -> Approver:
    origin, code = origin_of(given.approval), None
    signer = next((signer.name for signer in plane.roster.signers if signer.origin == origin), None)
    if verdict is not None:
        try:
            verify_approval(given.approval, plane.roster, record.view.intent, verdict.role)
        except AuthorityError as refusal:
            code = refusal.code
    return Approver(given.approval.person, given.at_s, signer, None, code)


def origin_of(approval: Approval) -> str | None:
    """The page on which an approval says that it was made, for people to read; what it is worth, signers check."""
    try:
        origin = json.loads(approval.assertion.client_data_json)["origin"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return origin if isinstance(origin, str) else None
