"""Signing, the signer's side: judge the whole request, bind, burn a nonce, release one share an input.

Round 1 records every binding and the nonces' commitments in one fsynced transaction before anything leaves.
The secret nonces stay in memory: a crash burns them, and the coordinator begins a new attempt. Round 2 writes
down what each nonce signs before the share leaves.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.audit import cosign
from holdfast.authority import (
    EVERYONE,
    Envelope,
    Genesis,
    Header,
    Intent,
    KeyOrder,
    open_envelope,
    seal_envelope,
)
from holdfast.clock import Clock
from holdfast.keys import KeyShare, SigningNonces, commit, sign
from holdfast.policy import Policy
from holdfast.screening import Screen
from holdfast.signer.checks import CHECKS, Findings, Pins, require_clear_destinations, unsigned_total
from holdfast.signer.errors import Frozen, ListMissing, QuorumInvalid, RosterVersionUnknown, SessionUnknown
from holdfast.signer.home import SignerHome
from holdfast.signer.messages import Commitments, Shares, SigningFinish, SigningRequest
from holdfast.signer.records import (
    bind_conflict_key,
    bind_customers,
    bind_orders,
    count_movement,
    freezes_in_force,
    last_cosigned,
    newest_list,
    newest_list_number,
    record_cosigned,
    record_counters,
    record_destinations,
    record_nonces,
    shown_since,
    use_nonces,
)
from holdfast.signer.rosters import Rosters
from holdfast.signer.vaults import VaultKey, Vaults
from holdfast.store import transaction

MAX_OPEN_SESSIONS = 64
"""How many begun sessions one signer keeps; beyond it the oldest is dropped and its nonces are burned."""

ROUND_COMMIT = 1
ROUND_SHARE = 2


@dataclass
class Session:
    """A begun signature: what will be signed, by whom, with which nonces. ``request`` is None for a key's test."""

    share: KeyShare
    quorum: tuple[str, ...]
    order: KeyOrder
    messages: tuple[bytes, ...]
    paths: tuple[tuple[int, ...], ...]
    nonces: list[SigningNonces]
    commitments: tuple[bytes, ...]
    request: SigningRequest | None


