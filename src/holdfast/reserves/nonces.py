"""Customers' nonces: chosen by their own page, so that no two customers can be shown one and the same leaf."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from holdfast.reserves import models
from holdfast.reserves.errors import NonceMalformed
from holdfast.reserves.proof import NONCE_BYTES


@dataclass(frozen=True)
class Nonce:
    """A nonce, and whether the customer's page chose it."""

    value: bytes
    by_customer: bool


def set_customer_nonce(connection: Connection, customer: str, nonce: bytes) -> None:
    """Use the nonce that the customer's page chose, from the next epoch on; a later choice replaces it.

    :raises NonceMalformed: not 16 bytes.
    """
    if len(nonce) != NONCE_BYTES:
        raise NonceMalformed(f"a nonce has {NONCE_BYTES} bytes, not {len(nonce)}")
    table = models.nonces
    connection.execute(delete(table).where(table.c.customer == customer))
    connection.execute(insert(table).values(customer=customer, nonce=nonce))


def customer_nonce(connection: Connection, customer: str) -> bytes | None:
    """The nonce that the customer's page last chose, or None: then the house chooses one for each epoch."""
    table = models.nonces
    chosen = connection.execute(select(table.c.nonce).where(table.c.customer == customer)).scalar()
    return None if chosen is None else bytes(chosen)


def nonces_for(connection: Connection, customers: Iterable[str]) -> Mapping[str, Nonce]:
    """A nonce for every customer: their page's, or a fresh one of the house."""
    chosen = {row.customer: bytes(row.nonce) for row in connection.execute(select(models.nonces))}
    return {
        customer: Nonce(chosen[customer], by_customer=True)
        if customer in chosen
        else Nonce(os.urandom(NONCE_BYTES), by_customer=False)
        for customer in customers
    }
