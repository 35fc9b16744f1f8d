"""People joining, losing a device, leaving; and freezes lifted: by quorum, on signers' pages, in the log."""

import dataclasses
import secrets

import pytest
from sqlalchemy import select

from holdfast.audit import (
    AuthenticatorRegistered,
    FreezeLifted,
    FreezeSet,
    PersonInvited,
    RosterActivated,
    RosterChangeProposed,
    decode_event,
    entries,
)
from holdfast.authority import (
    APPROVER,
    AssertionCredentialUnknown,
    AssertionUserNotVerified,
    AuthorityMalformed,
    PersonLacksRole,
    QuorumNotReached,
    Roster,
    RosterSuccessionInvalid,
)
from holdfast.custody import (
    FreezeNotShown,
    PayoutState,
    SubjectEnded,
    SubjectState,
    WithdrawalState,
    approve_subject,
    collect_approvals,
    collect_candidates,
    cosign_log,
    enact_subjects,
    expire_payouts,
    find_withdrawal,
    invitation_views,
    invite_person,
    open_control_plane,
    plan_payout,
    propose_lift,
    propose_roster,
    refresh_roster,
    spread_freezes,
    subject_views,
    with_device,
    without_device,
    without_person,
)
from holdfast.custody.models import subjects
from holdfast.demo.authenticator import SoftwareAuthenticator, as_document
from holdfast.demo.deployment import CHANGE_DELAY_S, PERSONS, SIGNERS, page_of
from holdfast.signer import InvitationInvalid, InvitationUsed, LiftProposal, SignerRefused
from holdfast.store import transaction
from signer_rig import Takeover
from world import World


def logged(world: World, kind: type) -> list[object]:
    """The events of a kind in the log."""
    with transaction(world.plane.engine) as connection:
        events = [decode_event(entry.event) for entry in entries(connection, 0, 500)]
    return [event for event in events if isinstance(event, kind)]


def invited(world: World, name: str = "fay", signer: str = "bern") -> bytes:
    """The code of an invitation."""
    address = invite_person(world.plane, name, signer, "ada")
    assert address.startswith(f"{page_of(signer)}/enrol/")
    return bytes.fromhex(address.rsplit("/", 1)[1])


def registered(world: World, name: str = "fay", signer: str = "bern") -> SoftwareAuthenticator:
    """A device that was registered by invitation and that the control plane has heard of."""
    device, enrolments, code = (
        SoftwareAuthenticator("localhost", name),
        world.signers[signer].enrolments,
        invited(world),
    )
    answer = device.registration(enrolments.challenge(code), page_of(signer))
    enrolments.register(code, as_document(answer))
    assert collect_candidates(world.plane) == 1
    return device


def approved(world: World, digest: bytes, officers: tuple[str, ...] = PERSONS[:3]) -> None:
    """Officers approve on signers' pages, each on another."""
    assert collect_approvals(world.plane).refused == {}
    for person, signer in zip(officers, SIGNERS, strict=False):
        world.signers[signer].proposals.approve(
            digest, world.deployment.persons[person].assertion(digest, page_of(signer))
        )
    assert collect_approvals(world.plane).approvals == len(officers)


def in_force(world: World, roster: Roster) -> Roster:
    """Have a roster proposed, approved and put in force, its delay waited for."""
    change = propose_roster(world.plane, roster, "a test", "ada")
    cosign_log(world.plane)
    approved(world, change.digest())
    world.clock.advance(CHANGE_DELAY_S)
    assert enact_subjects(world.plane) == 1
    return world.plane.roster


def state_of(world: World, digest: bytes) -> tuple[SubjectState, str | None]:
    with transaction(world.plane.engine) as connection:
        (view,) = [view for view in subject_views(world.plane, connection) if view.digest == digest]
    return view.state, view.code


# Joining


