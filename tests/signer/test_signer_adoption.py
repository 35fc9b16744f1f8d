"""Freezes and sanctions lists: what a signer adopts from outside, only forwards, and only from those who may."""

import dataclasses

import pytest

from holdfast.authority import EVERYONE, Header, open_envelope
from holdfast.demo.deployment import PERSONS, SIGNERS, page_of
from holdfast.screening import SnapshotMalformed, sign_snapshot
from holdfast.signer import FreezeRequest, FreezeShow, ListRequest, SignerHome, SignerNode
from holdfast.signer.adoption import MAX_FREEZES_EACH
from signer_rig import SIGNED, Takeover
from world import bitcoin_address

# Freezes


def test_one_officer_freezes_and_only_a_quorum_lifts(takeover: Takeover) -> None:
    movement, freeze = takeover.movement(takeover.world.approved("frozen", 20_000_000)), takeover.freeze()
    assert takeover.everywhere(freeze) == {SIGNED}
    assert takeover.verdicts(movement) == {"freeze.in_force"}
    for officers in (0, 1, 2):
        assert takeover.everywhere(takeover.lift(freeze, officers=officers)) == {"approval.quorum_not_reached"}
    assert takeover.verdicts(movement) == {"freeze.in_force"}
    assert takeover.everywhere(takeover.lift(freeze)) == {SIGNED}
    assert takeover.verdicts(movement) == {SIGNED}


def test_freeze_survives_a_restart(takeover: Takeover) -> None:
    movement = takeover.movement(takeover.world.approved("frozen", 20_000_000))
    takeover.everywhere(takeover.freeze())
    for signer in SIGNERS:
        takeover.restart(signer)
    assert takeover.verdicts(movement) == {"freeze.in_force"}


def test_a_lift_ends_what_it_names_and_nothing_else(takeover: Takeover) -> None:
    first, second = takeover.freeze(1), takeover.freeze(2, officer="ben")
    for freeze in (first, second):
        assert takeover.everywhere(freeze) == {SIGNED}
    assert takeover.everywhere(takeover.lift(first)) == {SIGNED}
    assert takeover.plane.signer("bern").status().freezes == (second.order.digest(),)
    assert takeover.everywhere(takeover.lift(first, second)) == {SIGNED}
    assert not takeover.plane.signer("bern").status().frozen


def test_a_lifted_freeze_stays_lifted(takeover: Takeover) -> None:
    freeze = takeover.freeze()
    # Also where it was never known.
    assert takeover.everywhere(takeover.lift(freeze)) == {SIGNED}
    assert takeover.everywhere(freeze) == {"freeze.order_invalid"}
    takeover.restart("bern")
    assert not takeover.plane.signer("bern").status().frozen


def test_the_same_freeze_or_lift_again_changes_nothing(takeover: Takeover) -> None:
    freeze = takeover.freeze()
    for request in (freeze, takeover.lift(freeze)):
        assert takeover.everywhere(request) == {SIGNED}
        before = takeover.records()
        if request is freeze:
            assert takeover.everywhere(request) == {SIGNED}
        else:
            assert takeover.everywhere(request) == {SIGNED}
            assert takeover.everywhere(takeover.lift(freeze, officers=4)) == {SIGNED}
        assert takeover.records() == before


def test_one_officer_has_so_many_freezes_in_force_at_most(takeover: Takeover) -> None:
    freezes = [takeover.freeze(number) for number in range(MAX_FREEZES_EACH)]
    for freeze in freezes:
        assert takeover.ask("bern", freeze) == SIGNED
    assert takeover.ask("bern", takeover.freeze(MAX_FREEZES_EACH)) == "freeze.order_invalid"
    assert takeover.ask("bern", takeover.freeze(1, officer="ben")) == SIGNED
    assert takeover.ask("bern", takeover.lift(freezes[0])) == SIGNED
    assert takeover.ask("bern", takeover.freeze(MAX_FREEZES_EACH)) == SIGNED


def test_freeze_order_is_this_genesiss_and_an_officers(shared: Takeover) -> None:
    good = shared.freeze()
    foreign = dataclasses.replace(good.order, genesis=bytes(32))
    approval = shared.world.deployment.approve(PERSONS[0], foreign.digest())
    assert shared.everywhere(FreezeRequest(foreign, approval)) == {"freeze.order_invalid"}
    other = shared.world.deployment.approve(PERSONS[0], bytes(32))
    assert shared.everywhere(FreezeRequest(good.order, other)) == {"assertion.of_another"}
    elsewhere = shared.world.deployment.approve(PERSONS[0], good.order.digest(), page_of("zurich"))
    assert shared.everywhere(FreezeRequest(good.order, elsewhere)) == {"freeze.order_invalid"}
    device = shared.world.deployment.persons[PERSONS[0]]
    careless = dataclasses.replace(
        other, assertion=device.assertion(good.order.digest(), page_of("bern"), user_verified=False)
    )
    assert shared.everywhere(FreezeRequest(good.order, careless)) == {"assertion.user_not_verified"}


