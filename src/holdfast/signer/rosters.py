"""The roster in force at one signer: the genesis's, and each one after it that a quorum under the last one approved.

Two steps keep signers together. Each is *ready* for one roster a version, for ever, once officers, log and delay allow
it; and each *adopts* what so many signers are ready for that no other roster of this version can have as many, even
with a minority of signers in the wrong hands. So a roster is in force everywhere or can still be brought there.
"""

from sqlalchemy import Connection, insert, select

from holdfast.audit import RosterChangeProposed
from holdfast.authority import (
    EVERYONE,
    Envelope,
    Genesis,
    Header,
    Roster,
    open_envelope,
    require_roster_change,
    require_roster_possible,
    roster_difference,
)
from holdfast.signer import models
from holdfast.signer.checks import require_extension, require_logged_event
from holdfast.signer.errors import DelayNotElapsed, Frozen, LogNotConsistent, RosterNotReady, RosterReadyForAnother
from holdfast.signer.home import SignerHome
from holdfast.signer.proposal_messages import RosterAdoption, RosterProposal, RosterReady, RosterRequest
from holdfast.signer.records import freezes_in_force, known_since, last_cosigned
from holdfast.store import transaction


def majority(signers: int) -> int:
    """More signers than may be in the wrong hands: the smallest threshold that a committee of all of them has."""
    return signers // 2 + 1


def ready_quorum(signers: int) -> int:
    """How many signers must be ready: any two groups of so many share a :func:`majority`, and so an honest one."""
    return (signers + majority(signers) + 1) // 2


class Rosters:
    """Keeps the roster in force in memory; this process is the only one that writes its database."""

    def __init__(self, home: SignerHome, genesis: Genesis) -> None:
        self._home = home
        self._genesis = genesis
        table = models.rosters
        with transaction(home.engine) as connection:
            newest = connection.execute(select(table.c.roster).order_by(table.c.version.desc()).limit(1)).scalar()
        self.current: Roster = genesis.roster if newest is None else Roster.decoded(newest)

    def ready(self, request: RosterRequest, now_s: int) -> RosterReady:
        """Vouch for a change's roster as the one of its version; for the same again, vouch again.

        What lets anybody or anything new count has to have been in the log, and on this signer's page, for the
        genesis's delay, by this signer's own clock; and no freeze may be in force. What only takes away does not wait.

        A change whose time passed while a majority of signers were ready for its roster can still be completed. Fewer
        keep nobody from approving the same roster anew: whoever was ready for it is ready for it in another change.

        :raises AuthorityError: it does not follow the roster in force, too few of *its* officers approved it, or its
            time passed before enough signers were ready.
        :raises RosterReadyForAnother: this signer vouched for another roster of the version.
        :raises DelayNotElapsed: it has not been known and shown here for long enough.
        :raises LogNotConsistent: the log shown does not hold it.
        """
        change = request.proposal.change
        answer = RosterReady(change.roster.digest(), change.roster.version)
        if change.roster == self.current or self._is_ready(answer):
            return answer
        # Letters of a minority may all be of signers in the wrong hands, which vouch whenever they like.
        if len(_vouched(change.roster, request.ready, self.current)) < majority(len(self.current.signers)):
            change.require_unexpired(now_s)
        require_roster_change(change, request.approvals, self.current, self._genesis.digest())
        with transaction(self._home.engine) as connection:
            self.require_logged(connection, request.proposal)
            if roster_difference(self.current, change.roster).weakens():
                self._require_waited(connection, request.proposal, now_s)
            self._lock(connection, answer, now_s)
        return answer

    def _is_ready(self, answer: RosterReady) -> bool:
        table = models.roster_readies
        with transaction(self._home.engine) as connection:
            known = connection.execute(select(table.c.roster).where(table.c.version == answer.version)).scalar()
        return known == answer.roster and answer.version == self.current.version + 1

    def _require_waited(self, connection: Connection, proposal: RosterProposal, now_s: int) -> None:
        if freezes_in_force(connection):
            raise Frozen("nobody new comes to count while a freeze is in force")
        table, delay_s = models.proposals, self._genesis.change_delay_s
        shown_s = connection.execute(select(table.c.at_s).where(table.c.subject == proposal.subject())).scalar()
        known_s = max(known_since(connection, proposal.log.entry.index, now_s), now_s if shown_s is None else shown_s)
        if now_s - known_s < delay_s:
            raise DelayNotElapsed(
                f"a change that adds anything waits {delay_s} s on this page; this one has for {now_s - known_s}"
            )

    @staticmethod
    def _lock(connection: Connection, answer: RosterReady, now_s: int) -> None:
        table = models.roster_readies
        known = connection.execute(select(table.c.roster).where(table.c.version == answer.version)).scalar()
        if known is None:
            connection.execute(insert(table).values(version=answer.version, roster=answer.roster, at_s=now_s))
        elif known != answer.roster:
            raise RosterReadyForAnother(f"this signer is ready for another roster {answer.version}")

    def adopt(self, request: RosterAdoption, now_s: int) -> None:
        """Put in force what enough signers are ready for; the one in force again changes nothing.

        :raises AuthorityError: it does not follow the roster in force.
        :raises RosterNotReady: too few signers are ready for it.
        :raises Frozen: a freeze is in force, and somebody new would come to count.
        """
        change = request.change
        if change.roster == self.current:
            return
        require_roster_possible(change, self.current, self._genesis.digest())
        ready, needed = _vouched(change.roster, request.ready, self.current), ready_quorum(len(self.current.signers))
        if len(ready) < needed:
            raise RosterNotReady(f"{len(ready)} of {needed} signers are ready for roster {change.roster.version}")
        with transaction(self._home.engine) as connection:
            if freezes_in_force(connection) and roster_difference(self.current, change.roster).weakens():
                raise Frozen("nobody new comes to count while a freeze is in force")
            connection.execute(
                insert(models.rosters).values(
                    version=change.roster.version,
                    roster=change.roster.encoded(),
                    request=request.encoded(),
                    at_s=now_s,
                )
            )
        self.current = change.roster

    def require_logged(self, connection: Connection, proposal: RosterProposal) -> None:
        """Require that the log shown extends the one last cosigned and holds this very change.

        :raises LogNotConsistent: it does not.
        """
        log = proposal.log
        size, root = last_cosigned(connection)
        checkpoint = require_extension(log.checkpoint, log.consistency, self._genesis, size, root)
        event = require_logged_event(log.entry, checkpoint, "this change")
        if not isinstance(event, RosterChangeProposed) or event.body != proposal.change.encoded():
            raise LogNotConsistent("the log does not hold this change")


def _vouched(proposed: Roster, letters: tuple[Envelope, ...], current: Roster) -> set[str]:
    """The signers whose letters say that they are ready for this roster.

    :raises AuthorityError: a letter is not its sender's, or of another place.
    """
    vouched, digest = set(), proposed.digest()
    for letter in letters[: len(current.signers)]:
        sender = letter.letter.header.sender
        body = RosterReady.decoded(open_envelope(letter, current, Header(sender, EVERYONE, digest, 0, 0)))
        if body == RosterReady(digest, proposed.version):
            vouched.add(sender)
    return vouched
