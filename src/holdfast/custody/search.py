"""Search: the beginning of a reference, name, address, transaction id or digest leads to what it names.

Only beginnings are looked for, so that an index answers and no text, however chosen, makes the database read all of
a table.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, and_, select

from holdfast.custody import models
from holdfast.custody.types import WithdrawalView
from holdfast.custody.withdrawals import withdrawal_of_row

MAX_TEXT = 200
"""The longest text that is looked for; what comes after is left out."""

_FEWEST_DIGITS = 6
_FEWEST_ADDRESS_CHARACTERS = 6
_HEX = re.compile(r"[0-9a-f]{6,64}")


@dataclass(frozen=True)
class Hit:
    """Something found: its ``kind`` (withdrawal, payout, customer or vault), what identifies it, and what matched."""

    kind: str
    key: str
    matched: str


def search(connection: Connection, text: str, limit: int = 8) -> tuple[Hit, ...]:
    """What the text is the beginning of; at most ``limit`` of each kind, the same thing once."""
    sought = _sought(text)
    if not sought:
        return ()
    hits: dict[tuple[str, str], Hit] = {}
    for hit in _hits(connection, sought, limit):
        hits.setdefault((hit.kind, hit.key), hit)
    return tuple(hits.values())


def withdrawals_matching(connection: Connection, text: str, limit: int) -> tuple[WithdrawalView, ...]:
    """The newest of those withdrawals, at most ``limit``, whose reference or destination begins with the text."""
    table, sought = models.withdrawals, _sought(text)
    if not sought:
        return ()
    found: dict[str, WithdrawalView] = {}
    for column in (table.c.reference, table.c.destination):
        query = select(table).where(_begins(connection, column, sought)).order_by(column).limit(limit)
        found.update((row.reference, withdrawal_of_row(row)) for row in connection.execute(query).all())
    newest_first = sorted(found.values(), key=lambda view: (view.requested_at_s, view.reference), reverse=True)
    return tuple(newest_first[:limit])


def _sought(text: str) -> str:
    """The text without blanks around it; nothing, if it holds what no name of ours can (PostgreSQL takes no NUL)."""
    sought = text.strip()[:MAX_TEXT]
    return sought if sought.isprintable() else ""


def _hits(connection: Connection, sought: str, limit: int) -> Iterator[Hit]:
    withdrawals, customers, vaults = models.withdrawals.c, models.customers.c, models.vaults.c
    for kind, column in (("withdrawal", withdrawals.reference), ("customer", customers.name), ("vault", vaults.name)):
        query = select(column).where(_begins(connection, column, sought)).order_by(column).limit(limit)
        for name in connection.execute(query).scalars():
            yield Hit(kind, name, name)
    if len(sought) >= _FEWEST_ADDRESS_CHARACTERS:
        yield from _addresses(connection, sought, limit)
    digits = sought.lower()
    if _HEX.fullmatch(digits):
        yield from _digests(connection, digits, limit)


def _addresses(connection: Connection, sought: str, limit: int) -> Iterator[Hit]:
    table, withdrawals = models.addresses.c, models.withdrawals.c
    ours = select(table.address, table.customer, table.vault).where(_begins(connection, table.address, sought))
    for row in connection.execute(ours.order_by(table.address).limit(limit)):
        kind, key = ("vault", row.vault) if row.customer is None else ("customer", row.customer)
        yield Hit(kind, key, row.address)
    paid = select(withdrawals.reference, withdrawals.destination).where(
        _begins(connection, withdrawals.destination, sought)
    )
    for payment in connection.execute(paid.order_by(withdrawals.destination).limit(limit)):
        yield Hit("withdrawal", payment.reference, payment.destination)


def _digests(connection: Connection, digits: str, limit: int) -> Iterator[Hit]:
    payouts, drafts, withdrawals = models.payouts.c, models.drafts.c, models.withdrawals.c
    by_intent = select(payouts.intent).where(_begins_bytes(payouts.intent, digits)).limit(limit)
    for intent in connection.execute(by_intent).scalars():
        yield Hit("payout", bytes(intent).hex(), bytes(intent).hex())
    by_transaction = select(drafts.intent, drafts.txid).where(_begins(connection, drafts.txid, digits)).limit(limit)
    for row in connection.execute(by_transaction):
        yield Hit("payout", bytes(row.intent).hex(), row.txid)
    by_order = select(withdrawals.reference, withdrawals.order_digest).where(
        _begins_bytes(withdrawals.order_digest, digits)
    )
    for row in connection.execute(by_order.limit(limit)):
        yield Hit("withdrawal", row.reference, bytes(row.order_digest).hex())
    yield from _deposits(connection, digits, limit)


def _deposits(connection: Connection, digits: str, limit: int) -> Iterator[Hit]:
    coins, addresses = models.coins.c, models.addresses.c
    query: Select[Any] = (
        select(coins.txid, addresses.customer, addresses.vault)
        .join(models.addresses, addresses.script == coins.script)
        .where(_begins(connection, coins.txid, digits))
        .limit(limit)
    )
    for row in connection.execute(query):
        kind, key = ("vault", row.vault) if row.customer is None else ("customer", row.customer)
        yield Hit(kind, key, row.txid)


def _begins(connection: Connection, column: Column[str], text: str) -> ColumnElement[bool]:
    """Whether the column begins with the text, said so that the database's index on it can answer."""
    if connection.dialect.name == "postgresql":
        return column.startswith(text, autoescape=True)
    # SQLite's LIKE knows no case and then uses no index; its texts compare by their bytes.
    return and_(column >= text, column < f"{text}\U0010ffff")


def _begins_bytes(column: Column[bytes], digits: str) -> ColumnElement[bool]:
    """The same for bytes and the hexadecimal digits that they begin with."""
    least, most = bytes.fromhex(digits.ljust(64, "0")), bytes.fromhex(digits.ljust(64, "f"))
    return and_(column >= least, column <= most)
