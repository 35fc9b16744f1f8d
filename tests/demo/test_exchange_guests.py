"""A visitor joins the people of the house: invited, registered with a signer, put on the roster by the stand-ins."""

import pytest

from exchange_rig import Customer
from holdfast.authority import APPROVER, Approval
from holdfast.custody import approve_payout, collect_candidates, cosign_log, enact_subjects, find_withdrawal
from holdfast.demo.authenticator import SoftwareAuthenticator, as_document
from holdfast.demo.deployment import CHANGE_DELAY_S, PERSONS, SIGNERS, page_of
from holdfast.demo.exchange import guests, plan_waiting
from holdfast.demo.exchange.guests import Guests
from world import World, bitcoin_address


@pytest.fixture
def house(world: World) -> Guests:
    return Guests(world.plane, world.deployment)


def register(world: World, address: str, name: str) -> SoftwareAuthenticator:
    """What the visitor does on the signer's page."""
    page, code = address.split("/enrol/")
    (signer,) = [each for each in SIGNERS if page_of(each) == page]
    enrolment, device = world.signers[signer].enrolments, SoftwareAuthenticator("localhost", name)
    challenge = enrolment.challenge(bytes.fromhex(code))
    enrolment.register(bytes.fromhex(code), as_document(device.registration(challenge, page)))
    assert collect_candidates(world.plane) == 1
    return device


def enact(world: World) -> None:
    """Have it shown by the signers, let the delay pass, and the signers take the new roster in."""
    cosign_log(world.plane)
    assert enact_subjects(world.plane) == 0
    world.clock.advance(CHANGE_DELAY_S)
    assert enact_subjects(world.plane) == 1


def test_a_visitor_becomes_one_who_approves(world: World, house: Guests, alice: Customer) -> None:
    address = alice.post("/simulation/invite", {"name": "Vera"}).json()["address"]
    assert house.seat() == 0
    device = register(world, address, "vera")
    assert house.seat() == 1
    assert house.seat() == 0
    enact(world)
    assert APPROVER in world.plane.roster.person("vera").roles
    assert house.seat() == 0
    reference = alice.withdraw("0.25", bitcoin_address(7))
    plan_waiting(world.plane, "hot")
    intent = find_withdrawal(world.plane, reference).intent
    assert intent is not None
    approve_payout(world.plane, intent, Approval("vera", device.assertion(intent, page_of("zurich"))))
    (waiting,) = alice.account()["simulation"]["payouts"]
    assert waiting["needed"] == 3


def test_two_visitors_are_seated_one_after_the_other(world: World, house: Guests) -> None:
    for name in ("vera", "walt"):
        register(world, house.invite(name), name)
    assert (house.seat(), house.seat()) == (1, 0)
    enact(world)
    assert house.seat() == 1
    enact(world)
    assert {"vera", "walt"} < {person.name for person in world.plane.roster.persons}


def test_nobody_takes_the_seat_of_another(alice: Customer) -> None:
    for name in PERSONS:
        alice.refused("/simulation/invite", {"name": name.upper()}, 409, "exchange.guests_full")
    alice.refused("/simulation/invite", {"name": "<b>"}, 400, "exchange.name_invalid")


def test_there_is_an_end_to_the_invitations(house: Guests, alice: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guests, "MAX_GUESTS", 1)
    house.invite("vera")
    alice.refused("/simulation/invite", {"name": "walt"}, 409, "exchange.guests_full")
