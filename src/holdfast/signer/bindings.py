"""What a signer holds itself to for ever: one intent a conflict key, one an order, one passkey a customer.

Here they are read: what people are shown must be free already. Signing writes them, in :mod:`holdfast.signer.records`.
"""

from collections.abc import Mapping

from sqlalchemy import Connection, select

from holdfast.authority import Credential, Intent
from holdfast.signer import models
from holdfast.signer.errors import ConflictKeyTaken, EnrolmentReplaced, OrderAlreadySettled


def conflict_key_bound(connection: Connection, intent: Intent) -> bool:
    """Whether the intent and its conflict key are bound to each other already.

    :raises ConflictKeyTaken: either is bound to another.
    """
    table, digest = models.conflict_keys, intent.digest()
    query = select(table).where((table.c.conflict_key == intent.conflict_key) | (table.c.intent == digest))
    rows = connection.execute(query).all()
    if any(row.intent != digest or row.conflict_key != intent.conflict_key for row in rows):
        raise ConflictKeyTaken("this conflict key is bound to another intent for ever")
    return bool(rows)


def unbound_orders(connection: Connection, intent: Intent) -> list[bytes]:
    """The digests of the intent's orders that are bound to no intent yet.

    :raises OrderAlreadySettled: another intent settles one of them.
    """
    table, digest, unbound = models.settled_orders, intent.digest(), []
    for order in (payment.order for payment in intent.payments if payment.order is not None):
        known = connection.execute(select(table.c.intent).where(table.c.order_digest == order)).scalar()
        if known is None:
            unbound.append(order)
        elif known != digest:
            raise OrderAlreadySettled("another intent already settles this customer's order")
    return unbound


def unknown_customers(connection: Connection, credentials: Mapping[str, Credential]) -> list[str]:
    """The customers whom this signer has not served yet; the others must come with the passkey that it knows.

    :raises EnrolmentReplaced: one of them does not.
    """
    table, unknown = models.customers, []
    for customer, credential in credentials.items():
        known = connection.execute(select(table.c.public_key).where(table.c.customer == customer)).scalar()
        if known is None:
            unknown.append(customer)
        # The id alone is public, and a forged enrolment could give it another key.
        elif known != credential.public_key:
            raise EnrolmentReplaced(f"{customer} signed with another passkey before")
    return unknown


def require_bindable(connection: Connection, intent: Intent, credentials: Mapping[str, Credential]) -> None:
    """Require that nothing which this signer is bound to stands against the intent.

    :raises HoldfastError: as the three above.
    """
    conflict_key_bound(connection, intent)
    unbound_orders(connection, intent)
    unknown_customers(connection, credentials)
