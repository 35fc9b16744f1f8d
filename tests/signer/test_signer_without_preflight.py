"""With each of the control plane's checks deleted in turn, every signer still refuses, with that check's own code.

For each check there are movements that violate it and nothing else. A new check without one fails here.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from embit.script import Script
from embit.transaction import Transaction

from holdfast.amounts import Amount
from holdfast.authority import Approval, SignedOrder, WithdrawalOrder
from holdfast.chains.bitcoin import script_to_address
from holdfast.custody import (
    PREFLIGHT,
    SignersRefused,
    candidate_for,
    claim_payout,
    plan_payout,
    request_withdrawal,
    sign_payout,
    spread_freezes,
)
from holdfast.custody import withdrawals as acceptance
from holdfast.custody.control_plane import RosterInForce
from holdfast.demo.deployment import ASSET, CUSTOMER_ORIGIN, PERSONS, VAULT, VENUE, page_of
from holdfast.errors import HoldfastError
from holdfast.risk import RiskEngine
from holdfast.screening import Screen, packaged_snapshot
from holdfast.signer import CHECKS, ListRequest
from holdfast.signer.checks import SHOWN
from signer_rig import SHARE_SAT, SIGNED, Takeover
from world import DAY_S, bitcoin_address

LIST_ENDS_S = 600 * DAY_S
"""How old a sanctions list may be under the policy of these tests."""


def approved(takeover: Takeover, *payments_sat: int) -> bytes:
    """An honest intent of one or more customers' payments, approved by three."""
    world, references = takeover.world, []
    for number, value_sat in enumerate(payments_sat or (20_000_000,)):
        references.append(f"honest-{number}")
        signed = signed_order(takeover, references[-1], value_sat, bitcoin_address(7), 2 * DAY_S)
        request_withdrawal(takeover.plane, VAULT, signed)
    intent = plan_payout(world.plane, VAULT, references)
    world.approve(intent)
    return intent.digest()


def signed_order(takeover: Takeover, reference: str, value_sat: int, destination: str, lives_s: int) -> SignedOrder:
    """Alice's order, good for so long."""
    ends_s = takeover.world.clock.now_s() + lives_s
    order = WithdrawalOrder(VENUE, "alice", reference, Amount(ASSET, value_sat), destination, ends_s)
    return SignedOrder(order, takeover.world.deployment.customer("alice").assertion(order.digest(), CUSTOMER_ORIGIN))


def another_roster(takeover: Takeover) -> bytes:
    """Planned by a control plane that believes in a next roster."""
    genesis = takeover.plane.genesis
    next_roster = dataclasses.replace(genesis.roster, version=2)
    return _planned_by(takeover, in_force=RosterInForce(next_roster))


def another_policy(takeover: Takeover) -> bytes:
    """Planned by a control plane that believes in a next policy."""
    return _planned_by(takeover, policy=dataclasses.replace(takeover.plane.policy, version=2))


def _planned_by(takeover: Takeover, **believes: Any) -> bytes:
    honest = takeover.plane
    takeover.world.plane = dataclasses.replace(honest, **believes)
    digest = approved(takeover)
    takeover.world.plane = honest
    return digest


def expired(takeover: Takeover) -> bytes:
    """Approved in time, offered too late."""
    digest = approved(takeover)
    takeover.world.clock.advance(takeover.plane.policy.intent_lifetime_s)
    return digest


def frozen(takeover: Takeover) -> bytes:
    """An officer froze everything."""
    digest = approved(takeover)
    assert takeover.everywhere(takeover.freeze()) == {SIGNED}
    assert spread_freezes(takeover.plane) == 1
    return digest


def listed_meanwhile(takeover: Takeover) -> bytes:
    """The destination came onto the sanctions list after the withdrawal was approved."""
    digest = approved(takeover)
    newer = takeover.snapshot(bitcoin_address(7))
    assert takeover.everywhere(ListRequest(newer)) == {SIGNED}
    takeover.plane = takeover.world.plane = dataclasses.replace(takeover.plane, screen=Screen(newer.snapshot))
    return digest


def list_too_old(takeover: Takeover) -> bytes:
    """The sanctions list grew too old to tell."""
    clock, listed_at_s = takeover.world.clock, takeover.plane.screen.snapshot.as_of_s
    clock.advance(listed_at_s + LIST_ENDS_S - clock.now_s())
    digest = approved(takeover)
    clock.advance(1)
    return digest