def test_somebody_joins_and_approves(world: World) -> None:
    device = registered(world)
    with transaction(world.plane.engine) as connection:
        (view,) = invitation_views(connection)
    assert view.credential == device.credential
    assert len((view.words or "").split()) == 12
    change = propose_roster(
        world.plane, with_device(world.plane.roster, "fay", device.credential, (APPROVER,)), "joins", "ada"
    )
    cosign_log(world.plane)
    approved(world, change.digest())
    assert state_of(world, change.digest()) == (SubjectState.APPROVED, None)
    assert enact_subjects(world.plane) == 0, "who joins waits for the delay"
    assert world.plane.roster.version == 1
    world.clock.advance(CHANGE_DELAY_S)
    assert enact_subjects(world.plane) == 1
    assert state_of(world, change.digest()) == (SubjectState.DONE, None)
    assert world.plane.roster == change.roster
    assert {node.roster.version for node in world.signers.values()} == {2}
    intent = world.planned("w1")
    collect_approvals(world.plane)
    world.signers["bern"].proposals.approve(intent.digest(), device.assertion(intent.digest(), page_of("bern")))
    for person, signer in (("ben", "geneva"), ("chiara", "lugano")):
        assertion = world.deployment.persons[person].assertion(intent.digest(), page_of(signer))
        world.signers[signer].proposals.approve(intent.digest(), assertion)
    assert collect_approvals(world.plane).approvals == 3
    assert world.settle(intent) is PayoutState.BROADCAST
    for kind in (PersonInvited, AuthenticatorRegistered, RosterChangeProposed, RosterActivated):
        assert len(logged(world, kind)) == 1


def test_a_restarted_signer_and_control_plane_know_the_roster(world: World) -> None:
    roster = in_force(world, without_person(world.plane.roster, "emi"))
    takeover = Takeover(world)
    takeover.restart("bern")
    assert world.signers["bern"].roster == roster
    again = open_control_plane(world.deployment.control, clock=world.clock, chain=world.node, transports={})
    assert again.roster == roster
    again.engine.dispose()


def test_another_control_plane_learns_of_it(world: World) -> None:
    other = open_control_plane(world.deployment.control, clock=world.clock, chain=world.node, transports={})
    roster = in_force(world, without_person(world.plane.roster, "emi"))
    assert other.roster.version == 1
    refresh_roster(other)
    assert other.roster == roster
    other.engine.dispose()


def test_an_invitation_is_good_once_for_one_person_and_a_while(world: World) -> None:
    enrolments, code = world.signers["bern"].enrolments, invited(world)
    device = SoftwareAuthenticator("localhost", "fay")
    assert enrolments.invited(code) == "fay"
    with pytest.raises(InvitationInvalid):
        enrolments.invited(secrets.token_bytes(16))
    with pytest.raises(InvitationInvalid):
        world.signers["geneva"].enrolments.invited(code)
    enrolments.register(code, as_document(device.registration(enrolments.challenge(code), page_of("bern"))))
    for again in (enrolments.invited, enrolments.challenge):
        with pytest.raises(InvitationUsed):
            again(code)
    late = invited(world, "gil")
    world.clock.advance(86_400)
    with pytest.raises(InvitationInvalid):
        enrolments.invited(late)


def test_a_device_that_is_somebody_s_is_not_registered_again(world: World) -> None:
    enrolments, code = world.signers["bern"].enrolments, invited(world)
    answer = world.deployment.persons["ada"].registration(enrolments.challenge(code), page_of("bern"))
    with pytest.raises(InvitationUsed):
        enrolments.register(code, as_document(answer))


def test_a_registration_counts_for_nothing_by_itself(world: World) -> None:
    device = registered(world)
    intent = world.planned("w1")
    collect_approvals(world.plane)
    with pytest.raises(AssertionCredentialUnknown):
        world.signers["bern"].proposals.approve(intent.digest(), device.assertion(intent.digest(), page_of("bern")))


def test_an_unverified_registration_is_refused(world: World) -> None:
    enrolments, code = world.signers["bern"].enrolments, invited(world)
    answer = SoftwareAuthenticator("localhost", "fay").registration(enrolments.challenge(code), page_of("bern"))
    attestation = bytearray(answer.response.attestation_object)
    # The flags come after the map's head and the relying party's hash.
    attestation[attestation.index(b"authData") + 8 + 2 + 32] &= ~0x04
    document = as_document(
        dataclasses.replace(
            answer, response=dataclasses.replace(answer.response, attestation_object=bytes(attestation))
        )
    )
    with pytest.raises(AssertionUserNotVerified):
        enrolments.register(code, document)


# Leaving, and losing a device


