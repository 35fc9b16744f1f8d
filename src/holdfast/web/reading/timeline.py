"""The course of a withdrawal or payout, step by step: what happened, when, by whom, and how long it took.

Steps come from the books' own rows; beside each stands the audit log's entry about it, where there is one. A step
without a time has not happened yet.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from holdfast.amounts import Amount
from holdfast.custody import (
    ACCEPTANCE,
    PREFLIGHT,
    ControlPlane,
    PayoutState,
    TransactionVersion,
    WithdrawalRecord,
    WithdrawalState,
    vault_certificate,
)
from holdfast.pages import count
from holdfast.signer import CHECKS
from holdfast.web.reading.log_links import LogLinks
from holdfast.web.reading.payouts import PayoutPage

NEXT = "next"
"""The tone of what has not happened yet."""

_ENDED = (PayoutState.REFUSED, PayoutState.EXPIRED)


@dataclass(frozen=True)
class Step:
    """One step: ``tone`` is good, bad, watch, plain or :data:`NEXT`; ``sequence`` where the log tells of it.

    ``took_s``: since the step before it. ``checks``: what was checked in it, in words. ``mark``: an address or
    identifier that the step is about.
    """

    title: str
    at_s: int | None
    tone: str = "good"
    words: tuple[str, ...] = ()
    mark: str | None = None
    checks: tuple[str, ...] = ()
    code: str | None = None
    sequence: int | None = None
    took_s: int | None = None


def withdrawal_timeline(
    plane: ControlPlane, connection: Connection, record: WithdrawalRecord, payout: PayoutPage | None
) -> tuple[Step, ...]:
    """A withdrawal's steps, its payout's among them."""
    links, view = LogLinks(connection), record.view
    steps = [_requested(links, record)]
    if view.state is WithdrawalState.REFUSED and payout is None:
        refused = Step("Refused", record.ended_at_s, "bad", (view.reason or "",), code=view.code)
        steps.append(replace(refused, sequence=links.withdrawal_refused(view.reference, record.ended_at_s)))
        return _timed(steps)
    steps.append(Step("Checked and held", view.requested_at_s, words=(_held(view.amount),), checks=_words(ACCEPTANCE)))
    if view.state is WithdrawalState.CANCELLED:
        steps.append(Step("Cancelled", record.ended_at_s, "plain", ("The amount is the customer's to spend again.",)))
    elif payout is None:
        steps.append(Step("Taken up by a payout", None, NEXT, ("An operator or a schedule plans the next payout.",)))
    else:
        steps += _payout_steps(plane, connection, links, payout)
        if view.state is WithdrawalState.PAID:
            words = (f"The hold of {view.amount.on_page()} became a transfer: the books show it as paid.",)
            steps.append(Step("Booked", record.ended_at_s, words=words))
    return _timed(steps)


def payout_timeline(plane: ControlPlane, connection: Connection, payout: PayoutPage) -> tuple[Step, ...]:
    """A payout's steps."""
    return _timed(_payout_steps(plane, connection, LogLinks(connection), payout))


def _requested(links: LogLinks, record: WithdrawalRecord) -> Step:
    view = record.view
    words = (f"{view.customer} ordered {view.amount.on_page()}, signed with their passkey, to",)
    sequence = links.requested(view)
    return Step("Requested", view.requested_at_s, words=words, mark=view.destination, sequence=sequence)


def _held(amount: Amount) -> str:
    return f"{amount.on_page()} of the customer's balance is held for it."


def _payout_steps(plane: ControlPlane, connection: Connection, links: LogLinks, payout: PayoutPage) -> list[Step]:
    record, view = payout.record, payout.record.view
    others = view.payments - 1
    batched = "alone" if not others else f"with {others} other{'' if others == 1 else 's'}"
    fixed = (f"The transaction is planned {batched}; from here on nothing in the intent can change.",)
    steps = [Step("Intent fixed", view.created_at_s, words=fixed, sequence=record.log_sequence)]
    steps += _approval_steps(links, payout)
    steps += _attestation_steps(payout)
    steps += [
        Step(
            f"{refusal.signer} refused to sign", refusal.at_s, "watch", code=refusal.code,
            sequence=links.refused(view.intent, refusal),
        )
        for refusal in record.refusals
    ]  # fmt: skip
    if view.state in _ENDED:
        title = "Expired" if view.state is PayoutState.EXPIRED else "Refused"
        steps.append(Step(title, record.ended_at_s, "bad", (view.reason or "",), code=view.code))
        return steps
    return steps + _chain_steps(plane, connection, links, payout)


