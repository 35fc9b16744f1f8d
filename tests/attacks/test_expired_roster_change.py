"""A roster change that officers approved and that ran out, kept in a drawer: can it come into force after all?

Its end is for officers to rely on. Signers that were ready in time let the others complete it; those in the wrong
hands say that they were whenever they like.
"""

import pytest

from holdfast.audit import checkpoint
from holdfast.authority import APPROVER, EVERYONE, OFFICER, Envelope, Header, RosterChange, seal_envelope
from holdfast.custody import propose_roster, with_device
from holdfast.custody.quorum import log_evidence
from holdfast.custody.subjects import find_subject, subject_approvals
from holdfast.demo.authenticator import SoftwareAuthenticator
from holdfast.demo.deployment import CHANGE_DELAY_S, SIGNERS
from holdfast.signer import RosterAdoption, RosterProposal, RosterReady, RosterRequest
from holdfast.store import transaction
from signer_rig import SIGNED, Takeover

HONEST, HOSTILE = SIGNERS[:3], SIGNERS[3:]
"""As many in the wrong hands as three of five bear."""


@pytest.fixture
def change(takeover: Takeover) -> RosterChange:
    """Somebody joins: approved in time, and never offered."""
    plane, device = takeover.plane, SoftwareAuthenticator("localhost", "mallory").credential
    roster = with_device(plane.roster, "mallory", device, (OFFICER, APPROVER))
    change = propose_roster(plane, roster, "mallory joins", "ada")
    takeover.officers_approve(change.digest())
    return change


def request(takeover: Takeover, name: str, change: RosterChange, letters: tuple[Envelope, ...]) -> RosterRequest:
    plane = takeover.plane
    size = plane.signer(name).status().log_size
    with transaction(plane.engine) as connection:
        approvals = subject_approvals(connection, change.digest())
        sequence = find_subject(connection, change.digest()).log_sequence
        log = log_evidence(plane, connection, checkpoint(connection, plane.log_signer), sequence, size)
    return RosterRequest(RosterProposal(change, log), approvals, letters)


def letters_of(takeover: Takeover, change: RosterChange, *signers: str) -> tuple[Envelope, ...]:
    """Letters made with the signers' own keys, whatever the hour."""
    roster = change.roster.digest()
    body = RosterReady(roster, change.roster.version).encoded()
    nodes = takeover.world.signers
    return tuple(
        seal_envelope(Header(name, EVERYONE, roster, 0, 0), body, nodes[name].home.keys.signing) for name in signers
    )


def test_a_minority_cannot_say_that_it_was_ready_in_time(takeover: Takeover, change: RosterChange) -> None:
    takeover.world.clock.advance(60 * 86_400)
    forged = letters_of(takeover, change, *HOSTILE)
    for letters in ((), forged[:1], forged, (*forged, *forged)):
        for name in HONEST:
            assert takeover.ask(name, request(takeover, name, change, letters)) == "roster.change_expired"
            assert takeover.ask(name, RosterAdoption(change, letters)) == "roster.not_ready"
    assert {takeover.world.signers[name].roster.version for name in HONEST} == {1}


def test_with_one_honest_signer_that_was_ready_in_time_it_is_completed(
    takeover: Takeover, change: RosterChange
) -> None:
    takeover.world.clock.advance(CHANGE_DELAY_S)
    assert takeover.ask(HONEST[0], request(takeover, HONEST[0], change, ())) == SIGNED
    takeover.world.clock.advance(60 * 86_400)
    letters = letters_of(takeover, change, HONEST[0], *HOSTILE)
    for name in HONEST[1:]:
        assert takeover.ask(name, request(takeover, name, change, letters[1:])) == "roster.change_expired"
        assert takeover.ask(name, request(takeover, name, change, letters)) == SIGNED
