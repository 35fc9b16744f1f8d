"""Collecting a vault's ownership signature: the relay's side. It chooses who is asked; each signer judges alone."""

import itertools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from holdfast.authority import EVERYONE, MAX_EPOCH, Envelope, EpochHeader, Header, KeyCertificate, Roster, open_envelope
from holdfast.encoding import Canonical, EncodingError
from holdfast.errors import HoldfastError
from holdfast.keys import CheaterFound, GroupKey, aggregate, check_commitments
from holdfast.reserves.errors import AttestationRefused, AttestationUnavailable
from holdfast.signer import (
    OWNERSHIP_PATH,
    ROUND_COMMIT,
    ROUND_SHARE,
    Commitments,
    EpochShown,
    EpochsShow,
    OwnershipRequest,
    Shares,
    SignerClient,
    SignerRefused,
    SigningFinish,
)

MAX_QUORUMS = 1_000
"""How many quorums are tried or passed over: all of them, for a committee of up to twelve."""


def attest(
    clients: Mapping[str, SignerClient], roster: Roster, certificate: KeyCertificate, chain: Sequence[EpochHeader]
) -> bytes:
    """The vault's signature over the last epoch of ``chain``, which holds every epoch from the first.

    A signer that refuses, is away or cheats is left out. One that refuses the others' commitments is not: the fault may
    be any of theirs, so the next try is with another quorum. Each is shown the epochs that it has missed.

    :raises AttestationRefused: no quorum attests it, because signers refused.
    :raises AttestationUnavailable: no quorum answers.
    """
    collection = _Collection(dict(clients), roster, certificate, chain)
    collection.look()
    order = certificate.order
    for quorum in itertools.islice(itertools.combinations(order.members, order.threshold), MAX_QUORUMS):
        if not collection.newest.keys() >= set(quorum):
            continue
        try:
            return collection.attempt(quorum)
        except _LeaveOut as without:
            for name in without.names:
                collection.newest.pop(name, None)
        except _QuorumFailed:
            continue
    if collection.refusals:
        codes = ", ".join(sorted(set(collection.refusals.values())))
        raise AttestationRefused(f"{len(collection.refusals)} signers refuse to attest the epoch: {codes}")
    raise AttestationUnavailable(
        f"{len(collection.newest)} of {len(order.members)} signers of {order.vault} answer;"
        f" {order.threshold} are needed: the epoch stays prepared, publish again to go on"
    )


class _LeaveOut(Exception):
    """Signers that the next try does without."""

    def __init__(self, *names: str) -> None:
        super().__init__(*names)
        self.names = names


class _QuorumFailed(Exception):
    """A member refused what another had sent: which of them is at fault cannot be seen from here."""


@dataclass
class _Collection:
    """One epoch's tries to find a quorum."""

    clients: dict[str, SignerClient]
    roster: Roster
    certificate: KeyCertificate
    chain: Sequence[EpochHeader]
    newest: dict[str, int] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)

    def look(self) -> None:
        """Ask every signer for the newest epoch that it is bound to."""
        for name, client in self.clients.items():
            asked = EpochsShow(os.urandom(16), MAX_EPOCH)
            place = Header(name, EVERYONE, asked.digest(), 0, 0)
            try:
                shown = EpochShown.decoded(self._opened(client, asked, place)[1])
            except (_LeaveOut, SignerRefused, EncodingError):
                continue
            # One that claims to know later epochs is shown the last, and will say itself what is wrong with it.
            self.newest[name] = min(shown.epoch, len(self.chain) - 1)

    def attempt(self, quorum: tuple[str, ...]) -> bytes:
        """One try with this quorum, from commitments to the verified signature."""
        order, attempt = self.certificate.order, os.urandom(16)
        letters: dict[str, Envelope] = {}
        commitments: dict[int, bytes] = {}
        session = b""
        for name in quorum:
            missed = tuple(self.chain[self.newest[name] :])
            request = OwnershipRequest(order.vault, order.committee_epoch, missed, quorum, attempt)
            session = request.session()
            place = Header(name, EVERYONE, session, ROUND_COMMIT, order.committee_epoch)
            try:
                letters[name], body = self._opened(self.clients[name], request, place)
            except SignerRefused:
                raise _LeaveOut(name) from None
            commitments[order.identifier(name)] = _commitment(name, body)
        finish = SigningFinish(session, tuple(letters.values()))
        shares: dict[int, bytes] = {}
        for name in quorum:
            place = Header(name, EVERYONE, session, ROUND_SHARE, order.committee_epoch)
            try:
                _, body = self._opened(self.clients[name], finish, place)
            except SignerRefused:
                raise _QuorumFailed from None
            shares[order.identifier(name)] = _share(name, body)
        try:
            group_key = GroupKey.decoded(self.certificate.statement.group_key)
            message = self.chain[-1].ownership_message()
            return aggregate(group_key, message, commitments, shares, list(OWNERSHIP_PATH))
        except CheaterFound as found:
            raise _LeaveOut(*(order.members[culprit - 1] for culprit in found.culprits)) from None

    def _opened(self, client: SignerClient, request: Canonical, place: Header) -> tuple[Envelope, bytes]:
        """The one letter that is due, and its body.

        :raises SignerRefused: the signer's own refusal, which is remembered.
        """
        try:
            (letter,) = client.call(request)
            return letter, open_envelope(letter, self.roster, place)
        except SignerRefused as refused:
            self.refusals[client.name] = refused.refusal.code
            raise
        except (HoldfastError, ValueError):
            raise _LeaveOut(client.name) from None


def _commitment(name: str, body: bytes) -> bytes:
    """The one commitment that is due; who sends none is left out, or the others would look like the culprits."""
    try:
        (commitment,) = Commitments.decoded(body).commitments
        check_commitments(commitment)
    except (HoldfastError, ValueError):
        raise _LeaveOut(name) from None
    return commitment


def _share(name: str, body: bytes) -> bytes:
    try:
        (share,) = Shares.decoded(body).shares
    except (HoldfastError, ValueError):
        raise _LeaveOut(name) from None
    return share
