"""Opening accounts and reading balances."""

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, Row, Select, func, select, text

from holdfast.amounts import Amount
from holdfast.ledger.errors import AccountConflict, AccountUnknown
from holdfast.ledger.models import account as account_table
from holdfast.ledger.types import Account, Balance, NormalSide, OwnerClass
from holdfast.store import units

# Written out because both databases know the clause and SQLAlchemy has one spelling for each.
_OPEN = text(
    "INSERT INTO ledger_account (code, asset, owner_class, normal_side,"
    " total_hi, total_lo, held_hi, held_lo, last_transfer, last_hold, last_void)"
    " VALUES (:code, :asset, :owner_class, :normal_side, 0, 0, 0, 0, 0, 0, 0)"
    " ON CONFLICT (code, asset) DO NOTHING"
)

# The namespace of the ledger's advisory locks on PostgreSQL: "LEDG".
_LOCK_SPACE = 0x4C454447


def open_account(
    connection: Connection, code: str, asset: str, owner_class: OwnerClass, normal_side: NormalSide
) -> Account:
    """Open an account, or find it open already.

    :raises AccountConflict: it is open with another owner class or normal side.
    :raises EntryMalformed: an empty or overlong code, or a side that the class does not have.
    :raises AssetUnknown: an asset that this version does not handle.
    """
    wanted = Account(0, code, asset, OwnerClass(owner_class), NormalSide(normal_side))
    found = connection.execute(_accounts().where(account_table.c.code == code, account_table.c.asset == asset)).first()
    if found is None:
        connection.execute(
            _OPEN, {"code": code, "asset": asset, "owner_class": wanted.owner_class, "normal_side": wanted.normal_side}
        )
        return find_account(connection, code, asset)
    opened = _account(found)
    if (opened.owner_class, opened.normal_side) != (wanted.owner_class, wanted.normal_side):
        raise AccountConflict(f"{code} in {asset} is open as {opened.owner_class}, {opened.normal_side}-normal")
    return opened


def find_account(connection: Connection, code: str, asset: str) -> Account:
    """The account of this code and asset.

    :raises AccountUnknown: there is none.
    """
    return find_accounts(connection, {(code, asset)})[code, asset]


def find_accounts(connection: Connection, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], Account]:
    """The accounts of these codes and assets.

    :raises AccountUnknown: at least one is missing.
    """
    query = _accounts().where(account_table.c.code.in_({code for code, _ in wanted}))
    found = {(row.code, row.asset): _account(row) for row in connection.execute(query)}
    for code, asset in sorted(wanted):
        if (code, asset) not in found:
            raise AccountUnknown(f"no account {code[:60]!r} in {asset}")
    return {key: found[key] for key in wanted}


def accounts(connection: Connection) -> tuple[Account, ...]:
    """Every account, in the order of opening."""
    return tuple(_account(row) for row in connection.execute(_accounts().order_by(account_table.c.id)))


def balance(connection: Connection, code: str, asset: str) -> Balance:
    """What the account has now.

    :raises AccountUnknown: there is no such account.
    """
    query = select(account_table).where(account_table.c.code == code, account_table.c.asset == asset)
    row = connection.execute(query).first()
    if row is None:
        raise AccountUnknown(f"no account {code[:60]!r} in {asset}")
    return _balance(row)


def balances(connection: Connection) -> Iterator[Balance]:
    """What every account has, in the order of opening."""
    return map(_balance, connection.execute(select(account_table).order_by(account_table.c.id)))


def lock_accounts(connection: Connection, ids: Iterable[int]) -> None:
    """Take the accounts' locks in one order, so that transactions queue instead of deadlocking.

    On SQLite the transaction already has the only write lock. On PostgreSQL these are advisory locks, which a
    role without UPDATE may take; they end with the transaction.
    """
    if connection.dialect.name == "postgresql":
        for account_id in sorted(set(ids)):
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK_SPACE, account_id)))


def _accounts() -> Select[tuple[int, str, str, str, str]]:
    columns = account_table.c
    return select(columns.id, columns.code, columns.asset, columns.owner_class, columns.normal_side)


def _account(row: Row[tuple[int, str, str, str, str]]) -> Account:
    return Account(row.id, row.code, row.asset, OwnerClass(row.owner_class), NormalSide(row.normal_side))


def _balance(row: Row[tuple[int, str, str, str, str]]) -> Balance:
    total = Amount(row.asset, units(row.total_hi, row.total_lo))
    return Balance(_account(row), total, Amount(row.asset, units(row.held_hi, row.held_lo)))
