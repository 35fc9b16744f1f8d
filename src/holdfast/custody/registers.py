"""Registers for people to look through: customers, a vault's coins, what waits, what came and went by day.

Every read is bounded: by a limit, by the few that are open at a time, or to one row a day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from holdfast.amounts import Amount
from holdfast.authority import Credential
from holdfast.custody import models
from holdfast.custody.statements import CustomerView
from holdfast.custody.types import PayoutState, WithdrawalState
from holdfast.signer import RECEIVE_CHAIN
from holdfast.store import summed_units, unit_sums

DAY_S = 86_400

OPEN_PAYOUTS = (PayoutState.AWAITING, PayoutState.APPROVED, PayoutState.SIGNED, PayoutState.BROADCAST)
"""The states in which a payout still wants something: approvals, signatures, a block."""


@dataclass(frozen=True)
class CoinView:
    """An unspent output of a vault. ``height``: none while it is in no block; ``reserved_by``: the payout it is for."""

    txid: str
    vout: int
    amount: Amount
    address: str
    chain: int
    customer: str | None
    height: int | None
    reserved_by: bytes | None


@dataclass(frozen=True)
class VaultCounts:
    """How many addresses a vault has given out to receive on, and how many unspent coins it has."""

    receiving_addresses: int
    coins: int


@dataclass(frozen=True)
class DayFlow:
    """What was credited from outside and what was paid out in one asset on one day (``day``: days since 1970, UTC)."""

    day: int
    asset: str
    received: Amount
    paid: Amount


@dataclass(frozen=True)
class Waiting:
    """Accepted withdrawals that no payout has taken up: how many, their sums, and since when the oldest waits."""

    withdrawals: int
    oldest_at_s: int | None
    totals: tuple[Amount, ...]


def customer_views(connection: Connection, limit: int, *, after: str | None = None) -> Iterator[CustomerView]:
    """Customers by name, at most ``limit``, from the one after ``after`` on."""
    table = models.customers
    query = select(table).order_by(table.c.name).limit(limit)
    if after is not None:
        query = query.where(table.c.name > after)
    for row in connection.execute(query).all():
        credential = Credential(bytes(row.credential_id), bytes(row.public_key))
        yield CustomerView(row.name, credential, row.enrolled_at_s)


def deposit_addresses(connection: Connection, customer: str) -> tuple[tuple[str, str], ...]:
    """A customer's deposit addresses, each with its vault; none before the first is asked for."""
    table = models.addresses
    query = (
        select(table.c.vault, table.c.address)
        .where(table.c.customer == customer, table.c.chain == RECEIVE_CHAIN)
        .order_by(table.c.vault, table.c.position)
        .limit(20)
    )
    return tuple((row.vault, row.address) for row in connection.execute(query))


def followed_height(connection: Connection) -> int | None:
    """The height of the newest block that was followed; none before the first."""
    height = connection.execute(select(func.max(models.blocks.c.height))).scalar()
    return None if height is None else int(height)


def vault_counts(connection: Connection, vault: str) -> VaultCounts:
    """A vault's addresses and coins, counted."""
    addresses = models.addresses
    given = select(func.count()).where(addresses.c.vault == vault, addresses.c.chain == RECEIVE_CHAIN)
    lying = _unspent(vault, select(func.count()).select_from(models.coins))
    return VaultCounts(connection.execute(given).scalar_one(), connection.execute(lying).scalar_one())


def vault_coins(connection: Connection, vault: str, limit: int) -> tuple[CoinView, ...]:
    """A vault's unspent coins, the largest first, at most ``limit``."""
    coins, addresses, reserved, vaults = models.coins, models.addresses, models.reservations, models.vaults
    query = (
        _unspent(
            vault,
            select(
                coins, addresses.c.address, addresses.c.chain, addresses.c.customer, vaults.c.asset, reserved.c.intent
            ),
        )
        .join(vaults, vaults.c.name == addresses.c.vault)
        .outerjoin(reserved, (reserved.c.txid == coins.c.txid) & (reserved.c.vout == coins.c.vout))
        .order_by(coins.c.value_sat.desc(), coins.c.txid, coins.c.vout)
        .limit(limit)
    )
    return tuple(_coin(row) for row in connection.execute(query))


