"""Custody's accounts, by name, and the entries that its events post."""

from sqlalchemy import Connection

from holdfast.amounts import Amount
from holdfast.ledger import Entry, NormalSide, OwnerClass, Transfer, open_account

CAPITAL = "house:capital"
"""What of the vaults' coins is the exchange's own: pays network fees and losses."""


def customer_account(customer: str) -> str:
    """What is owed to a customer."""
    return f"customer:{customer}"


def vault_account(vault: str) -> str:
    """What a vault holds."""
    return f"vault:{vault}"


def open_vault_accounts(connection: Connection, vault: str, asset: str) -> None:
    """The vault's account and the house's own; again is no change."""
    open_account(connection, vault_account(vault), asset, OwnerClass.VAULT, NormalSide.DEBIT)
    open_account(connection, CAPITAL, asset, OwnerClass.HOUSE, NormalSide.CREDIT)


def open_customer_account(connection: Connection, customer: str, asset: str) -> None:
    """The customer's account; again is no change."""
    open_account(connection, customer_account(customer), asset, OwnerClass.CUSTOMER, NormalSide.CREDIT)


def deposit_entry(vault: str, customer: str | None, outpoint: str, amount: Amount, losses: int) -> Entry:
    """A confirmed output: the vault holds more, and a customer (or, without one, the house) is owed it.

    ``losses`` is how often a reorg took this output away for good before: each credit is an entry of its own.
    """
    owner = CAPITAL if customer is None else customer_account(customer)
    return Entry("deposit", outpoint, f"deposit:{outpoint}:{losses}", (Transfer(vault_account(vault), owner, amount),))


def withdrawal_entry(vault: str, customer: str, reference: str, amount: Amount) -> Entry:
    """A confirmed payment: the vault holds less, and the customer is owed less."""
    move = Transfer(customer_account(customer), vault_account(vault), amount)
    return Entry("withdrawal", reference, f"withdrawal:{reference}", (move,))


def network_fee_entry(vault: str, txid: str, amount: Amount) -> Entry:
    """What a confirmed transaction cost: the house bears it."""
    return Entry("fee", txid, f"network-fee:{txid}", (Transfer(CAPITAL, vault_account(vault), amount),))
