"""The destination is swapped between what people approved and what is signed.

Bybit, 21 February 2025: the signers of a cold wallet saw an honest transfer on a page that had been altered, and
signed another one; 401,000 ether left. Radiant Capital, 16 October 2024: the same with malware on three approvers'
machines. Here a page can lie as it likes: the signers compare the transaction with what the approvals are of.
"""

import dataclasses

import pytest
from embit.script import Script
from embit.transaction import Transaction

from holdfast.audit import SignatureRefused, entries, log_size
from holdfast.custody import SignersRefused, claim_payout, sign_payout
from holdfast.demo.deployment import PERSONS
from holdfast.store import transaction
from signer_rig import SIGNED, Takeover, script_of
from world import bitcoin_address

ATTACKER = bitcoin_address(666)


def test_swap_in_the_database_is_refused_by_all_and_stays_in_the_log(takeover: Takeover) -> None:
    digest = takeover.world.approved("honest", 20_000_000).digest()
    raw = Transaction.parse(takeover.movement_of(digest).plan.raw)
    raw.vout[0].script_pubkey = Script(script_of(ATTACKER))
    takeover.tamper("UPDATE draft SET unsigned = ? WHERE intent = ?", raw.serialize(), digest)
    with pytest.raises(SignersRefused) as refused:
        sign_payout(takeover.plane, digest, claim_payout(takeover.plane, digest), checks=())
    assert set(refused.value.codes.values()) == {"transaction.destination_differs"}
    with transaction(takeover.plane.engine) as connection:
        logged = [entry.opened() for entry in entries(connection, 0, log_size(connection))]
    evidence = [event for event in logged if isinstance(event, SignatureRefused)]
    assert {(event.signer, event.code) for event in evidence} == set(refused.value.codes.items())


def test_people_who_were_shown_one_payment_and_signed_another_approved_neither(takeover: Takeover) -> None:
    # The page shows the honest payment and hands the authenticator the digest of the attacker's.
    shown = takeover.movement(takeover.world.approved("shown", 20_000_000))
    signed = takeover.house_payment(1_000_000, ATTACKER, coin=1)
    assert takeover.verdicts(shown, approvals=signed.approvals) == {"assertion.of_another"}
    # What they did sign is bound to the page of a signer's own host, where it is shown decoded: nowhere else.
    page = "https://approvals.example"
    made = (takeover.world.deployment.approve(person, signed.intent.digest(), page) for person in PERSONS[:2])
    assert takeover.verdicts(signed, approvals=tuple(made)) == {"assertion.wrong_origin"}


def test_swap_of_intent_and_transaction_together_lacks_the_customer_and_the_people(takeover: Takeover) -> None:
    honest = takeover.movement(takeover.world.approved("honest", 20_000_000))
    (payment,) = honest.intent.payments
    raw = Transaction.parse(honest.plan.raw)
    raw.vout[0].script_pubkey = Script(script_of(ATTACKER))
    plan = dataclasses.replace(honest.plan, raw=raw.serialize())
    swapped = takeover.reissued(honest, plan=plan, payments=(dataclasses.replace(payment, destination=ATTACKER),))
    assert takeover.verdicts(swapped) == {"order.mismatch"}
    unordered = dataclasses.replace(honest, orders=(), enrolments=())
    unnamed = dataclasses.replace(payment, destination=ATTACKER, order=None)
    without_order = takeover.reissued(unordered, plan=plan, payments=(unnamed,))
    # Were it a house payment, it would wait, and the people's approvals of the honest one would not count.
    assert takeover.verdicts(without_order, approvals=honest.approvals) == {"policy.delay_not_elapsed"}
    assert takeover.verdicts(honest) == {SIGNED}
