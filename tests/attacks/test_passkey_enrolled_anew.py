"""The attacker enrols a passkey of their own in a customer's name, and withdraws as that customer.

What account takeover does at an exchange's login page (reset by e-mail, by a moved telephone number), here done to the
books themselves by whoever has the control plane. It shows in the log for ever; and a signer that has once served the
customer holds them to the passkey of then.
"""

import dataclasses

from holdfast.audit import CustomerEnrolled, entries, log_size
from holdfast.authority import SignedOrder
from holdfast.custody import Movement
from holdfast.demo.authenticator import SoftwareAuthenticator
from holdfast.demo.deployment import CUSTOMER_ORIGIN
from holdfast.store import transaction
from signer_rig import SIGNED, Takeover
from world import bitcoin_address


def forged_withdrawal(takeover: Takeover) -> Movement:
    """Alice's coins to the attacker, by a passkey that the attacker enrolled."""
    passkey = SoftwareAuthenticator("localhost", "not alice")
    credential = passkey.credential
    event = CustomerEnrolled("alice", credential.credential_id, credential.public_key, CUSTOMER_ORIGIN)
    sequence = takeover.log(event)
    order = takeover.world.order("stolen", 20_000_000, bitcoin_address(666)).order
    signed = SignedOrder(order, passkey.assertion(order.digest(), CUSTOMER_ORIGIN))
    return dataclasses.replace(takeover.customer_payment(signed, coin=1), enrolments=(sequence,))


def test_customer_who_was_served_before(takeover: Takeover) -> None:
    assert takeover.verdicts(takeover.customer_payment(takeover.world.order("first", 1_000_000))) == {SIGNED}
    assert takeover.verdicts(forged_withdrawal(takeover)) == {"order.enrolment_replaced"}


def test_attackers_passkey_with_the_customers_enrolment(takeover: Takeover) -> None:
    movement = dataclasses.replace(forged_withdrawal(takeover), enrolments=(takeover.enrolment("alice"),))
    assert takeover.verdicts(movement) == {"assertion.credential_unknown"}


def test_enrolment_stays_in_the_log(takeover: Takeover) -> None:
    forged_withdrawal(takeover)
    with transaction(takeover.plane.engine) as connection:
        logged = [entry.opened() for entry in entries(connection, 0, log_size(connection))]
    enrolled = [event for event in logged if isinstance(event, CustomerEnrolled) and event.customer == "alice"]
    assert len(enrolled) == 2
