"""Drafts: the versions of an intent's transaction, stored before they are signed and again before they are sent."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from holdfast.authority import Intent
from holdfast.chains.bitcoin import Output, SpendPlan, address_to_script, decode_spend
from holdfast.custody import models
from holdfast.custody.coins import draft_coins
from holdfast.custody.vaults import derive_script, vault_certificate
from holdfast.signer import CHANGE_CHAIN


def change_position(connection: Connection, plan: SpendPlan, returns_to: str) -> int | None:
    """The change's index in the vault's change chain; None if nothing comes back."""
    if plan.change_sat is None:
        return None
    table = models.addresses
    query = select(table.c.position).where(table.c.address == returns_to)
    return int(connection.execute(query).scalar_one())


def insert_draft(connection: Connection, intent: bytes, plan: SpendPlan, position: int | None) -> None:
    """Keep a version of the intent's transaction, with the coins that it spends."""
    txid = decode_spend(plan.raw, plan.raw_previous).txid
    connection.execute(
        insert(models.drafts).values(
            txid=txid, intent=intent, unsigned=plan.raw, change_position=position, fee_sat=plan.fee_sat
        )
    )
    for index, coin in enumerate(plan.inputs):
        connection.execute(
            insert(models.draft_inputs).values(
                intent=intent, draft=txid, position=index, txid=coin.outpoint.txid, vout=coin.outpoint.vout
            )
        )


def newest_draft(connection: Connection, intent_digest: bytes) -> Row[Any]:
    """The version that pays the highest fee: the one to sign."""
    table = models.drafts
    return connection.execute(
        select(table).where(table.c.intent == intent_digest).order_by(table.c.fee_sat.desc()).limit(1)
    ).one()


def signed_drafts(connection: Connection, intent_digest: bytes) -> Sequence[Row[Any, Any]]:
    """Every version whose signed bytes are committed, highest fee first: its ``txid`` and ``signed``."""
    table = models.drafts
    return connection.execute(
        select(table.c.txid, table.c.signed)
        .where(table.c.intent == intent_digest, table.c.signed.is_not(None))
        .order_by(table.c.fee_sat.desc())
    ).all()


def stored_plan(connection: Connection, intent: Intent, network: str, draft: Row[Any]) -> SpendPlan:
    """A stored version as the plan that it was made by: nothing is chosen anew."""
    coins = draft_coins(connection, intent.vault, intent.digest(), draft.txid)
    raw = bytes(draft.unsigned)
    spend = decode_spend(raw, [coin.raw_previous for coin in coins])
    position = draft.change_position
    change_script = derive_script(vault_certificate(connection, intent.vault), CHANGE_CHAIN, position or 0)
    return SpendPlan(
        raw=raw,
        inputs=coins,
        payments=tuple(
            Output(address_to_script(payment.destination, network), payment.amount.units) for payment in intent.payments
        ),
        change_script=change_script,
        change_sat=None if position is None else spend.outputs[-1].value_sat,
        fee_sat=spend.fee_sat,
        vsize=spend.vsize,
    )