def test_a_lost_device_stops_counting_at_once(world: World) -> None:
    lost = world.deployment.persons["ada"]
    change = propose_roster(
        world.plane, without_device(world.plane.roster, lost.credential.credential_id), "lost", "ben"
    )
    approved(world, change.digest(), ("ben", "chiara", "dov"))
    assert enact_subjects(world.plane) == 1
    intent = world.planned("w1")
    collect_approvals(world.plane)
    with pytest.raises(AssertionCredentialUnknown):
        world.signers["bern"].proposals.approve(intent.digest(), lost.assertion(intent.digest(), page_of("bern")))


def test_lost_devices_leave_a_quorum_of_officers_who_can_approve(world: World) -> None:
    roster = world.plane.roster
    for person in ("emi", "dov"):
        roster = without_device(roster, world.deployment.persons[person].credential.credential_id)
    with pytest.raises(AuthorityMalformed, match="2 have a device"):
        without_device(roster, world.deployment.persons["chiara"].credential.credential_id)


def test_payouts_of_the_old_roster_are_planned_anew(world: World) -> None:
    intent = world.approved("w1")
    in_force(world, without_person(world.plane.roster, "emi"))
    assert expire_payouts(world.plane) == 1
    assert find_withdrawal(world.plane, "w1").state is WithdrawalState.SCREENED
    again = plan_payout(world.plane, "hot")
    assert (intent.roster_version, again.roster_version) == (1, 2)
    world.approve(again)
    assert world.settle(again) is PayoutState.BROADCAST


def test_a_signer_that_was_away_is_handed_what_it_missed(world: World) -> None:
    whole = world.plane
    world.plane = dataclasses.replace(whole, transports={name: whole.transports[name] for name in SIGNERS[:4]})
    in_force(world, without_person(world.plane.roster, "emi"))
    assert world.signers[SIGNERS[4]].roster.version == 1
    world.plane = dataclasses.replace(world.plane, transports=whole.transports)
    enact_subjects(world.plane)
    assert world.signers[SIGNERS[4]].roster.version == 2


# What is not let through


def test_a_change_takes_a_quorum_of_the_roster_in_force(world: World) -> None:
    change = propose_roster(world.plane, without_person(world.plane.roster, "emi"), "a coup", "ada")
    approved(world, change.digest(), PERSONS[:2])
    assert enact_subjects(world.plane) == 0
    assert state_of(world, change.digest()) == (SubjectState.OPEN, None)
    with transaction(world.plane.engine) as connection:
        connection.execute(subjects.update().values(state="approved"))
    assert enact_subjects(world.plane) == 1
    assert state_of(world, change.digest()) == (SubjectState.ENDED, QuorumNotReached.code)
    assert {node.roster.version for node in world.signers.values()} == {1}


def test_a_change_that_does_not_follow_is_not_proposed(world: World) -> None:
    stale = without_person(world.plane.roster, "emi")
    in_force(world, without_person(world.plane.roster, "dov"))
    with pytest.raises(RosterSuccessionInvalid):
        propose_roster(world.plane, stale, "too late", "ada")


def test_of_two_changes_only_one_comes_into_force(world: World) -> None:
    first = propose_roster(world.plane, without_person(world.plane.roster, "emi"), "one", "ada")
    second = propose_roster(world.plane, without_person(world.plane.roster, "dov"), "other", "ben")
    approved(world, first.digest())
    assert enact_subjects(world.plane) == 1
    assert state_of(world, second.digest()) == (SubjectState.ENDED, "roster.succession_invalid")
    with pytest.raises(SubjectEnded):
        approve_subject(world.plane, second.digest(), world.deployment.approve("ada", second.digest()))


def test_a_device_is_one_person_s(world: World) -> None:
    with pytest.raises(AuthorityMalformed):
        with_device(world.plane.roster, "fay", world.deployment.persons["ada"].credential, (APPROVER,))


def test_an_unlogged_change_is_not_adopted(world: World) -> None:
    """A control plane in the wrong hands and officers it fooled: the change has to stand in the log all the same."""
    change = propose_roster(world.plane, without_person(world.plane.roster, "emi"), "quietly", "ada")
    approved(world, change.digest())
    with transaction(world.plane.engine) as connection:
        connection.execute(subjects.update().values(log_sequence=0))
    enact_subjects(world.plane)
    assert {node.roster.version for node in world.signers.values()} == {1}


def test_a_proposal_ends_with_its_time(world: World) -> None:
    change = propose_roster(world.plane, without_person(world.plane.roster, "emi"), "late", "ada")
    collect_approvals(world.plane)
    world.clock.advance(7 * 86_400)
    assert enact_subjects(world.plane) == 1
    assert state_of(world, change.digest()) == (SubjectState.ENDED, "subject.ended")