def _approval_steps(links: LogLinks, payout: PayoutPage) -> list[Step]:
    view = payout.record.view
    steps = [
        Step(
            f"{approver.person} approved",
            approver.at_s,
            "watch" if approver.code else "good",
            (f"On the page of {approver.signer or 'an unknown origin'}, user verified by their authenticator.",),
            code=approver.code,
            sequence=links.approved(view.intent, approver.person, approver.at_s),
        )
        for approver in payout.approvers
        if approver.at_s is not None
    ]
    if payout.shown.missing:
        more = f"{payout.shown.missing} more {'person' if payout.shown.missing == 1 else 'persons'}"
        steps.append(Step("Approvals", None, NEXT, (f"{more} must approve, each on another signer's page.",)))
    return steps


def _attestation_steps(payout: PayoutPage) -> list[Step]:
    signed = payout.record.attestation
    if signed is None:
        return []
    word = signed.attestation
    score = f"Score {word.score_millionths / 1_000_000:.3f}."
    tone = "good" if word.decision == "allow" else "bad"
    title = f"Risk engine: {word.decision.replace('_', ' ')}"
    return [Step(title, word.issued_at_s, tone, (score, *word.reasons))]


def _chain_steps(plane: ControlPlane, connection: Connection, links: LogLinks, payout: PayoutPage) -> list[Step]:
    record, view = payout.record, payout.record.view
    order = vault_certificate(connection, view.vault).order
    quorum = f"{order.threshold} of {len(order.members)} signers"
    signed = [each for each in record.versions if each.signed_at_s is not None]
    if not signed:
        words = f"{quorum} must each check the transaction alone, then sign together."
        return [
            Step("Signatures", None, NEXT, (words,), checks=_words(CHECKS)),
            *_to_come("Broadcast", "Confirmed", "Booked"),
        ]
    steps = [_signed_step(links, view.intent, quorum, version) for version in signed]
    sent = links.broadcast(view.intent, signed[0])
    if sent is not None:
        steps.append(Step("Broadcast", sent.at_s, words=("The network has it.",), sequence=sent.sequence))
    elif view.state is PayoutState.SIGNED:
        return steps + _to_come("Broadcast", "Confirmed", "Booked")
    return steps + _confirmation_steps(plane, links, payout)


def _signed_step(links: LogLinks, intent: bytes, quorum: str, version: TransactionVersion) -> Step:
    fee = version.fee.on_page()
    words = (f"{quorum} signed together, for a fee of {fee}. A threshold signature does not tell which of them.",)
    return Step(
        "Signed",
        version.signed_at_s,
        words=words,
        mark=version.txid,
        checks=_words(PREFLIGHT),
        sequence=links.signed(intent, version),
    )


def _confirmation_steps(plane: ControlPlane, links: LogLinks, payout: PayoutPage) -> list[Step]:
    record, view = payout.record, payout.record.view
    needed, height = plane.confirmations, max((each.height or 0 for each in record.versions), default=0)
    if view.state is not PayoutState.CONFIRMED:
        so_far = f"{payout.confirmations} of {needed} confirmations." if height else "In no block yet."
        return [Step("Confirmed", None, NEXT, (so_far,)), *_to_come("Booked")]
    found = links.confirmed(view.intent, record.ended_at_s)
    words = f"In block {count(height)}, {count(payout.confirmations)} deep by now; {needed} are enough."
    return [Step("Confirmed", record.ended_at_s, words=(words,), sequence=found)]


def _to_come(*titles: str) -> list[Step]:
    return [Step(title, None, NEXT) for title in titles]


def _words(checks: Iterable[object]) -> tuple[str, ...]:
    """Checks in the words in which each says itself what it requires."""
    return tuple((check.__doc__ or "").split("\n")[0] for check in checks)


def _timed(steps: list[Step]) -> tuple[Step, ...]:
    """What has happened in the order of time, each with the seconds since the step before, then what has not."""
    happened = sorted((step for step in steps if step.at_s is not None), key=lambda step: step.at_s or 0)
    timed: list[Step] = []
    before_s: int | None = None
    for step in happened:
        took_s = None if before_s is None or step.at_s is None else step.at_s - before_s
        timed.append(replace(step, took_s=took_s))
        before_s = step.at_s
    return (*timed, *(step for step in steps if step.at_s is None))