def other_destination(takeover: Takeover) -> bytes:
    """The database's transaction pays somebody else than the approved intent."""
    digest = approved(takeover)
    raw = Transaction.parse(takeover.movement_of(digest).plan.raw)
    raw.vout[0].script_pubkey = Script(b"\x00\x14" + bytes(20))
    takeover.tamper("UPDATE draft SET unsigned = ? WHERE intent = ?", raw.serialize(), digest)
    return digest


def order_lost(takeover: Takeover) -> bytes:
    """The database has one of two customers' orders no more."""
    digest = approved(takeover, 11_000_000, 12_000_000)
    takeover.tamper("UPDATE withdrawal SET intent = NULL WHERE reference = ?", "honest-1")
    return digest


def order_unsigned(takeover: Takeover) -> bytes:
    """The order in the database bears the customer's assertion of something else."""
    digest = approved(takeover)
    order = takeover.movement_of(digest).orders[0].order
    forged = SignedOrder(order, takeover.world.deployment.customer("alice").assertion(bytes(32), CUSTOMER_ORIGIN))
    takeover.tamper("UPDATE withdrawal SET signed_order = ? WHERE intent = ?", forged.encoded(), digest)
    return digest


def approval_lost(takeover: Takeover) -> bytes:
    """One of three approvals is gone, or was never there."""
    digest = approved(takeover)
    takeover.tamper("DELETE FROM approval WHERE intent = ? AND person = ?", digest, PERSONS[0])
    return digest


def approval_unverified(takeover: Takeover) -> bytes:
    """One approver's device did not verify its user."""
    digest = approved(takeover)
    device = takeover.world.deployment.persons[PERSONS[0]]
    careless = Approval(PERSONS[0], device.assertion(digest, page_of("bern"), user_verified=False))
    statement = "UPDATE approval SET approval = ? WHERE intent = ? AND person = ?"
    takeover.tamper(statement, careless.encoded(), digest, PERSONS[0])
    return digest


def another_engine(takeover: Takeover) -> bytes:
    """The attestation is of a risk engine that nobody pinned."""
    digest = approved(takeover)
    risk = RiskEngine(Ed25519PrivateKey.generate(), takeover.world.clock)
    takeover.plane = takeover.world.plane = dataclasses.replace(takeover.plane, risk=risk)
    return digest


def risk_forbids(takeover: Takeover) -> bytes:
    """The customer turns out to have been enrolled a minute ago."""
    digest = approved(takeover)
    takeover.tamper("UPDATE customer SET enrolled_at_s = ? WHERE name = 'alice'", takeover.world.clock.now_s() - 60)
    return digest


def above_the_cap(takeover: Takeover) -> bytes:
    """More than any signer's share of the cap."""
    return approved(takeover, SHARE_SAT)


Scenario = Callable[[Takeover], bytes]

VIOLATIONS: dict[str, dict[Scenario, str]] = {
    "require_versions": {another_roster: "roster.version_unknown", another_policy: "policy.version_unknown"},
    "require_in_time": {expired: "intent.expired"},
    "require_not_frozen": {frozen: "freeze.in_force"},
    "require_destinations_clear": {
        listed_meanwhile: "screening.destination_sanctioned",
        list_too_old: "screening.snapshot_stale",
    },
    "require_transaction_matches": {other_destination: "transaction.destination_differs"},
    "require_orders": {
        order_lost: "order.missing",
        order_unsigned: "assertion.of_another",
    },
    "require_approved": {
        approval_lost: "approval.quorum_not_reached",
        approval_unverified: "assertion.user_not_verified",
    },
    "require_risk_allows": {another_engine: "attestation.invalid", risk_forbids: "attestation.forbids"},
    "require_within_caps": {above_the_cap: "cap.exceeded"},
}
"""For each check of the control plane, by name: what violates it, and the code that everybody then refuses with."""

CASES = [
    pytest.param(name, scenario, code, id=scenario.__name__)
    for name, scenarios in VIOLATIONS.items()
    for scenario, code in scenarios.items()
]


def test_there_is_a_violation_for_each_check() -> None:
    assert list(VIOLATIONS) == [check.__name__ for check in PREFLIGHT]


