"""Freezes between signers: one that lies about them, somebody removed since, a freeze while a lift is on its way."""

import dataclasses

from holdfast.authority import FreezeOrder
from holdfast.custody import (
    PayoutState,
    approve_payout,
    collect_approvals,
    cosign_log,
    enact_subjects,
    propose_lift,
    propose_roster,
    spread_freezes,
    without_person,
)
from holdfast.demo.authenticator import as_document
from holdfast.demo.deployment import PERSONS, SIGNERS, page_of
from holdfast.signer import SignerNode, SignerTransport
from holdfast.signer.messages import Status
from page_rig import Page
from signer_rig import SIGNED, Takeover
from world import World


class Claiming(SignerNode):
    """A signer's host in the wrong hands: it claims a freeze order that nobody gave."""

    def status(self) -> Status:
        return dataclasses.replace(super().status(), freezes=(*super().status().freezes, bytes(32)))


def frozen(world: World) -> set[str]:
    return {name for name, node in world.signers.items() if node.status().frozen}


def lifted(world: World) -> None:
    """Have three officers lift the freeze, each on a page that shows the lift."""
    order = propose_lift(world.plane, "over", "ben")
    collect_approvals(world.plane)
    for person, signer in zip(PERSONS[:3], SIGNERS, strict=False):
        assertion = world.deployment.persons[person].assertion(order.digest(), page_of(signer))
        world.signers[signer].proposals.approve(order.digest(), assertion)
    collect_approvals(world.plane)
    assert enact_subjects(world.plane) == 1


def test_one_lying_signer_stops_neither_freezing_nor_lifting(takeover: Takeover) -> None:
    world = takeover.world
    takeover.with_node("zurich", Claiming(world.signers["zurich"].home, world.clock))
    world.signers["bern"].freeze(takeover.freeze())
    assert spread_freezes(world.plane) == 1
    assert frozen(world) >= set(SIGNERS) - {"zurich"}
    lifted(world)
    assert not frozen(world) - {"zurich"}


def test_a_signer_that_missed_a_freeze_and_its_lift_signs_on(takeover: Takeover) -> None:
    world, whole = takeover.world, takeover.world.plane
    world.plane = takeover.plane = dataclasses.replace(
        whole, transports={name: whole.transports[name] for name in SIGNERS[:4]}
    )
    world.signers["bern"].freeze(takeover.freeze())
    spread_freezes(world.plane)
    lifted(world)
    change = propose_roster(world.plane, without_person(world.plane.roster, "ada"), "the officer who froze", "ben")
    cosign_log(world.plane)
    collect_approvals(world.plane)
    for person, signer in zip(PERSONS[1:4], SIGNERS, strict=False):
        assertion = world.deployment.persons[person].assertion(change.digest(), page_of(signer))
        world.signers[signer].proposals.approve(change.digest(), assertion)
    collect_approvals(world.plane)
    enact_subjects(world.plane)
    world.plane = takeover.plane = dataclasses.replace(world.plane, transports=whole.transports)
    enact_subjects(world.plane)
    spread_freezes(world.plane)
    for number in range(5):
        intent = world.planned(f"w{number}", 1_000_000)
        approval = world.deployment.approve("ben", intent.digest())
        assert approve_payout(world.plane, intent.digest(), approval) is PayoutState.APPROVED
        assert world.settle(intent) is PayoutState.BROADCAST


def test_a_freeze_while_a_lift_is_on_its_way_is_not_lost(takeover: Takeover) -> None:
    world = takeover.world
    freeze = takeover.freeze()
    takeover.everywhere(freeze)
    lift = takeover.lift(freeze)
    for name in SIGNERS[:4]:
        assert takeover.ask(name, lift) == SIGNED
    page = Page(world, "zurich")
    offered = page.post("/freeze/order", {"reason": "again"}).json()
    order = FreezeOrder.decoded(bytes.fromhex(offered["order"]))
    assertion = world.deployment.persons["ben"].assertion(order.digest(), page.origin)
    assert page.post("/freeze", {"order": offered["order"], "assertion": as_document(assertion)}).status_code == 200
    spread_freezes(world.plane)
    assert frozen(world) == set(SIGNERS)
    lifted(world)
    assert frozen(world) == set()


def test_an_order_of_somebody_removed_is_not_handed_on(takeover: Takeover) -> None:
    world = takeover.world
    request = takeover.freeze(officer="emi")
    change = propose_roster(world.plane, without_person(world.plane.roster, "emi"), "left", "ben")
    cosign_log(world.plane)
    collect_approvals(world.plane)
    for person, signer in zip(PERSONS[:3], SIGNERS, strict=False):
        assertion = world.deployment.persons[person].assertion(change.digest(), page_of(signer))
        world.signers[signer].proposals.approve(change.digest(), assertion)
    collect_approvals(world.plane)
    behind: dict[str, SignerTransport] = dict(world.plane.transports)
    del behind["zurich"]
    enact_subjects(dataclasses.replace(world.plane, transports=behind))
    assert takeover.ask("zurich", request) == SIGNED, "it does not know yet that she left"
    assert takeover.ask("bern", request) == "roster.person_unknown"
    spread_freezes(world.plane)
    assert frozen(world) == {"zurich"}
    world.signers["bern"].freeze(takeover.freeze(3))
    spread_freezes(world.plane)
    assert frozen(world) == set(SIGNERS)
    lifted(world)
    assert frozen(world) == set(), "a lift also ends what somebody gave who has left since"


def test_one_lying_signer_does_not_stop_payouts(takeover: Takeover) -> None:
    world = takeover.world
    takeover.with_node("zurich", Claiming(world.signers["zurich"].home, world.clock))
    assert world.settle(world.approved("honest")) is PayoutState.BROADCAST
