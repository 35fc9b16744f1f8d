"""What the ledger refuses, and how the database's refusals get their names."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import ClassVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from holdfast.errors import HoldfastError


class LedgerError(HoldfastError):
    """Base of the ledger's refusals."""

    code: ClassVar[str] = "ledger.fault"


class EntryMalformed(LedgerError):
    """An entry, hold or account that cannot be, whatever the balances are."""

    code = "ledger.malformed"
    exit_status = 2


class InsufficientFunds(LedgerError):
    """More than the account has free: its total without what is held."""

    code = "ledger.insufficient_funds"


class BalanceOutOfRange(LedgerError):
    """The account would hold more than 10^36 base units."""

    code = "ledger.balance_out_of_range"


class IdempotencyConflict(LedgerError):
    """The idempotency key was used before, for something else."""

    code = "ledger.idempotency_conflict"


class AccountUnknown(LedgerError):
    """No account of this code in this asset."""

    code = "ledger.account_unknown"


class AccountConflict(LedgerError):
    """The account exists, with another owner class or normal side."""

    code = "ledger.account_conflict"


class AssetMismatch(LedgerError):
    """A transfer between accounts of different assets."""

    code = "ledger.asset_mismatch"


class CustomerMoney(LedgerError):
    """Customers' money would go to the house other than as a fee."""

    code = "ledger.customer_money"


class HoldUnknown(LedgerError):
    """No such hold."""

    code = "ledger.hold_unknown"


class HoldAlreadyResolved(LedgerError):
    """The hold was already posted or voided."""

    code = "ledger.hold_resolved"


class HoldMismatch(LedgerError):
    """The entry does not take exactly the held amount from the held account."""

    code = "ledger.hold_mismatch"


class EntryComplete(LedgerError):
    """The entry has all its transfers; no more can be added, and none out of turn."""

    code = "ledger.entry_complete"


class AppendOnly(LedgerError):
    """Somebody tried to change or delete what was written."""

    code = "ledger.append_only"


class BalanceUnjustified(LedgerError):
    """Somebody tried to set a balance that no new transfer, hold or void explains."""

    code = "ledger.balance_unjustified"


_BY_CODE: dict[str, type[LedgerError]] = {
    error.code: error
    for error in (
        InsufficientFunds,
        BalanceOutOfRange,
        AccountUnknown,
        AssetMismatch,
        CustomerMoney,
        HoldUnknown,
        HoldAlreadyResolved,
        HoldMismatch,
        EntryComplete,
        AppendOnly,
        BalanceUnjustified,
    )
}

# The first word of a trigger's message, on both databases.
_TOKEN = re.compile(r"\bledger\.[a-z_]+")


def refusal_in(fault: DBAPIError) -> type[LedgerError] | None:
    """The refusal that a trigger's message names, or None for any other fault."""
    found = _TOKEN.search(str(fault.orig))
    return _BY_CODE.get(found.group()) if found else None


@contextmanager
def refusals_named(connection: Connection, what: str) -> Generator[None, None, None]:
    """Run a block whole or not at all, and raise a trigger's refusal as its :class:`LedgerError`.

    The caller's transaction stays usable after a refusal, and holds nothing of the block.

    :param what: the doing that was refused, for the error's line.
    """
    try:
        with connection.begin_nested():
            yield
    except DBAPIError as fault:
        refusal = refusal_in(fault)
        if refusal is None:
            raise
        summary = (refusal.__doc__ or "").strip().rstrip(".")
        raise refusal(f"{what} is refused: {summary[0].lower()}{summary[1:]}") from fault
