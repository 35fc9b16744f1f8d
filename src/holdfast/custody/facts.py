"""What the risk engine is told of a payment: gathered from our own records, nothing made up."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from holdfast.amounts import Amount
from holdfast.custody import models
from holdfast.custody.books import customer_account
from holdfast.custody.types import WithdrawalState
from holdfast.ledger import balance
from holdfast.risk import CustomerHistory, DestinationHistory, WithdrawalFacts
from holdfast.store import units

HOUR_S, DAY_S, MONTH_S = 3_600, 86_400, 30 * 86_400

MAX_HISTORY = 1_000
"""The most past withdrawals of one customer that are looked at, newest first."""


def facts_of_intent(connection: Connection, intent_digest: bytes, now_s: int) -> tuple[WithdrawalFacts, ...]:
    """The facts of every customer's payment that an intent settles, in the order of request."""
    table = models.withdrawals
    rows = connection.execute(
        select(table).where(table.c.intent == intent_digest).order_by(table.c.requested_at_s, table.c.reference)
    ).all()
    return tuple(facts_of_withdrawal(connection, row, now_s) for row in rows)


def facts_of_withdrawal(connection: Connection, row: Row[Any], now_s: int) -> WithdrawalFacts:
    """The facts of one withdrawal, by its row."""
    return WithdrawalFacts(
        amount=Amount(row.asset, units(row.amount_hi, row.amount_lo)),
        requested_at_s=max(row.requested_at_s, 0),
        customer_signed=True,
        customer=_customer(connection, row, now_s),
        destination=_destination(connection, row),
    )


def _customer(connection: Connection, row: Row[Any], now_s: int) -> CustomerHistory:
    table, at_s = models.withdrawals, row.requested_at_s
    past = connection.execute(
        select(table)
        .where(table.c.customer == row.customer, table.c.reference != row.reference, table.c.requested_at_s <= at_s)
        .order_by(table.c.requested_at_s.desc())
        .limit(MAX_HISTORY)
    ).all()
    paid = [each for each in past if each.state == WithdrawalState.PAID.value]
    month = [each for each in paid if each.asset == row.asset and each.requested_at_s > at_s - MONTH_S]
    customer = connection.execute(select(models.customers).where(models.customers.c.name == row.customer)).one()
    return CustomerHistory(
        enrolled_at_s=min(customer.enrolled_at_s, at_s),
        credential_changed_at_s=min(customer.enrolled_at_s, at_s),
        last_deposit_at_s=_last_deposit(connection, row.customer, at_s),
        # The ledger's total still holds this payment: holds keep money, they do not take it.
        balance=balance(connection, customer_account(row.customer), row.asset).total,
        withdrawals_30d=len(month),
        withdrawn_30d=Amount(row.asset, sum(units(each.amount_hi, each.amount_lo) for each in month)),
        withdrawals_last_hour=sum(each.requested_at_s > at_s - HOUR_S for each in past),
        withdrawals_last_day=sum(each.requested_at_s > at_s - DAY_S for each in past),
        failed_assertions_last_day=_failed_assertions(connection, row.customer, now_s),
        hours_active=tuple(sorted({datetime.fromtimestamp(each.requested_at_s, UTC).hour for each in paid})),
    )


def _last_deposit(connection: Connection, customer: str, at_s: int) -> int | None:
    coins, addresses = models.coins, models.addresses
    credited = connection.execute(
        select(func.max(coins.c.credited_at_s))
        .join(addresses, addresses.c.script == coins.c.script)
        .where(addresses.c.customer == customer, coins.c.credited_at_s <= at_s)
    ).scalar()
    return None if credited is None else int(credited)


def _failed_assertions(connection: Connection, customer: str, now_s: int) -> int:
    table = models.failed_assertions
    query = select(func.count()).where(table.c.customer == customer, table.c.at_s > now_s - DAY_S)
    return int(connection.execute(query).scalar_one())


def _destination(connection: Connection, row: Row[Any]) -> DestinationHistory:
    table = models.withdrawals
    same = (table.c.destination == row.destination) & (table.c.reference != row.reference)
    used = connection.execute(
        select(func.min(table.c.requested_at_s)).where(
            same,
            table.c.customer == row.customer,
            table.c.state == WithdrawalState.PAID.value,
            table.c.requested_at_s <= row.requested_at_s,
        )
    ).scalar()
    others = connection.execute(
        select(func.count(func.distinct(table.c.customer))).where(same, table.c.customer != row.customer)
    ).scalar_one()
    return DestinationHistory(None if used is None else int(used), int(others))
