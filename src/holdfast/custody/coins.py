"""Coins: what the followed chain says is ours, and which of it is free to spend."""

from typing import Any

from sqlalchemy import Connection, Row, Select, select

from holdfast.chains.bitcoin import Coin, Outpoint
from holdfast.custody import models

MAX_COINS_CONSIDERED = 2_000
"""The most coins that one payout is planned over, largest first."""


def _coins(vault: str) -> Select[Any]:
    coins, addresses = models.coins, models.addresses
    return (
        select(coins, addresses.c.chain, addresses.c.position)
        .join(addresses, addresses.c.script == coins.c.script)
        .where(addresses.c.vault == vault)
    )


def _coin(row: Row[Any]) -> Coin:
    return Coin(
        Outpoint(row.txid, row.vout),
        row.value_sat,
        bytes(row.script),
        (row.chain, row.position),
        bytes(row.raw_transaction),
    )


def spendable_coins(connection: Connection, vault: str, deepest_height: int) -> list[Coin]:
    """Confirmed (at or below ``deepest_height``), unspent and reserved by no payout; largest first."""
    coins, reserved = models.coins, models.reservations
    query = (
        _coins(vault)
        .outerjoin(reserved, (reserved.c.txid == coins.c.txid) & (reserved.c.vout == coins.c.vout))
        .where(
            coins.c.height.is_not(None),
            coins.c.height + coins.c.burial <= deepest_height,
            coins.c.spent_height.is_(None),
            reserved.c.intent.is_(None),
        )
        .order_by(coins.c.value_sat.desc(), coins.c.txid, coins.c.vout)
        .limit(MAX_COINS_CONSIDERED)
    )
    return [_coin(row) for row in connection.execute(query)]


def draft_coins(connection: Connection, vault: str, intent: bytes, draft: str) -> tuple[Coin, ...]:
    """The coins that a transaction's version spends, in the order of its inputs."""
    coins, inputs = models.coins, models.draft_inputs
    query = (
        _coins(vault)
        .join(inputs, (inputs.c.txid == coins.c.txid) & (inputs.c.vout == coins.c.vout))
        .where(inputs.c.intent == intent, inputs.c.draft == draft)
        .order_by(inputs.c.position)
    )
    return tuple(_coin(row) for row in connection.execute(query))