COUNTERPARTS = {
    "require_versions": "require_versions",
    "require_in_time": "require_in_time",
    "require_not_frozen": "require_not_frozen",
    "require_destinations_clear": "require_screened",
    "require_orders": "require_orders",
    "require_approved": "require_authorised",
    "require_risk_allows": "require_risk_allows",
}
"""The signer's own check that stands behind each of the control plane's, where its other ones can do without it."""


@pytest.mark.parametrize(("name", "scenario", "code"), CASES)
def test_signers_refuse_without_the_check(
    takeover: Takeover, monkeypatch: pytest.MonkeyPatch, name: str, scenario: Scenario, code: str
) -> None:
    digest = scenario(takeover)
    plane, movement = takeover.plane, takeover.movement_of(digest)
    candidate = candidate_for(plane, digest)
    for check in PREFLIGHT:
        if check.__name__ != name:
            check(plane, candidate)
            continue
        with pytest.raises(HoldfastError) as refusal:
            check(plane, candidate)
        assert refusal.value.code == code

    without = [check for check in PREFLIGHT if check.__name__ != name]
    with pytest.raises(SignersRefused) as refused:
        sign_payout(plane, digest, claim_payout(plane, digest), checks=without)
    assert set(refused.value.codes.values()) == {code}
    assert takeover.verdicts(movement) == {code}
    before = takeover.records()
    assert takeover.verdicts(movement) == {code}
    assert takeover.records() == before

    if name in COUNTERPARTS:
        # Nothing but the signer's own check holds it: with that one gone too, the very same request is signed.
        left = tuple(check for check in CHECKS if check.__name__ != COUNTERPARTS[name])
        assert len(left) == len(CHECKS) - 1
        monkeypatch.setattr("holdfast.signer.signing.CHECKS", left)
        monkeypatch.setattr("holdfast.signer.proposals.SHOWN", tuple(check for check in SHOWN if check in left))
        assert takeover.verdicts(movement) == {SIGNED}


# Before anything is held: what an order must pass to be accepted


@dataclass(frozen=True)
class Unacceptable:
    """An order that one check of acceptance refuses, and what it says.

    ``signers`` is what they say to it: the same where coins could go wrong; that they would sign it where the check
    only spares the customer a payment that could get stuck; nothing where there is no such transaction to show them.
    """

    code: str
    destination: str = bitcoin_address(7)
    value_sat: int = 20_000_000
    lives_s: int = DAY_S
    signers: str | None = None


def _listed_here() -> str:
    """A listed person's address as it is written on this network."""
    keys = (entry.destination_key for entry in packaged_snapshot().snapshot.entries if entry.asset == ASSET)
    return script_to_address(bytes.fromhex(next(key for key in keys if key.startswith("0014"))), "regtest")


UNACCEPTABLE = {
    "require_own_network": Unacceptable(
        "chains.address_of_other_network",
        destination="bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        signers="chains.address_of_other_network",
    ),
    "require_relayable": Unacceptable("chains.payment_below_dust", value_sat=293),
    "require_lasting": Unacceptable("withdrawal.expires_too_soon", lives_s=60, signers=SIGNED),
    "require_destination_clear": Unacceptable(
        "screening.destination_sanctioned", destination=_listed_here(), signers="screening.destination_sanctioned"
    ),
    "require_policy_allows": Unacceptable("policy.denied", value_sat=260_000_000, signers="policy.denied"),
}


def test_there_is_an_order_for_each_check_of_acceptance() -> None:
    assert list(UNACCEPTABLE) == [check.__name__ for check in acceptance.ACCEPTANCE]


@pytest.mark.parametrize("bad", UNACCEPTABLE.values(), ids=UNACCEPTABLE)
def test_signers_refuse_what_should_not_have_been_accepted(
    takeover: Takeover, monkeypatch: pytest.MonkeyPatch, bad: Unacceptable
) -> None:
    def ordered(reference: str) -> SignedOrder:
        return signed_order(takeover, reference, bad.value_sat, bad.destination, bad.lives_s)

    with pytest.raises(HoldfastError) as refusal:
        request_withdrawal(takeover.plane, VAULT, ordered("refused"))
    assert refusal.value.code == bad.code
    monkeypatch.setattr(acceptance, "ACCEPTANCE", ())
    signed = ordered("accepted")
    assert request_withdrawal(takeover.plane, VAULT, signed).code is None
    if bad.signers is not None:
        assert takeover.verdicts(takeover.customer_payment(signed)) == {bad.signers}
