"""The ledger: double entry with holds, append-only, its rules enforced by the database itself.

Each transfer is one row, debit and credit of one amount, so that the books balance by construction. Accounts
have an owner class and a normal side, and no balance falls below zero or below what is held. House accounts are
credit-normal: the house spends only what is its own, and never customers' money.
"""

from holdfast.ledger.accounts import accounts, balance, balances, find_account, open_account
from holdfast.ledger.check import check, examine
from holdfast.ledger.errors import (
    AccountConflict,
    AccountUnknown,
    AppendOnly,
    AssetMismatch,
    BalanceOutOfRange,
    BalanceUnjustified,
    CustomerMoney,
    EntryComplete,
    EntryMalformed,
    HoldAlreadyResolved,
    HoldMismatch,
    HoldUnknown,
    IdempotencyConflict,
    InsufficientFunds,
    LedgerError,
    refusal_in,
)
from holdfast.ledger.history import Standing, credits_through, newest_transfer, newest_transfer_at, standings
from holdfast.ledger.holds import find_hold, hold, void_hold
from holdfast.ledger.posting import post, post_hold
from holdfast.ledger.report import AssetTotals, Discrepancy, LedgerBroken, LedgerReport
from holdfast.ledger.totals import OwnerTotals, owner_totals
from holdfast.ledger.types import Account, Balance, Entry, Hold, HoldState, NormalSide, OwnerClass, Transfer

__all__ = [
    "Account",
    "AccountConflict",
    "AccountUnknown",
    "AppendOnly",
    "AssetMismatch",
    "AssetTotals",
    "Balance",
    "BalanceOutOfRange",
    "BalanceUnjustified",
    "CustomerMoney",
    "Discrepancy",
    "Entry",
    "EntryComplete",
    "EntryMalformed",
    "Hold",
    "HoldAlreadyResolved",
    "HoldMismatch",
    "HoldState",
    "HoldUnknown",
    "IdempotencyConflict",
    "InsufficientFunds",
    "LedgerBroken",
    "LedgerError",
    "LedgerReport",
    "NormalSide",
    "OwnerClass",
    "OwnerTotals",
    "Standing",
    "Transfer",
    "accounts",
    "balance",
    "balances",
    "check",
    "credits_through",
    "examine",
    "find_account",
    "find_hold",
    "hold",
    "newest_transfer",
    "newest_transfer_at",
    "open_account",
    "owner_totals",
    "post",
    "post_hold",
    "refusal_in",
    "standings",
    "void_hold",
]
