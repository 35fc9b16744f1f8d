"""Freezes that one officer or one signer makes up: out of all calendars, in any number, slowly, or of long ago.

One person in the wrong hands may freeze, and be lifted and removed for it; one signer may refuse. Neither may take the
pages down, keep a true freeze from being lifted, or keep one from reaching the others.
"""

import dataclasses
import itertools
import threading

import pytest

from holdfast.authority import AuthorityMalformed, FreezeOrder
from holdfast.custody import (
    PayoutState,
    enact_subjects,
    propose_lift,
    propose_roster,
    spread_freezes,
    without_person,
)
from holdfast.demo.authenticator import as_document
from holdfast.demo.deployment import SIGNERS, page_of
from holdfast.signer import FreezeRequest, FreezeShow, SignerNode, Status
from holdfast.signer.adoption import MAX_FREEZES_EACH
from holdfast.signer.pages.app import ORDER_GOOD_FOR_S
from page_rig import Page
from signer_rig import SIGNED, Takeover
from world import World

HOSTILE, HONEST = SIGNERS[0], SIGNERS[1:]


class Inventing(SignerNode):
    """A signer's host in the wrong hands: it says, and shows, whatever freezes it likes."""

    invented: tuple[FreezeRequest, ...] = ()

    def status(self) -> Status:
        said = (*(each.order.digest() for each in self.invented), *super().status().freezes)
        return dataclasses.replace(super().status(), freezes=said)


def inventing(takeover: Takeover, *invented: FreezeRequest, shows: bool = True) -> None:
    """Put the first signer into the wrong hands."""
    node = Inventing(takeover.world.signers[HOSTILE].home, takeover.world.clock)
    node.invented = invented
    by_digest = {each.order.digest(): each for each in invented}
    honest = node._handlers[FreezeShow]

    def show(asked: FreezeShow):  # type: ignore[no-untyped-def]
        if asked.freeze in by_digest and shows:
            return (node._letter(by_digest[asked.freeze], asked.digest(), 0, 0),)
        return honest(asked)

    node._handlers[FreezeShow] = show
    takeover.with_node(HOSTILE, node)


def made_up(takeover: Takeover, count: int) -> list[FreezeRequest]:
    """Freezes that carry an officer's name and nobody's valid word."""
    wrong = takeover.world.deployment.approve("ada", bytes(32))
    return [dataclasses.replace(takeover.freeze(5_000 + number), approval=wrong) for number in range(count)]


def frozen(world: World) -> set[str]:
    return {name for name in HONEST if world.signers[name].status().frozen}


def given_on(world: World, signer: str, person: str) -> int:
    """Freeze on a signer's page; the answer's status."""
    page = Page(world, signer)
    offered = page.post("/freeze/order", {"reason": "keys stolen"}).json()["order"]
    digest = FreezeOrder.decoded(bytes.fromhex(offered)).digest()
    assertion = as_document(world.deployment.persons[person].assertion(digest, page.origin))
    return int(page.post("/freeze", {"order": offered, "assertion": assertion}).status_code)


def test_no_freeze_is_of_a_time_that_no_page_can_show(takeover: Takeover) -> None:
    with pytest.raises(AuthorityMalformed):
        dataclasses.replace(takeover.freeze().order, at_s=2**37)
    last = takeover.freeze()
    order = dataclasses.replace(last.order, at_s=2**37 - 1)
    request = FreezeRequest(order, takeover.world.deployment.approve("ada", order.digest(), page_of("bern")))
    assert takeover.everywhere(request) == {SIGNED}
    assert {Page(takeover.world, signer).get("/").status_code for signer in SIGNERS} == {200}


@pytest.mark.parametrize("away_s", [-ORDER_GOOD_FOR_S - 1, ORDER_GOOD_FOR_S + 1, 10**9])
def test_a_page_takes_only_the_order_that_it_made_just_now(takeover: Takeover, away_s: int) -> None:
    world = takeover.world
    page = Page(world, "bern")
    offered = FreezeOrder.decoded(bytes.fromhex(page.post("/freeze/order", {"reason": "a drill"}).json()["order"]))
    order = dataclasses.replace(offered, at_s=offered.at_s + away_s)
    assertion = as_document(world.deployment.persons["ada"].assertion(order.digest(), page.origin))
    answer = page.post("/freeze", {"order": order.encoded().hex(), "assertion": assertion})
    assert (answer.status_code, world.signers["bern"].status().frozen) == (400, False)


