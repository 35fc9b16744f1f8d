"""Collecting a threshold signature: the relay's side of signing. It chooses who is asked, not what they sign."""

import contextlib
import os
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import Connection, insert

from holdfast.audit import (
    CosignatureInvalid,
    NoteMalformed,
    SignatureRefused,
    add_cosignature,
    append,
    checkpoint,
    consistency_proof,
    entry,
    inclusion_proof,
    open_checkpoint,
)
from holdfast.authority import (
    EVERYONE,
    Approval,
    AuthorityError,
    Envelope,
    Header,
    Intent,
    KeyOrder,
    SignedAttestation,
    SignedOrder,
    open_envelope,
)
from holdfast.chains.bitcoin import SpendPlan, decode_spend, with_signatures
from holdfast.custody import models
from holdfast.custody.control_plane import ControlPlane
from holdfast.custody.errors import QuorumUnavailable, SignersRefused
from holdfast.encoding import Canonical, EncodingError
from holdfast.keys import CheaterFound, GroupKey, KeysError, aggregate, check_commitments
from holdfast.signer import (
    ROUND_COMMIT,
    ROUND_SHARE,
    ApprovalsRequest,
    Commitments,
    EnrolledOrder,
    IntentProposal,
    KnownApprovals,
    LogEvidence,
    LogNotConsistent,
    LogProof,
    LogRolledBack,
    ProposalUnknown,
    Shares,
    SignerRefused,
    SignerUnavailable,
    SigningFinish,
    SigningRequest,
    StandingEvidence,
)
from holdfast.store import transaction

MAX_TRIES = 10
"""How often a quorum is asked, with other members or with newer proofs of the log."""

_LOG_CODES = frozenset({LogNotConsistent.code, LogRolledBack.code})


@dataclass(frozen=True)
class Movement:
    """All that a signing request says, but for each signer's own log proof, the quorum and the attempt.

    ``enrolments`` are the log's sequence numbers of the credentials that signed ``orders``, one each.
    """

    intent: Intent
    plan: SpendPlan
    change_path: tuple[int, ...] | None
    approvals: tuple[Approval, ...]
    orders: tuple[SignedOrder, ...]
    enrolments: tuple[int, ...]
    log_sequence: int
    attestation: SignedAttestation | None
    standing: StandingEvidence | None = None

    def sighashes(self) -> tuple[bytes, ...]:
        """What is signed for each input, as the relay computes it to aggregate; signers compute their own."""
        return decode_spend(self.plan.raw, self.plan.raw_previous).sighashes


_Body = TypeVar("_Body", bound=Canonical)


def sign_movement(plane: ControlPlane, movement: Movement, order: KeyOrder, group_key: GroupKey) -> bytes:
    """The signed transaction, once a quorum of the committee has judged and signed it.

    A signer that refuses, is away or cheats is left out of the next try. One that was shown a log older than it knows
    meanwhile is shown the newest; tries are bounded.

    :raises SignersRefused: fewer than the threshold are left, because signers refused; their codes are in it.
    :raises QuorumUnavailable: fewer than the threshold answer.
    """
    collection = _Collection(plane, movement, order, group_key)
    collection.look()
    # A random start spreads the signers' caps and load over the committee.
    start = os.urandom(1)[0]
    for number in range(MAX_TRIES):
        candidates = [name for name in order.members if name in collection.sizes]
        if len(candidates) < order.threshold:
            break
        turn = (start + number) % len(candidates)
        quorum = tuple(sorted((candidates[turn:] + candidates[:turn])[: order.threshold]))
        try:
            return collection.attempt(quorum)
        except _LeaveOut as without:
            collection.leave_out(*without.names)
        except _LogMovedOn:
            collection.look()
    if collection.refusals:
        codes = ", ".join(sorted(set(collection.refusals.values())))
        needed = len(order.members) - order.threshold + 1
        raise SignersRefused(f"{len(collection.refusals)} signers refused: {codes}", collection.refusals, needed)
    raise QuorumUnavailable(
        f"{len(collection.sizes)} of {len(order.members)} signers answer; {order.threshold} are needed"
    )


def _log_sizes(plane: ControlPlane, members: tuple[str, ...]) -> dict[str, int]:
    """How much of the log each signer that answers has cosigned."""
    sizes = {}
    for name, client in plane.signers(members).items():
        try:
            sizes[name] = client.status().log_size
        except (SignerUnavailable, SignerRefused):
            continue
    return sizes


