"""An approval given once is offered again: for another intent, at another time, over a newer decision.

WebAuthn assertions replay without limit where the challenge is the caller's to check (Web Authentication Level 3,
section 13.4.3). Here the challenge is the digest of the one thing approved.
"""

import dataclasses

import pytest

from authority_rig import NOW_S, OTHER_DESTINATION, Venue, btc, intent
from holdfast.authority import (
    APPROVER,
    NONCE_BYTES,
    AssertionOfAnother,
    FreezeLift,
    FreezeOrder,
    Intent,
    IntentExpired,
    Payment,
    Roster,
    require_quorum,
)

APPROVED = intent()
QUORUM = ("anna", "ben", "carla")


def swapped() -> list[Intent]:
    """The approved intent, with one thing changed."""
    payment = APPROVED.payments[0]
    return [
        dataclasses.replace(APPROVED, payments=(dataclasses.replace(payment, destination=OTHER_DESTINATION),)),
        dataclasses.replace(APPROVED, payments=(dataclasses.replace(payment, amount=btc("0.50000001")),)),
        dataclasses.replace(APPROVED, payments=(*APPROVED.payments, Payment(btc("0.1"), OTHER_DESTINATION, None))),
        dataclasses.replace(APPROVED, payments=(dataclasses.replace(payment, order=bytes(32)),)),
        dataclasses.replace(APPROVED, conflict_key=APPROVED.conflict_key[:-1] + "1"),
        dataclasses.replace(APPROVED, maximum_fee=btc("0.1")),
        dataclasses.replace(APPROVED, expires_at_s=APPROVED.expires_at_s + 1),
        dataclasses.replace(APPROVED, vault="cold"),
        dataclasses.replace(APPROVED, committee_epoch=2),
        dataclasses.replace(APPROVED, policy_version=2),
        dataclasses.replace(APPROVED, roster_version=2),
        dataclasses.replace(APPROVED, created_by="somebody"),
    ]


@pytest.mark.parametrize("other", swapped())
def test_approvals_of_one_intent_say_nothing_of_another(house: Venue, roster: Roster, other: Intent) -> None:
    approvals = [house.approve(name, APPROVED.digest()) for name in QUORUM]
    require_quorum(approvals, roster, APPROVED.digest(), APPROVER, 3)
    with pytest.raises(AssertionOfAnother):
        require_quorum(approvals, roster, other.digest(), APPROVER, 3)


def test_approvals_do_not_outlive_their_intent(house: Venue, roster: Roster) -> None:
    approvals = [house.approve(name, APPROVED.digest()) for name in QUORUM]
    require_quorum(approvals, roster, APPROVED.digest(), APPROVER, 3)
    with pytest.raises(IntentExpired):
        APPROVED.require_unexpired(APPROVED.expires_at_s)
    APPROVED.require_unexpired(NOW_S)


def test_an_old_lift_does_not_undo_a_new_freeze() -> None:
    old = FreezeOrder(bytes(32), "signer-1", "a drill", NOW_S, bytes(NONCE_BYTES))
    lift = FreezeLift(bytes(32), (old,), "all is well")
    again = dataclasses.replace(old, nonce=b"\x01" * NONCE_BYTES)
    assert again.digest() not in lift.lifted()
