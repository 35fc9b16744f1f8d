"""A visitor among the people of the house: invited, registered on a signer's page, put on the roster by stand-ins.

Only the demonstration does this: there, officers' programs agree to whoever asks. It is how somebody who tries the
demonstration signs in to the console and approves payouts with a passkey of their own.
"""

import threading

from holdfast.authority import APPROVER, OFFICER, Credential
from holdfast.custody import (
    ControlPlane,
    InvitationView,
    SubjectState,
    approve_subject,
    invitation_views,
    invite_person,
    propose_roster,
    subject_views,
    with_device,
)
from holdfast.demo.deployment import PERSONS, SIGNERS, Deployment
from holdfast.demo.exchange.errors import GuestsFull
from holdfast.demo.exchange.names import name_from_text
from holdfast.store import snapshot

INVITED_BY = "demonstration"
ROLES = (OFFICER, APPROVER)

MAX_GUESTS = 20
"""The most invitations of one house: each stays in the log, and a roster names each person for ever."""

_LOOKED_AT = 200


class Guests:
    """Invites visitors, and has the stand-ins put on the roster whoever has registered."""

    def __init__(self, plane: ControlPlane, deployment: Deployment) -> None:
        self._plane = plane
        self._deployment = deployment
        self._inviting = threading.Lock()

    def invite(self, wanted: str) -> str:
        """Invite a visitor under a name; the address of the signer's page where they register a device.

        :raises NameInvalid: a name that nobody can have.
        :raises GuestsFull: the name is somebody's, or nobody else is invited.
        """
        name = name_from_text(wanted)
        with self._inviting:
            invited = self._invited()
            if name in {person.name for person in self._plane.roster.persons}:
                raise GuestsFull(f"there is a {name} in the house already")
            if len(invited) >= MAX_GUESTS:
                raise GuestsFull("this house invites nobody else")
            # Each on another signer's page, as far as they go: so that several visitors can approve one payout.
            return invite_person(self._plane, name, SIGNERS[len(invited) % len(SIGNERS)], INVITED_BY)

    def seat(self) -> int:
        """Propose the next visitor who has registered for the roster, and have stand-in officers agree; how many."""
        persons = {person.name for person in self._plane.roster.persons}
        registered = [
            (each.name, each.credential)
            for each in reversed(self._invited())
            if each.credential is not None and each.name not in persons
        ]
        if not registered or self._is_changing():
            return 0
        return self._seated(*registered[0])

    def _seated(self, name: str, credential: Credential) -> int:
        roster = with_device(self._plane.roster, name, credential, ROLES)
        digest = propose_roster(self._plane, roster, f"{name} visits the demonstration", INVITED_BY).digest()
        for officer in PERSONS[: self._plane.roster.change_quorum]:
            approve_subject(self._plane, digest, self._deployment.approve(officer, digest))
        return 1

    def _invited(self) -> list[InvitationView]:
        with snapshot(self._plane.engine) as connection:
            return [each for each in invitation_views(connection, _LOOKED_AT) if each.created_by == INVITED_BY]

    def _is_changing(self) -> bool:
        """Whether a change of the roster is under way: a second one beside it would not follow it."""
        with snapshot(self._plane.engine) as connection:
            views = subject_views(self._plane, connection, _LOOKED_AT)
        return any(view.state in (SubjectState.OPEN, SubjectState.APPROVED) for view in views)
