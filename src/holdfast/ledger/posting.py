"""Posting entries: the only way money moves in the books."""

from sqlalchemy import Connection, insert, select, text

from holdfast.clock import Clock, SystemClock
from holdfast.ledger.accounts import find_accounts, lock_accounts
from holdfast.ledger.errors import EntryMalformed, HoldUnknown, IdempotencyConflict, refusals_named
from holdfast.ledger.models import entry as entry_table
from holdfast.ledger.models import hold as hold_table
from holdfast.ledger.models import transfer as transfer_table
from holdfast.ledger.types import MAX_HOLD_TRANSFERS, Entry
from holdfast.store import limbs

SYSTEM_CLOCK = SystemClock()

# A rival that posted the same key first makes this insert nothing, rather than fail.
_INSERT_ENTRY = text(
    "INSERT INTO ledger_entry (kind, reference, idempotency_key, digest, transfer_count, hold_id, posted_at_s)"
    " VALUES (:kind, :reference, :idempotency_key, :digest, :transfer_count, :hold_id, :posted_at_s)"
    " ON CONFLICT (idempotency_key) DO NOTHING RETURNING id"
)


def post(connection: Connection, entry: Entry, *, clock: Clock = SYSTEM_CLOCK) -> int:
    """Post an entry, whole or not at all, in the caller's transaction.

    Posting the same entry again, under the same idempotency key, does nothing more.

    :returns: the entry's id.
    :raises IdempotencyConflict: the key was used for another entry.
    :raises AccountUnknown: an account is not open in the transfer's asset.
    :raises InsufficientFunds: a balance would fall below zero or below what is held.
    :raises BalanceOutOfRange: a balance would exceed 10^36 base units.
    :raises CustomerMoney: a customer's account would pay the house other than at ``house:fees``.
    """
    return _post(connection, entry, None, clock)


def post_hold(connection: Connection, hold_id: int, entry: Entry, *, clock: Clock = SYSTEM_CLOCK) -> int:
    """Settle a hold by an entry whose transfers take exactly the held amount from the held account.

    Idempotent like :func:`post`.

    :returns: the entry's id.
    :raises HoldUnknown: there is no such hold.
    :raises HoldAlreadyResolved: it was posted by another entry, or voided.
    :raises HoldMismatch: the entry takes more, less, from elsewhere only, or gives back.
    """
    if len(entry.transfers) > MAX_HOLD_TRANSFERS:
        raise EntryMalformed(f"an entry that settles a hold has at most {MAX_HOLD_TRANSFERS} transfers")
    if connection.execute(select(hold_table.c.id).where(hold_table.c.id == hold_id)).first() is None:
        raise HoldUnknown(f"there is no hold {hold_id}")
    return _post(connection, entry, hold_id, clock)


def _post(connection: Connection, entry: Entry, hold_id: int | None, clock: Clock) -> int:
    keys = {(code, move.amount.asset) for move in entry.transfers for code in (move.debit, move.credit)}
    ids = {key: account.id for key, account in find_accounts(connection, keys).items()}
    lock_accounts(connection, ids.values())
    # Only now: a rival with the same entry held the same locks.
    posted = _posted_before(connection, entry, hold_id)
    if posted is not None:
        return posted
    with refusals_named(connection, f"{entry.kind} {entry.reference}"):
        entry_id = connection.execute(_INSERT_ENTRY, _entry_row(entry, hold_id, clock)).scalar()
        if entry_id is not None:
            connection.execute(insert(transfer_table), _transfer_rows(entry, entry_id, ids))
            return int(entry_id)
    rival = _posted_before(connection, entry, hold_id)
    if rival is None:
        raise IdempotencyConflict(f"the idempotency key {entry.idempotency_key!r} is in use")
    return rival


def _posted_before(connection: Connection, entry: Entry, hold_id: int | None) -> int | None:
    """The id under which this very entry was posted; a key used for anything else is refused."""
    columns = entry_table.c
    query = select(columns.id, columns.digest, columns.hold_id).where(columns.idempotency_key == entry.idempotency_key)
    row = connection.execute(query).first()
    if row is None:
        return None
    if (bytes(row.digest), row.hold_id) != (entry.digest(), hold_id):
        raise IdempotencyConflict(f"the idempotency key {entry.idempotency_key!r} was used for another entry")
    return int(row.id)


def _entry_row(entry: Entry, hold_id: int | None, clock: Clock) -> dict[str, object]:
    return {
        "kind": entry.kind,
        "reference": entry.reference,
        "idempotency_key": entry.idempotency_key,
        "digest": entry.digest(),
        "transfer_count": len(entry.transfers),
        "hold_id": hold_id,
        "posted_at_s": clock.now_s(),
    }


def _transfer_rows(entry: Entry, entry_id: int, ids: dict[tuple[str, str], int]) -> list[dict[str, int]]:
    rows = []
    for position, move in enumerate(entry.transfers, start=1):
        high, low = limbs(move.amount.units)
        rows.append(
            {
                "entry_id": entry_id,
                "position": position,
                "debit_account": ids[move.debit, move.amount.asset],
                "credit_account": ids[move.credit, move.amount.asset],
                "amount_hi": high,
                "amount_lo": low,
            }
        )
    return rows