def test_any_number_of_made_up_freezes_leaves_a_true_one_its_place_in_a_lift(takeover: Takeover) -> None:
    world = takeover.world
    world.signers["zurich"].freeze(takeover.freeze(officer="ben", signer="zurich"))
    inventing(takeover, *made_up(takeover, 60))
    spread_freezes(world.plane)
    lift = propose_lift(world.plane, "over", "ben")
    assert takeover.freeze(officer="ben", signer="zurich").order in lift.freezes
    takeover.officers_approve(lift.digest())
    enact_subjects(world.plane)
    assert frozen(world) == set()


def test_nor_one_that_is_in_no_log(takeover: Takeover) -> None:
    """Whoever is being removed freezes at three pages just before: no log takes that, and it is to be lifted there."""
    world = takeover.world
    for signer in HONEST[1:]:
        world.signers[signer].freeze(takeover.freeze(officer="emi", signer=signer))
    assert world.plane.in_force is not None
    change = propose_roster(world.plane, without_person(world.plane.roster, "emi"), "left", "ada")
    takeover.officers_approve(change.digest())
    assert enact_subjects(world.plane) == 1
    inventing(takeover, *made_up(takeover, 60))
    for _ in range(3):
        lift = propose_lift(world.plane, "over", "ben")
        takeover.officers_approve(lift.digest())
        enact_subjects(world.plane)
        spread_freezes(world.plane)
    assert frozen(world) == set()


def test_what_the_log_has_is_lifted_although_no_signer_says_it(takeover: Takeover) -> None:
    world = takeover.world
    node = world.signers[HOSTILE]
    inventing(takeover, takeover.freeze(officer="ben", signer=HOSTILE))
    assert spread_freezes(world.plane) == 1
    takeover.with_node(HOSTILE, node)
    lift = propose_lift(world.plane, "over", "ben")
    takeover.officers_approve(lift.digest())
    enact_subjects(world.plane)
    spread_freezes(world.plane)
    assert frozen(world) == set()
    assert world.settle(world.approved("after")) is PayoutState.BROADCAST


def test_the_log_keeps_no_more_by_one_officer_than_signers_do(takeover: Takeover) -> None:
    inventing(takeover, *(takeover.freeze(number) for number in range(30)))
    for _ in range(3):
        spread_freezes(takeover.world.plane)
    assert len(propose_lift(takeover.world.plane, "over", "ben").freezes) == MAX_FREEZES_EACH
    assert spread_freezes(takeover.world.plane) == 0


@pytest.mark.parametrize("shows", [False, True])
def test_a_slow_signer_keeps_a_freeze_from_nobody(
    takeover: Takeover, monkeypatch: pytest.MonkeyPatch, *, shows: bool
) -> None:
    world, ended, shown = takeover.world, threading.Event(), itertools.count()
    monkeypatch.setattr("holdfast.custody.freezes.BUDGET_S", 1.0)
    inventing(takeover, *made_up(takeover, 30), shows=shows)
    hostile = world.signers[HOSTILE]
    honest = hostile.respond

    def slow(request: bytes) -> bytes:
        if b"freeze-show" in request:
            next(shown)
            ended.wait(60)
        return honest(request)

    monkeypatch.setattr(hostile, "respond", slow)
    world.signers["zurich"].freeze(takeover.freeze(officer="ben", signer="zurich"))
    assert spread_freezes(world.plane) == 1
    assert frozen(world) == set(HONEST)
    ended.set()
    assert next(shown) <= 3, "it is asked for one, and left at that"


def test_freezes_handed_over_from_other_pages_leave_room_for_one_given_here(takeover: Takeover) -> None:
    """The relay shows old freezes of other pages whose lifts it keeps back, so that the lifts, later, leave nothing."""
    world = takeover.world
    drills = [takeover.freeze(number, officer="ada", signer="bern") for number in range(MAX_FREEZES_EACH)]
    for signer, drill in itertools.product(HONEST, drills):
        assert takeover.ask(signer, drill) == SIGNED
    for signer in HONEST:
        assert given_on(world, signer, "ada") == 200
    for signer, drill in itertools.product(HONEST, drills):
        assert takeover.ask(signer, takeover.lift(drill)) == SIGNED
    assert frozen(world) == set(HONEST)
