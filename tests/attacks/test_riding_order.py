"""An order that no payment names rides along on an honest payout, to bind a customer to a passkey that is not theirs.

Signers hold each customer to the first passkey they saw. A control plane in the wrong hands could enrol its own in the
name of somebody whom no signer has served yet, and slip an order by it into an approved request.
"""

import dataclasses

from holdfast.audit import CustomerEnrolled
from holdfast.authority import SignedOrder
from holdfast.demo.deployment import CUSTOMER_ORIGIN
from signer_rig import SIGNED, Takeover


def test_an_order_that_no_payment_names_is_refused(takeover: Takeover) -> None:
    world = takeover.world
    intent = world.planned("w1", 5_000_000)
    world.approve(intent, persons=1)
    honest = takeover.movement(intent)
    thief = world.deployment.customer("thief")
    sequence = takeover.log(
        CustomerEnrolled("bob", thief.credential.credential_id, thief.credential.public_key, CUSTOMER_ORIGIN)
    )
    order = dataclasses.replace(world.order("w2").order, customer="bob")
    forged = SignedOrder(order, thief.assertion(order.digest(), CUSTOMER_ORIGIN))
    riding = dataclasses.replace(honest, orders=(*honest.orders, forged), enrolments=(*honest.enrolments, sequence))
    assert takeover.verdicts(riding) == {"order.mismatch"}
    assert takeover.verdicts(honest) == {SIGNED}
