"""Balances as they were: what accounts had when they included the books up to a transfer each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from holdfast.amounts import Amount
from holdfast.ledger.models import account as account_table
from holdfast.ledger.models import entry as entry_table
from holdfast.ledger.models import transfer as transfer_table
from holdfast.ledger.types import OwnerClass
from holdfast.store import units

_STREAMED = {"yield_per": 1000}


@dataclass(frozen=True, slots=True)
class Standing:
    """An account's total, what is held included, and the newest transfer (``through``) that it includes."""

    account_id: int
    code: str
    total: Amount
    through: int


def standings(connection: Connection, owner_class: OwnerClass) -> Iterator[Standing]:
    """Every account of a class, in the order of opening."""
    query = select(account_table).where(account_table.c.owner_class == owner_class.value).order_by(account_table.c.id)
    for row in connection.execute(query, execution_options=_STREAMED):
        total = Amount(row.asset, units(row.total_hi, row.total_lo))
        yield Standing(row.id, row.code, total, row.last_transfer)


def newest_transfer(connection: Connection) -> int:
    """The id of the newest transfer that any account includes; 0 before the first."""
    return int(connection.execute(select(func.max(account_table.c.last_transfer))).scalar() or 0)


def newest_transfer_at(connection: Connection, at_s: int) -> int:
    """The id of the newest transfer that was posted up to a time; 0 if there is none."""
    posted = (
        select(func.max(transfer_table.c.id))
        .join(entry_table, entry_table.c.id == transfer_table.c.entry_id)
        .where(entry_table.c.posted_at_s <= at_s)
    )
    return int(connection.execute(posted).scalar() or 0)


def credits_through(connection: Connection, marks: Mapping[int, int]) -> dict[int, int]:
    """Credits less debits of each account, in base units, added up again from its transfers.

    :param marks: for each account's id the newest transfer to include. One mark for all would not do: transfers of
        different accounts may be committed in another order than that of their ids.
    """
    totals = dict.fromkeys(marks, 0)
    newest = max(marks.values(), default=0)
    query = select(transfer_table).where(transfer_table.c.id <= newest).order_by(transfer_table.c.id)
    for row in connection.execute(query, execution_options=_STREAMED):
        amount = units(row.amount_hi, row.amount_lo)
        for account_id, signed in ((row.credit_account, amount), (row.debit_account, -amount)):
            if row.id <= marks.get(account_id, 0):
                totals[account_id] += signed
    return totals