def test_freeze_between_the_rounds_stops_the_session(takeover: Takeover) -> None:
    opened = takeover.begin(takeover.movement(takeover.world.approved("between", 20_000_000)))
    freeze = takeover.freeze()
    assert takeover.everywhere(freeze) == {SIGNED}
    assert takeover.finish(opened) == {"freeze.in_force"}
    assert takeover.everywhere(takeover.lift(freeze)) == {SIGNED}
    # The session is gone with its nonces.
    assert takeover.finish(opened) == {"signer.session_unknown"}


def test_a_freeze_is_shown_with_its_approval(takeover: Takeover) -> None:
    freeze = takeover.freeze()
    assert takeover.ask("bern", freeze) == SIGNED
    asked = FreezeShow(freeze.order.digest())
    (letter,) = takeover.plane.signer("bern").call(asked)
    shown = FreezeRequest.decoded(
        open_envelope(letter, takeover.plane.roster, Header("bern", EVERYONE, asked.digest(), 0, 0))
    )
    assert shown == freeze
    assert takeover.ask("geneva", shown) == SIGNED


@pytest.mark.parametrize("freeze", [b"", bytes(31), bytes(32), bytes(10_000)])
def test_a_freeze_that_nobody_gave_is_not_shown(shared: Takeover, freeze: bytes) -> None:
    assert shared.everywhere(FreezeShow(freeze)) == {"freeze.order_invalid"}


# Sanctions lists


def test_newer_list_counts_at_once(takeover: Takeover) -> None:
    movement = takeover.movement(takeover.world.approved("listed", 20_000_000, bitcoin_address(33)))
    assert takeover.verdicts(movement) == {SIGNED}
    assert takeover.everywhere(ListRequest(takeover.snapshot(bitcoin_address(33)))) == {SIGNED}
    assert takeover.verdicts(movement, attempt=b"again") == {"screening.destination_sanctioned"}
    assert takeover.everywhere(ListRequest(takeover.snapshot(number=3))) == {SIGNED}
    assert takeover.verdicts(movement, attempt=b"again") == {SIGNED}


def test_list_that_arrives_between_the_rounds_stops_the_session(takeover: Takeover) -> None:
    opened = takeover.begin(takeover.movement(takeover.world.approved("listed", 20_000_000, bitcoin_address(33))))
    assert takeover.everywhere(ListRequest(takeover.snapshot(bitcoin_address(33)))) == {SIGNED}
    assert takeover.finish(opened) == {"screening.destination_sanctioned"}


def test_list_that_grew_too_old_between_the_rounds_stops_the_session(takeover: Takeover) -> None:
    world, maximum_s = takeover.world, takeover.plane.policy.screening_max_age_s
    ends_s = takeover.plane.screen.snapshot.as_of_s + maximum_s
    world.clock.advance(ends_s - world.clock.now_s())
    opened = takeover.begin(takeover.movement(world.approved("aged", 20_000_000)))
    world.clock.advance(1)
    assert takeover.finish(opened) == {"screening.snapshot_stale"}


def test_list_is_not_rolled_back_nor_replaced(takeover: Takeover) -> None:
    second = takeover.snapshot(bitcoin_address(33))
    assert takeover.everywhere(ListRequest(second)) == {SIGNED}
    before = takeover.records()
    assert takeover.everywhere(ListRequest(second)) == {SIGNED}
    for older in (takeover.world.deployment.sanctions(), takeover.snapshot(number=2)):
        assert takeover.everywhere(ListRequest(older)) == {"screening.snapshot_rolled_back"}
    assert takeover.records() == before


def test_list_needs_the_pinned_officers(shared: Takeover) -> None:
    newer = shared.snapshot()
    one = sign_snapshot(newer.snapshot, shared.world.deployment.list_keys()[0])
    twice = sign_snapshot(newer.snapshot, *(shared.world.deployment.list_keys()[0],) * 2)
    altered = dataclasses.replace(newer, snapshot=shared.snapshot(bitcoin_address(1)).snapshot)
    for forged in (dataclasses.replace(newer, signatures=()), one, twice, altered):
        assert shared.everywhere(ListRequest(forged)) == {"screening.snapshot_forged"}


def test_list_with_a_number_beyond_every_database_is_none(shared: Takeover) -> None:
    shared.snapshot(number=2**63 - 1)
    with pytest.raises(SnapshotMalformed):
        shared.snapshot(number=2**63)


def test_signer_without_a_list_signs_nothing(takeover: Takeover) -> None:
    movement = takeover.movement(takeover.world.approved("unlisted", 20_000_000))
    request = takeover.request("bern", movement)
    # The same signer as it was before its first list: all of its other records are there.
    node = takeover.world.signers["bern"]
    with node.home.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER sanctions_lists_no_delete")
        connection.exec_driver_sql("DELETE FROM sanctions_lists")
    again = SignerNode(SignerHome.open(node.home.directory), takeover.world.clock)
    takeover.with_node("bern", again)
    assert takeover.ask("bern", request) == "screening.list_missing"
