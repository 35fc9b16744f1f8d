"""Customers: their passkey, enrolled in the audit log, where signers look it up."""

from typing import Any

from sqlalchemy import Connection, Row, insert, select

from holdfast.audit import CustomerEnrolled, append
from holdfast.authority import Credential
from holdfast.custody import models
from holdfast.custody.books import open_customer_account
from holdfast.custody.errors import CustomerExists, CustomerUnknown


def enrol_customer(
    connection: Connection, customer: str, credential: Credential, *, origin: str, asset: str, now_s: int
) -> None:
    """Enrol a customer's passkey and open their account; the same again changes nothing.

    :raises CustomerExists: enrolled with another credential.
    """
    row = connection.execute(select(models.customers).where(models.customers.c.name == customer)).one_or_none()
    if row is not None:
        if (bytes(row.credential_id), bytes(row.public_key)) != (credential.credential_id, credential.public_key):
            raise CustomerExists(f"{customer} is enrolled with another passkey")
        return
    event = CustomerEnrolled(customer, credential.credential_id, credential.public_key, origin)
    sequence = append(connection, event, now_s)
    connection.execute(
        insert(models.customers).values(
            name=customer,
            credential_id=credential.credential_id,
            public_key=credential.public_key,
            enrolment_sequence=sequence,
            enrolled_at_s=now_s,
        )
    )
    open_customer_account(connection, customer, asset)


def find_customer(connection: Connection, customer: str) -> Row[tuple[Any, ...]]:
    """The customer's row, or :class:`CustomerUnknown`."""
    row = connection.execute(select(models.customers).where(models.customers.c.name == customer)).one_or_none()
    if row is None:
        raise CustomerUnknown(f"no customer {customer[:60]!r}")
    return row