def _unspent(vault: str, query: Select[Any]) -> Select[Any]:
    coins, addresses = models.coins, models.addresses
    return query.join(addresses, addresses.c.script == coins.c.script).where(
        addresses.c.vault == vault, coins.c.spent_height.is_(None)
    )


def _coin(row: Row[Any]) -> CoinView:
    return CoinView(
        txid=row.txid,
        vout=row.vout,
        amount=Amount(row.asset, row.value_sat),
        address=row.address,
        chain=row.chain,
        customer=row.customer,
        height=row.height,
        reserved_by=None if row.intent is None else bytes(row.intent),
    )


def waiting_withdrawals(connection: Connection) -> Waiting:
    """What waits for a payout now."""
    table = models.withdrawals
    query = (
        select(
            table.c.asset,
            func.count(),
            func.min(table.c.requested_at_s),
            *unit_sums(table.c.amount_hi, table.c.amount_lo),
        )
        .where(table.c.state == WithdrawalState.SCREENED.value)
        .group_by(table.c.asset)
        .order_by(table.c.asset)
    )
    rows = connection.execute(query).all()
    return Waiting(
        withdrawals=sum(row[1] for row in rows),
        oldest_at_s=min((row[2] for row in rows), default=None),
        totals=tuple(Amount(asset, summed_units(sums)) for asset, _, _, *sums in rows),
    )


def open_payouts(connection: Connection, limit: int) -> tuple[bytes, ...]:
    """The intents of the payouts that still want something, the oldest first, at most ``limit``."""
    table = models.payouts
    query = (
        select(table.c.intent)
        .where(table.c.state.in_([state.value for state in OPEN_PAYOUTS]))
        .order_by(table.c.created_at_s, table.c.intent)
        .limit(limit)
    )
    return tuple(bytes(intent) for intent in connection.execute(query).scalars())


def paid_since(connection: Connection, vault: str, asset: str, since_s: int) -> Amount:
    """What was signed away out of a vault since ``since_s``, without fees, as these books have it.

    Signers count for themselves, and theirs are the counts that bind.
    """
    drafts, payouts, table = models.drafts, models.payouts, models.withdrawals
    signed = (
        select(drafts.c.intent)
        .join(payouts, payouts.c.intent == drafts.c.intent)
        .where(drafts.c.signed_at_s >= since_s, payouts.c.vault == vault)
    )
    sums = select(*unit_sums(table.c.amount_hi, table.c.amount_lo)).where(
        table.c.intent.in_(signed), table.c.asset == asset
    )
    return Amount(asset, summed_units(connection.execute(sums).one()))


def daily_flows(connection: Connection, since_s: int) -> tuple[DayFlow, ...]:
    """What came and went on each day from ``since_s`` on, for every asset that moved; quiet days are left out."""
    received, paid = _received(connection, since_s), _paid(connection, since_s)
    return tuple(
        DayFlow(day, asset, Amount(asset, received.get((day, asset), 0)), Amount(asset, paid.get((day, asset), 0)))
        for day, asset in sorted(received.keys() | paid.keys())
    )


def _received(connection: Connection, since_s: int) -> dict[tuple[int, str], int]:
    coins, addresses, vaults = models.coins, models.addresses, models.vaults
    day = coins.c.credited_at_s // DAY_S
    query = (
        select(day, vaults.c.asset, func.sum(coins.c.value_sat))
        .join(addresses, addresses.c.script == coins.c.script)
        .join(vaults, vaults.c.name == addresses.c.vault)
        .where(coins.c.credited_at_s >= since_s)
        .group_by(day, vaults.c.asset)
    )
    return {(int(day), asset): int(value) for day, asset, value in connection.execute(query)}


def _paid(connection: Connection, since_s: int) -> dict[tuple[int, str], int]:
    table = models.withdrawals
    day = table.c.ended_at_s // DAY_S
    query = (
        select(day, table.c.asset, *unit_sums(table.c.amount_hi, table.c.amount_lo))
        .where(table.c.ended_at_s >= since_s, table.c.state == WithdrawalState.PAID.value)
        .group_by(day, table.c.asset)
    )
    return {(int(day), asset): summed_units(sums) for day, asset, *sums in connection.execute(query)}
