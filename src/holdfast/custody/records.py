"""One withdrawal or payout with everything that is known of its course: the material of a timeline."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from holdfast.amounts import Amount
from holdfast.authority import Approval, Intent, SignedAttestation, SignedOrder
from holdfast.custody import models
from holdfast.custody.errors import WithdrawalUnknown
from holdfast.custody.payouts import SET_ASIDE, find_payout, payout_view
from holdfast.custody.types import PayoutView, WithdrawalView
from holdfast.custody.withdrawals import withdrawal_of_row

MAX_REFUSALS = 100
"""The most refusals of signers that a record tells; a payout that is tried again and again gathers many."""


@dataclass(frozen=True)
class WithdrawalRecord:
    """A withdrawal, its customer's order (``order``: its digest) until when that is good, and when all of it ended."""

    view: WithdrawalView
    order: bytes
    expires_at_s: int
    ended_at_s: int | None


@dataclass(frozen=True)
class GivenApproval:
    """A person's approval, and when it arrived."""

    approval: Approval
    at_s: int


@dataclass(frozen=True)
class GivenRefusal:
    """A signer's refusal, kept with its signature as evidence."""

    signer: str
    code: str
    at_s: int


@dataclass(frozen=True)
class TransactionVersion:
    """A version of a payout's transaction (a fee bump adds one); ``height``: the block that it is in."""

    txid: str
    fee: Amount
    signed_at_s: int | None
    height: int | None


@dataclass(frozen=True)
class PayoutRecord:
    """A payout, its intent, and what people, the risk engine and signers did about it, in the order of time.

    ``ended_at_s``: when its withdrawals ended, paid or refused; ``log_sequence``: where the log fixed the intent.
    """

    view: PayoutView
    intent: Intent
    log_sequence: int
    approvals: tuple[GivenApproval, ...]
    attestation: SignedAttestation | None
    refusals: tuple[GivenRefusal, ...]
    versions: tuple[TransactionVersion, ...]
    ended_at_s: int | None


def withdrawal_record(connection: Connection, reference: str) -> WithdrawalRecord:
    """The withdrawal of this reference, or :class:`WithdrawalUnknown`."""
    table = models.withdrawals
    row = connection.execute(select(table).where(table.c.reference == reference)).one_or_none()
    if row is None:
        raise WithdrawalUnknown(f"no withdrawal {reference[:60]!r}")
    expires_at_s = SignedOrder.decoded(bytes(row.signed_order)).order.expires_at_s
    return WithdrawalRecord(withdrawal_of_row(row), bytes(row.order_digest), expires_at_s, row.ended_at_s)


def payout_withdrawals(connection: Connection, intent_digest: bytes) -> tuple[WithdrawalView, ...]:
    """The withdrawals that a payout settles (at most as many as one payout takes), the oldest first."""
    table = models.withdrawals
    query = select(table).where(table.c.intent == intent_digest).order_by(table.c.requested_at_s, table.c.reference)
    return tuple(withdrawal_of_row(row) for row in connection.execute(query).all())


def payout_record(connection: Connection, intent_digest: bytes) -> PayoutRecord:
    """The payout of this intent, or :class:`PayoutUnknown`."""
    row = find_payout(connection, intent_digest)
    intent = Intent.decoded(bytes(row.body))
    ended = select(models.withdrawals.c.ended_at_s).where(models.withdrawals.c.intent == intent_digest).limit(1)
    return PayoutRecord(
        view=payout_view(connection, intent_digest),
        intent=intent,
        log_sequence=row.log_sequence,
        approvals=_approvals(connection, intent_digest),
        attestation=None if row.attestation is None else SignedAttestation.decoded(bytes(row.attestation)),
        refusals=_refusals(connection, intent_digest),
        versions=_versions(connection, intent_digest, intent.maximum_fee.asset),
        ended_at_s=connection.execute(ended).scalar(),
    )


def _approvals(connection: Connection, intent_digest: bytes) -> tuple[GivenApproval, ...]:
    table = models.approvals
    counted = (table.c.intent == intent_digest) & (table.c.approval != SET_ASIDE)
    query = select(table).where(counted).order_by(table.c.at_s, table.c.person)
    return tuple(GivenApproval(Approval.decoded(bytes(row.approval)), row.at_s) for row in connection.execute(query))


def _refusals(connection: Connection, intent_digest: bytes) -> tuple[GivenRefusal, ...]:
    table = models.signer_refusals
    query = (
        select(table.c.signer, table.c.code, table.c.at_s)
        .where(table.c.intent == intent_digest)
        .order_by(table.c.id)
        .limit(MAX_REFUSALS)
    )
    return tuple(GivenRefusal(row.signer, row.code, row.at_s) for row in connection.execute(query))


def _versions(connection: Connection, intent_digest: bytes, asset: str) -> tuple[TransactionVersion, ...]:
    table = models.drafts
    query = select(table).where(table.c.intent == intent_digest).order_by(table.c.fee_sat)
    return tuple(
        TransactionVersion(row.txid, Amount(asset, row.fee_sat), row.signed_at_s, row.height)
        for row in connection.execute(query)
    )