class _LogMovedOn(Exception):
    """A signer has cosigned more of the log, for another control plane, than this one had seen."""


class _LeaveOut(Exception):
    """Signers that the next try does without."""

    def __init__(self, *names: str) -> None:
        super().__init__(*names)
        self.names = names


@dataclass
class _Collection:
    """One transaction's tries to find a quorum."""

    plane: ControlPlane
    movement: Movement
    order: KeyOrder
    group_key: GroupKey
    note: str = ""
    sizes: dict[str, int] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)
    moved_on: set[str] = field(default_factory=set)

    def look(self) -> None:
        """See how much of the log each signer has cosigned, and only then how long it is: so it is never shorter."""
        members = tuple(name for name in self.order.members if name not in self.left_out)
        self.sizes = _log_sizes(self.plane, members)
        with transaction(self.plane.engine) as connection:
            self.note = checkpoint(connection, self.plane.log_signer)
        # The log was read after the signers spoke: who claims to have cosigned more of it than there is, lies.
        length = open_checkpoint(self.note, self.plane.genesis.log_name, self.plane.genesis.log_key).size
        self.leave_out(*(name for name, size in self.sizes.items() if size > length))

    def leave_out(self, *names: str) -> None:
        """Do without these signers from now on."""
        self.left_out.update(names)
        self.sizes = {name: size for name, size in self.sizes.items() if name not in self.left_out}

    def attempt(self, quorum: tuple[str, ...]) -> bytes:
        """One try with this quorum, from commitments to the verified signed transaction."""
        attempt = os.urandom(16)
        commitments: dict[str, Commitments] = {}
        letters: dict[str, Envelope] = {}
        session = b""
        for name in quorum:
            size = self.sizes[name]
            request = request_for(self.plane, self.movement, quorum, attempt, note=self.note, cosigned_size=size)
            session = request.session()
            letters[name], body = self._ask(name, request, session, ROUND_COMMIT)
            commitments[name] = self._read(name, Commitments, body)
            self._require_sound(name, commitments[name])
        shares: dict[str, Shares] = {}
        finish = SigningFinish(session, tuple(letters.values()))
        for name in quorum:
            _, body = self._ask(name, finish, session, ROUND_SHARE)
            shares[name] = self._read(name, Shares, body)
        signed = self._aggregate(commitments, shares)
        self._keep_cosignatures(commitments)
        return signed

    def _ask(
        self, name: str, request: SigningRequest | SigningFinish, session: bytes, round_: int
    ) -> tuple[Envelope, bytes]:
        """The one letter that is due, and its body; a refusal is kept as evidence and in the log."""
        try:
            (letter,) = self._answer(name, request)
            place = Header(name, EVERYONE, session, round_, self.order.committee_epoch)
            return letter, open_envelope(letter, self.plane.roster, place)
        except SignerRefused as refused:
            moved_on = refused.refusal.code in _LOG_CODES and name not in self.moved_on
            if moved_on and self._has_cosigned_more(name):
                self.moved_on.add(name)
                raise _LogMovedOn from None
            self.refusals[name] = refused.refusal.code
            record_refusal(self.plane, self.movement.intent, refused)
            raise _LeaveOut(name) from None
        except (SignerUnavailable, AuthorityError, ValueError):
            raise _LeaveOut(name) from None

    def _answer(self, name: str, request: SigningRequest | SigningFinish) -> tuple[Envelope, ...]:
        """What a signer answers; one that was away while people were asked is shown first what they approved."""
        client = self.plane.signer(name)
        try:
            return client.call(request)
        except SignerRefused as refused:
            if refused.refusal.code != ProposalUnknown.code or not isinstance(request, SigningRequest):
                raise
        client.call(IntentProposal.of(request))
        client.call(ApprovalsRequest((KnownApprovals(request.intent.digest(), request.approvals, ()),)))
        return client.call(request)

    def _require_sound(self, name: str, body: Commitments) -> None:
        """Leave out whose commitments are none: the others would refuse them, and look like the culprits."""
        if len(body.commitments) != len(self.movement.plan.inputs):
            raise _LeaveOut(name)
        try:
            for commitment in body.commitments:
                check_commitments(commitment)
        except KeysError:
            raise _LeaveOut(name) from None

    def _has_cosigned_more(self, name: str) -> bool:
        return _log_sizes(self.plane, (name,)).get(name, 0) > self.sizes[name]

    @staticmethod
    def _read(name: str, kind: type[_Body], body: bytes) -> _Body:
        try:
            return kind.decoded(body)
        except EncodingError:
            raise _LeaveOut(name) from None

    def _aggregate(self, commitments: dict[str, Commitments], shares: dict[str, Shares]) -> bytes:
        order, plan = self.order, self.movement.plan
        inputs = len(plan.inputs)
        for name, body in commitments.items():
            if len(body.commitments) != inputs or len(shares[name].shares) != inputs:
                raise _LeaveOut(name)
        try:
            signatures = [
                aggregate(
                    self.group_key,
                    sighash,
                    {order.identifier(name): body.commitments[position] for name, body in commitments.items()},
                    {order.identifier(name): body.shares[position] for name, body in shares.items()},
                    list(coin.path),
                )
                for position, (sighash, coin) in enumerate(zip(self.movement.sighashes(), plan.inputs, strict=True))
            ]
        except CheaterFound as found:
            raise _LeaveOut(*(order.members[culprit - 1] for culprit in found.culprits)) from None
        return with_signatures(plan, signatures)

    def _keep_cosignatures(self, commitments: dict[str, Commitments]) -> None:
        size = open_checkpoint(self.note, self.plane.genesis.log_name, self.plane.genesis.log_key).size
        with transaction(self.plane.engine) as connection:
            for name, body in commitments.items():
                # The transaction is signed: a cosignature that is none is no reason to let it lie.
                with contextlib.suppress(NoteMalformed, CosignatureInvalid):
                    if body.cosignature is not None:
                        add_cosignature(connection, size, body.cosignature, self.plane.roster.signer(name).signing_key)


