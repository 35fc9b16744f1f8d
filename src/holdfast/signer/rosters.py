"""The roster in force at one signer: the genesis's, and each one after it that a quorum under the last one approved."""

from sqlalchemy import Connection, insert, select

from holdfast.audit import RosterChangeProposed
from holdfast.authority import Genesis, Roster, require_roster_change, roster_difference
from holdfast.signer import models
from holdfast.signer.checks import require_extension, require_logged_event
from holdfast.signer.errors import DelayNotElapsed, LogNotConsistent
from holdfast.signer.home import SignerHome
from holdfast.signer.proposal_messages import RosterProposal, RosterRequest
from holdfast.signer.records import known_since, last_cosigned
from holdfast.store import transaction


class Rosters:
    """Keeps the roster in force in memory; this process is the only one that writes its database."""

    def __init__(self, home: SignerHome, genesis: Genesis) -> None:
        self._home = home
        self._genesis = genesis
        table = models.rosters
        with transaction(home.engine) as connection:
            newest = connection.execute(select(table.c.roster).order_by(table.c.version.desc()).limit(1)).scalar()
        self.current: Roster = genesis.roster if newest is None else Roster.decoded(newest)

    def adopt(self, request: RosterRequest, now_s: int) -> None:
        """Put the next roster in force; the one in force again changes nothing.

        What lets anybody or anything new count has to have been in the log for the genesis's delay, by this signer's
        own cosignatures; what only takes away is adopted at once.

        :raises AuthorityError: it does not follow the roster in force, or too few of *its* officers approved it.
        :raises DelayNotElapsed: it has not been known here for long enough.
        :raises LogNotConsistent: the log shown does not hold it.
        """
        change = request.proposal.change
        if change.roster == self.current:
            return
        require_roster_change(change, request.approvals, self.current, self._genesis.digest(), now_s)
        delay_s = self._genesis.change_delay_s
        with transaction(self._home.engine) as connection:
            self.require_logged(connection, request.proposal)
            known_s = now_s - known_since(connection, request.proposal.log.entry.index, now_s)
            if roster_difference(self.current, change.roster).weakens() and known_s < delay_s:
                raise DelayNotElapsed(f"a change that adds anything waits {delay_s} s; this one is known for {known_s}")
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