def test_an_approver_who_is_no_officer_changes_no_roster(world: World) -> None:
    device = registered(world)
    in_force(world, with_device(world.plane.roster, "fay", device.credential, (APPROVER,)))
    change = propose_roster(world.plane, without_person(world.plane.roster, "emi"), "by fay", "fay")
    collect_approvals(world.plane)
    with pytest.raises(PersonLacksRole):
        world.signers["bern"].proposals.approve(change.digest(), device.assertion(change.digest(), page_of("bern")))


# Freezes


def test_a_freeze_spreads_is_logged_and_lifted_on_pages(world: World) -> None:
    takeover = Takeover(world)
    world.signers["zurich"].freeze(takeover.freeze())
    assert spread_freezes(world.plane) == 1
    assert {node.status().frozen for node in world.signers.values()} == {True}
    freeze = takeover.freeze().order
    assert logged(world, FreezeSet) == [FreezeSet(freeze.digest(), "ada", "bern", "a drill")]
    assert spread_freezes(world.plane) == 0
    order = propose_lift(world.plane, "a false alarm", "ben")
    assert propose_lift(world.plane, "a false alarm", "ben") == order
    approved(world, order.digest())
    assert enact_subjects(world.plane) == 1
    assert {node.status().frozen for node in world.signers.values()} == {False}
    assert logged(world, FreezeLifted) == [FreezeLifted(order.digest(), (freeze.digest(),), "a false alarm")]
    with pytest.raises(FreezeNotShown):
        propose_lift(world.plane, "again", "ben")


def test_a_lift_leaves_a_newer_freeze_in_force(world: World) -> None:
    takeover = Takeover(world)
    world.signers["zurich"].freeze(takeover.freeze())
    lift = propose_lift(world.plane, "a false alarm", "ben")
    approved(world, lift.digest())
    newer = takeover.freeze(2)
    world.signers["zurich"].freeze(newer)
    assert enact_subjects(world.plane) == 1
    assert state_of(world, lift.digest())[0] is SubjectState.DONE
    assert {node.status().freezes for node in world.signers.values()} == {(newer.order.digest(),)}
    second = propose_lift(world.plane, "a false alarm", "ben")
    assert second.freezes == (newer.order,)


def test_a_signer_that_was_away_is_handed_the_freeze_and_then_its_lift(world: World) -> None:
    takeover, whole = Takeover(world), world.plane
    world.plane = dataclasses.replace(whole, transports={name: whole.transports[name] for name in SIGNERS[:4]})
    world.signers["bern"].freeze(takeover.freeze())
    spread_freezes(world.plane)
    assert not world.signers["zurich"].status().frozen
    spread_freezes(whole)
    assert world.signers["zurich"].status().frozen
    lift = propose_lift(world.plane, "over", "ben")
    approved(world, lift.digest())
    assert enact_subjects(world.plane) == 1
    assert world.signers["zurich"].status().frozen
    spread_freezes(whole)
    assert not world.signers["zurich"].status().frozen


def test_a_lift_that_lost_its_quorum_waits_for_others(world: World) -> None:
    takeover = Takeover(world)
    world.signers["bern"].freeze(takeover.freeze())
    lift = propose_lift(world.plane, "over", "ben")
    approved(world, lift.digest())
    assert world.plane.in_force is not None
    world.plane.in_force.roster = without_person(world.plane.roster, "ada")
    assert enact_subjects(world.plane) == 0
    assert state_of(world, lift.digest())[0] is SubjectState.OPEN
    assert world.signers["bern"].status().frozen


def test_a_lift_of_what_is_lifted_is_not_shown(world: World) -> None:
    takeover = Takeover(world)
    freeze = takeover.freeze()
    world.plane.signer("bern").call(takeover.lift(freeze))
    with pytest.raises(SignerRefused, match="lifted"):
        world.plane.signer("bern").call(LiftProposal(takeover.lift(freeze).lift, world.clock.now_s() + 60))


def test_rows_of_subjects_are_there(world: World) -> None:
    propose_roster(world.plane, without_person(world.plane.roster, "emi"), "one", "ada")
    with transaction(world.plane.engine) as connection:
        assert connection.execute(select(subjects.c.state)).scalars().all() == ["open"]