class Signings:
    """The signing sessions of one signer."""

    def __init__(  # noqa: PLR0917 - one signer's parts
        self, home: SignerHome, genesis: Genesis, policy: Policy, rosters: Rosters, vaults: Vaults, clock: Clock
    ) -> None:
        self._home = home
        self._genesis = genesis
        self._policy = policy
        self._rosters = rosters
        self._clock = clock
        self._sessions: dict[bytes, Session] = {}
        self._screens: dict[int, Screen] = {}
        self.vaults = vaults

    def begin(self, request: SigningRequest) -> tuple[Envelope, ...]:
        """Round 1: judge, bind and commit.

        :raises HoldfastError: each refusal with its own code; then nothing of this request is recorded.
        """
        now_s = self._clock.now_s()
        with transaction(self._home.engine) as connection:
            key = self.vaults.get(connection, request.intent.vault, request.intent.committee_epoch)
            findings = Findings()
            pins = self._pins(connection, key, now_s)
            for check in CHECKS:
                check(request, pins, findings)
            self._record(connection, request, key, findings, now_s)
            session = self._open(connection, request, key, findings, now_s)
        self.keep(request.session(), session)
        cosignature = cosign(request.log.checkpoint, self._home.identity.name, self._home.keys.signing, now_s)
        body = Commitments(session.commitments, cosignature)
        return (self.letter(body.encoded(), request.session(), ROUND_COMMIT, session.order.committee_epoch),)

    def pins(self, connection: Connection, intent: Intent, now_s: int) -> Pins:
        """What this signer would hold a request for this intent against.

        :raises CommitteeEpochUnknown: there is no key in use for its vault and epoch.
        """
        key = self.vaults.get(connection, intent.vault, intent.committee_epoch)
        return self._pins(connection, key, now_s)

    def _pins(self, connection: Connection, key: VaultKey, now_s: int) -> Pins:
        size, root = last_cosigned(connection)
        return Pins(
            name=self._home.identity.name,
            genesis=self._genesis,
            roster=self._rosters.current,
            policy=self._policy,
            screen=self._screen(connection),
            now_s=now_s,
            frozen=bool(freezes_in_force(connection)),
            cosigned_size=size,
            cosigned_root=root,
            vault=key.order.vault,
            network=key.order.network,
            committee_epoch=key.order.committee_epoch,
            threshold=key.order.threshold,
            members=key.order.members,
            output_key=key.output_key,
            shown_since_s=lambda subject: shown_since(connection, subject, now_s),
        )

    def _screen(self, connection: Connection) -> Screen:
        number = newest_list_number(connection)
        if number not in self._screens:
            # Decoding a whole list takes as long as all else that a signer does for a request.
            signed = newest_list(connection)
            if signed is None:
                raise ListMissing("this signer has no sanctions list yet")
            self._screens = {number: Screen(signed.snapshot)}
        return self._screens[number]

    def _record(
        self, connection: Connection, request: SigningRequest, key: VaultKey, findings: Findings, now_s: int
    ) -> None:
        _, checkpoint = findings.judged()
        intent = request.intent
        bind_conflict_key(connection, intent)
        bind_orders(connection, intent)
        bind_customers(connection, findings.credentials)
        record_counters(connection, findings.approvals, intent.digest())
        self._count(connection, request, key.order, now_s)
        record_cosigned(connection, checkpoint, now_s)

    def _count(self, connection: Connection, request: SigningRequest, order: KeyOrder, now_s: int) -> None:
        count_movement(
            connection,
            request.intent,
            unsigned=unsigned_total(request),
            standing=request.standing,
            policy=self._policy,
            committee=(len(order.members), order.threshold),
            now_s=now_s,
        )

    def _open(
        self, connection: Connection, request: SigningRequest, key: VaultKey, findings: Findings, now_s: int
    ) -> Session:
        matched, _ = findings.judged()
        return self.open_session(
            connection,
            request.session(),
            key.share,
            quorum=request.quorum,
            order=key.order,
            hashes=matched.sighashes,
            paths=matched.paths,
            request=request,
            now_s=now_s,
        )

    def open_session(
        self,
        connection: Connection,
        session_id: bytes,
        share: KeyShare,
        *,
        quorum: tuple[str, ...],
        order: KeyOrder,
        hashes: tuple[bytes, ...],
        paths: tuple[tuple[int, ...], ...],
        request: SigningRequest | None,
        now_s: int,
    ) -> Session:
        """Draw one fresh nonce pair a message and write their commitments down, in the caller's transaction."""
        pairs = [commit(share) for _ in hashes]
        commitments = tuple(commitment for _, commitment in pairs)
        record_nonces(connection, commitments, session_id, now_s)
        return Session(share, quorum, order, hashes, paths, [nonces for nonces, _ in pairs], commitments, request)

    def keep(self, session_id: bytes, session: Session) -> None:
        """Remember a session whose commitments are recorded; the oldest goes when there are too many."""
        while len(self._sessions) >= MAX_OPEN_SESSIONS:
            self._sessions.pop(next(iter(self._sessions)))
        self._sessions[session_id] = session

    def finish(self, request: SigningFinish) -> tuple[Envelope, ...]:
        """Round 2: check the quorum's commitments, burn the nonces, release the shares.

        :raises SessionUnknown: never begun, or finished, or burned by a restart.
        """
        # Taken out before anything can fail: a session has one try, and its nonces are never offered twice.
        session = self._sessions.pop(request.session, None)
        if session is None:
            raise SessionUnknown("no such session is open here; begin a new attempt")
        now_s = self._clock.now_s()
        with transaction(self._home.engine) as connection:
            by_input = self._commitments(request, session)
            if session.request is not None:
                if freezes_in_force(connection):
                    raise Frozen("a freeze came into force during the session")
                self._require_still_right(connection, session.request, session.order, now_s)
            use_nonces(connection, zip(session.commitments, session.messages, strict=True), now_s)
            if session.request is not None:
                # Only now: what was begun and never released is no payment that anybody could compare another with.
                record_destinations(connection, session.request.intent, session.order.network, now_s)
        shares = tuple(
            sign(session.share, nonces, message, commitments, list(path))
            for nonces, message, commitments, path in zip(
                session.nonces, session.messages, by_input, session.paths, strict=True
            )
        )
        return (self.letter(Shares(shares).encoded(), request.session, ROUND_SHARE, session.order.committee_epoch),)

    def _require_still_right(
        self, connection: Connection, request: SigningRequest, order: KeyOrder, now_s: int
    ) -> None:
        """What can have turned against a movement since it was judged: time, the roster, the sanctions list, the caps.

        A relay may wait with round 2 as long as it likes.
        """
        request.intent.require_unexpired(now_s)
        if request.intent.roster_version != self._rosters.current.version:
            raise RosterVersionUnknown(f"roster {request.intent.roster_version} is no longer in force")
        require_clear_destinations(request.intent, self._screen(connection), self._policy, order.network, now_s)
        self._count(connection, request, order, now_s)

    def _commitments(self, request: SigningFinish, session: Session) -> list[dict[int, bytes]]:
        """The quorum's commitments, by input and signer; each letter its sender's own, of this session."""
        if len(request.commitments) != len(session.quorum):
            raise QuorumInvalid(f"{len(request.commitments)} letters for a quorum of {len(session.quorum)}")
        roster = self._rosters.current
        by_input: list[dict[int, bytes]] = [{} for _ in session.messages]
        for name, envelope in zip(session.quorum, request.commitments, strict=True):
            expected = Header(name, EVERYONE, request.session, ROUND_COMMIT, session.order.committee_epoch)
            body = Commitments.decoded(open_envelope(envelope, roster, expected))
            if len(body.commitments) != len(session.messages):
                raise QuorumInvalid(f"{name} committed to another number of inputs")
            for commitments, commitment in zip(by_input, body.commitments, strict=True):
                commitments[session.order.identifier(name)] = commitment
        return by_input

    def letter(self, body: bytes, session: bytes, round_: int, epoch: int) -> Envelope:
        """A broadcast of this signer."""
        header = Header(self._home.identity.name, EVERYONE, session, round_, epoch)
        return seal_envelope(header, body, self._home.keys.signing)