def record_refusal(plane: ControlPlane, intent: Intent, refused: SignerRefused) -> None:
    """Keep a signer's signed refusal, in its table and in the log."""
    now_s, refusal = plane.clock.now_s(), refused.refusal
    with transaction(plane.engine) as connection:
        connection.execute(
            insert(models.signer_refusals).values(
                intent=intent.digest(),
                signer=refused.signer,
                code=refusal.code,
                envelope=refused.envelope.encoded(),
                at_s=now_s,
            )
        )
        append(connection, SignatureRefused(intent.digest(), refused.signer, refusal.code, refusal.message), now_s)


def request_for(
    plane: ControlPlane,
    movement: Movement,
    quorum: tuple[str, ...],
    attempt: bytes,
    *,
    note: str,
    cosigned_size: int,
) -> SigningRequest:
    """The request as one signer gets it: with the proof that the log extends what that signer cosigned."""
    with transaction(plane.engine) as connection:
        evidence = log_evidence(plane, connection, note, movement.log_sequence, cosigned_size)
        size = _size(plane, note)
        return SigningRequest(
            intent=movement.intent,
            transaction=movement.plan.raw,
            previous_transactions=movement.plan.raw_previous,
            input_paths=tuple(coin.path for coin in movement.plan.inputs),
            change_path=movement.change_path,
            approvals=movement.approvals,
            orders=tuple(
                EnrolledOrder(signed, _proof(connection, sequence, size))
                for signed, sequence in zip(movement.orders, movement.enrolments, strict=True)
            ),
            standing=movement.standing,
            attestation=movement.attestation,
            log=evidence,
            quorum=quorum,
            attempt=attempt,
        )


def log_evidence(
    plane: ControlPlane, connection: Connection, note: str, sequence: int, cosigned_size: int
) -> LogEvidence:
    """The proofs that a checkpoint holds an entry, and extends what a signer has cosigned."""
    size = _size(plane, note)
    consistency = consistency_proof(connection, cosigned_size, size) if 0 < cosigned_size <= size else ()
    return LogEvidence(note, tuple(consistency), _proof(connection, sequence, size))


def _size(plane: ControlPlane, note: str) -> int:
    return open_checkpoint(note, plane.genesis.log_name, plane.genesis.log_key).size


def _proof(connection: Connection, index: int, size: int) -> LogProof:
    return LogProof(entry(connection, index).encoded(), index, tuple(inclusion_proof(connection, index, size)))
