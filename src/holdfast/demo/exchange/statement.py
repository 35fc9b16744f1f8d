"""A customer's account as their page shows it: plain values and plain words, made anew for every question."""

from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.authority import ALLOW
from holdfast.chains import ChainError
from holdfast.custody import (
    ControlPlane,
    DepositView,
    PayoutState,
    PayoutView,
    WithdrawalState,
    WithdrawalView,
    approvals_needed,
    customer_balance,
    deposit_views,
    payout_view,
    withdrawal_decision,
    withdrawal_views,
)
from holdfast.demo.exchange.accounts import Place
from holdfast.demo.exchange.forms import Document
from holdfast.demo.exchange.words import words_of
from holdfast.store import snapshot

SHOWN_ROWS = 30

ORDERED, ACCEPTED, APPROVED, SENT, PAID = range(1, 6)
"""The steps of a withdrawal, as many as its page shows."""


@dataclass(frozen=True)
class Progress:
    """How far a withdrawal has come, how that looks, and in which words it is told."""

    step: int
    tone: str
    title: str
    words: str
    reasons: tuple[str, ...] = ()


def account_document(plane: ControlPlane, place: Place, customer: str) -> Document:
    """Balance, deposits and withdrawals of one customer."""
    with snapshot(plane.engine) as connection:
        balance = customer_balance(connection, customer, place.asset)
        deposits = list(deposit_views(connection, customer, SHOWN_ROWS))
        withdrawals = [
            _withdrawal(plane, connection, view) for view in withdrawal_views(connection, SHOWN_ROWS, customer=customer)
        ]
    return {
        "balance": {
            "available": balance.available.on_page(),
            "held": balance.held.on_page(),
            "total": balance.total.on_page(),
            "holds_some": balance.held.units > 0,
        },
        "deposits": [_deposit(plane, view) for view in deposits],
        "withdrawals": withdrawals,
    }


def _deposit(plane: ControlPlane, view: DepositView) -> Document:
    if view.credited:
        tone, words = "good", "Credited"
    elif view.confirmations:
        tone, words = "wait", f"{view.confirmations} of {plane.confirmations} confirmations"
    else:
        tone, words = "watch", "In no block any more"
    return {"txid": view.txid, "vout": view.vout, "amount": view.amount.on_page(), "tone": tone, "words": words}


def _withdrawal(plane: ControlPlane, connection: Connection, view: WithdrawalView) -> Document:
    payout = payout_view(connection, view.intent) if view.intent is not None else None
    progress = _progress(plane, connection, view, payout)
    return {
        "reference": view.reference,
        "amount": view.amount.on_page(),
        "destination": view.destination,
        "requested_at_s": view.requested_at_s,
        "step": progress.step,
        "tone": progress.tone,
        "title": progress.title,
        "words": progress.words,
        "reasons": list(progress.reasons),
        "code": view.code,
        "txid": payout.txid if payout is not None else None,
        "can_be_cancelled": view.state is WithdrawalState.SCREENED,
    }


def _progress(plane: ControlPlane, connection: Connection, view: WithdrawalView, payout: PayoutView | None) -> Progress:
    match view.state:
        case WithdrawalState.SCREENED:
            return _waiting(plane, connection, view)
        case WithdrawalState.BATCHED if payout is not None:
            return _on_its_way(plane, payout)
        case WithdrawalState.PAID:
            return Progress(PAID, "good", "Paid", "It has arrived: confirmed on the network, booked in your account.")
        case WithdrawalState.CANCELLED:
            return Progress(ORDERED, "plain", "Cancelled", "You cancelled it. The amount is available again.")
        case _:
            return _refused(view)


def _waiting(plane: ControlPlane, connection: Connection, view: WithdrawalView) -> Progress:
    decision = withdrawal_decision(connection, view.reference, plane.clock.now_s())
    if decision.decision == ALLOW:
        return Progress(ACCEPTED, "wait", "Accepted", "It is being put into a payout. You can still cancel it.")
    return Progress(
        ACCEPTED,
        "watch",
        "Held back",
        "Our risk check does not let it go yet. The amount is set aside and stays yours. It goes on by itself once the "
        "check allows it, within its 24 hours; or cancel it.",
        (f"The risk engine says {decision.decision}", *decision.reasons),
    )


def _refused(view: WithdrawalView) -> Progress:
    words = words_of(view.code or "", "It was refused. Nothing left your account.")
    # The engine's reasons are written for people; what other parts say may name machines.
    reasons = (view.reason,) if view.reason and view.code == "attestation.forbids" else ()
    return Progress(ORDERED, "bad", "Refused", words, reasons)


def _on_its_way(plane: ControlPlane, payout: PayoutView) -> Progress:
    match payout.state:
        case PayoutState.AWAITING:
            given, needed = len(payout.approved_by), approvals_needed(plane, payout)
            words = f"{given} of {needed} {'person has' if needed == 1 else 'people have'} approved it."
            return Progress(ACCEPTED, "wait", "Waiting for approval", words)
        case PayoutState.APPROVED:
            words = "The signers check it once more, each for itself, and sign."
            return Progress(APPROVED, "wait", "Approved", words)
        case PayoutState.SIGNED:
            return Progress(APPROVED, "wait", "Signed", "It is about to be sent to the network.")
        case _:
            return Progress(SENT, "wait", "Sent", _confirmations(plane, payout))


def _confirmations(plane: ControlPlane, payout: PayoutView) -> str:
    try:
        status = plane.chain.transaction(payout.txid) if payout.txid is not None else None
    except ChainError:
        return "The network has it. How deep it is cannot be told just now."
    confirmations = 0 if status is None else status.confirmations
    return f"The network has it: {min(confirmations, plane.confirmations)} of {plane.confirmations} confirmations."
