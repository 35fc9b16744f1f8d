"""Roster changes: who joins, who leaves, which device counts; decided by a quorum under the roster in force."""

from collections.abc import Iterable
from dataclasses import dataclass

from holdfast.authority.approval import Approval, require_quorum
from holdfast.authority.errors import AuthorityMalformed, RosterChangeExpired, RosterSignersFixed
from holdfast.authority.roster import OFFICER, Person, Roster, require_succession
from holdfast.authority.texts import require_text
from holdfast.encoding import Canonical

MAX_REASON = 200
"""The longest reason of a change, in characters."""


@dataclass(frozen=True)
class RosterChange(Canonical):
    """The next roster, whole, and why: what officers approve, by its digest, on signers' pages."""

    DOMAIN = "holdfast/roster-change"

    genesis: bytes
    roster: Roster
    reason: str
    expires_at_s: int

    def __post_init__(self) -> None:
        """Refuse a change that says nothing to those who are asked."""
        require_text(self.reason, "a change's reason", MAX_REASON)

    def require_unexpired(self, now_s: int) -> None:
        """Refuse once the change's time has come.

        :raises RosterChangeExpired: ``now_s`` is at or past it.
        """
        if now_s >= self.expires_at_s:
            raise RosterChangeExpired(f"the change expired {now_s - self.expires_at_s} s ago")


@dataclass(frozen=True)
class RosterDifference:
    """What a change comes to: persons and their devices (by credential id) before and after."""

    joined: tuple[Person, ...]
    left: tuple[Person, ...]
    changed: tuple[tuple[Person, Person], ...]
    change_quorum: tuple[int, int]

    def weakens(self) -> bool:
        """Whether anybody or anything comes to count that did not, or fewer officers come to be enough.

        Taking away is never slow: a lost device must stop counting at once.
        """
        before, after = self.change_quorum
        return bool(self.joined) or after < before or any(_gains(old, new) for old, new in self.changed)


def _gains(old: Person, new: Person) -> bool:
    return bool(set(new.roles) - set(old.roles) or set(new.credentials) - set(old.credentials))


def roster_difference(current: Roster, proposed: Roster) -> RosterDifference:
    """What ``proposed`` changes in the people of ``current``."""
    before = {person.name: person for person in current.persons}
    after = {person.name: person for person in proposed.persons}
    return RosterDifference(
        joined=tuple(person for name, person in after.items() if name not in before),
        left=tuple(person for name, person in before.items() if name not in after),
        changed=tuple(
            (before[name], person) for name, person in after.items() if name in before and before[name] != person
        ),
        change_quorum=(current.change_quorum, proposed.change_quorum),
    )


def require_roster_possible(change: RosterChange, current: Roster, genesis: bytes) -> None:
    """Require that the change could come into force: the very next roster, of this genesis, with the same signers.

    :raises RosterSuccessionInvalid: it does not follow the roster in force.
    :raises RosterSignersFixed: it changes the signers or the relying party.
    """
    require_succession(current, change.roster)
    if change.genesis != genesis:
        raise AuthorityMalformed("the change is for another genesis")
    if (change.roster.signers, change.roster.relying_party) != (current.signers, current.relying_party):
        raise RosterSignersFixed("signers are exchanged by resharing their keys, not by a change of the roster")


def require_roster_change(change: RosterChange, approvals: Iterable[Approval], current: Roster, genesis: bytes) -> None:
    """Require a possible change that as many officers approved as the roster *in force* asks for.

    :raises QuorumNotReached: too few officers.
    :raises AuthorityError: as :func:`require_roster_possible` and :func:`holdfast.authority.require_quorum`.
    """
    require_roster_possible(change, current, genesis)
    require_quorum(approvals, current, change.digest(), OFFICER, current.change_quorum)
