"""Holds: money that stays in its account but can no longer be spent, until it is posted or voided."""

from sqlalchemy import Connection, insert, select, text

from holdfast.amounts import Amount
from holdfast.clock import Clock
from holdfast.ledger.accounts import find_account, lock_accounts
from holdfast.ledger.errors import HoldUnknown, IdempotencyConflict, refusals_named
from holdfast.ledger.models import account as account_table
from holdfast.ledger.models import entry as entry_table
from holdfast.ledger.models import hold as hold_table
from holdfast.ledger.models import void as void_table
from holdfast.ledger.posting import SYSTEM_CLOCK
from holdfast.ledger.types import Account, Hold, HoldState, NormalSide, OwnerClass, require_text
from holdfast.store import limbs, units

_INSERT_HOLD = text(
    "INSERT INTO ledger_hold (account_id, amount_hi, amount_lo, idempotency_key, reference, held_at_s)"
    " VALUES (:account_id, :amount_hi, :amount_lo, :idempotency_key, :reference, :held_at_s)"
    " ON CONFLICT (idempotency_key) DO NOTHING RETURNING id"
)


def hold(
    connection: Connection,
    code: str,
    amount: Amount,
    *,
    idempotency_key: str,
    reference: str,
    clock: Clock = SYSTEM_CLOCK,
) -> int:
    """Keep ``amount`` back in the account ``code``. The same hold again, under the same key, does nothing more.

    :returns: the hold's id.
    :raises IdempotencyConflict: the key was used for another hold.
    :raises AccountUnknown: no such account in the amount's asset.
    :raises InsufficientFunds: more than the account has free.
    """
    require_text(idempotency_key, "an idempotency key")
    require_text(reference, "a hold's reference")
    amount.positive()
    account = find_account(connection, code, amount.asset)
    lock_accounts(connection, [account.id])
    found = _held_before(connection, account, amount, idempotency_key, reference)
    if found is not None:
        return found
    high, low = limbs(amount.units)
    row = {
        "account_id": account.id,
        "amount_hi": high,
        "amount_lo": low,
        "idempotency_key": idempotency_key,
        "reference": reference,
        "held_at_s": clock.now_s(),
    }
    with refusals_named(connection, f"holding {amount} of {code}"):
        hold_id = connection.execute(_INSERT_HOLD, row).scalar()
    if hold_id is None:
        hold_id = _held_before(connection, account, amount, idempotency_key, reference)
    if hold_id is None:
        raise IdempotencyConflict(f"the idempotency key {idempotency_key!r} is in use")
    return int(hold_id)


def _held_before(connection: Connection, account: Account, amount: Amount, key: str, reference: str) -> int | None:
    row = connection.execute(select(hold_table).where(hold_table.c.idempotency_key == key)).first()
    if row is None:
        return None
    if (row.account_id, units(row.amount_hi, row.amount_lo), row.reference) != (account.id, amount.units, reference):
        raise IdempotencyConflict(f"the idempotency key {key!r} was used for another hold")
    return int(row.id)


def void_hold(connection: Connection, hold_id: int, reason: str, *, clock: Clock = SYSTEM_CLOCK) -> None:
    """Let go of a hold: its amount is free again.

    :raises HoldUnknown: there is no such hold.
    :raises HoldAlreadyResolved: it was posted or voided before.
    """
    require_text(reason, "the reason of a void")
    held = find_hold(connection, hold_id)
    lock_accounts(connection, [held.account.id])
    with refusals_named(connection, f"voiding hold {hold_id}"):
        connection.execute(insert(void_table).values(hold_id=hold_id, reason=reason, voided_at_s=clock.now_s()))


def find_hold(connection: Connection, hold_id: int) -> Hold:
    """The hold with this id, as it stands.

    :raises HoldUnknown: there is none.
    """
    query = (
        select(
            hold_table,
            account_table.c.code,
            account_table.c.asset,
            account_table.c.owner_class,
            account_table.c.normal_side,
            void_table.c.id.label("void_id"),
            entry_table.c.id.label("entry_id"),
        )
        .join(account_table, account_table.c.id == hold_table.c.account_id)
        .outerjoin(void_table, void_table.c.hold_id == hold_table.c.id)
        .outerjoin(entry_table, entry_table.c.hold_id == hold_table.c.id)
        .where(hold_table.c.id == hold_id)
    )
    row = connection.execute(query).first()
    if row is None:
        raise HoldUnknown(f"there is no hold {hold_id}")
    account = Account(row.account_id, row.code, row.asset, OwnerClass(row.owner_class), NormalSide(row.normal_side))
    state = HoldState.VOIDED if row.void_id else HoldState.POSTED if row.entry_id else HoldState.OPEN
    return Hold(row.id, account, Amount(row.asset, units(row.amount_hi, row.amount_lo)), row.reference, state)
