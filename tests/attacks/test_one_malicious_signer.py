"""One signer in the wrong hands: it may refuse, and nothing more. It ends no payout and has nobody else blamed.

It holds its own key, so whatever it says is properly signed. FROST (Komlo and Goldberg 2020, section 5.2) identifies
who spoils a signature only among well-formed messages; the rest is the relay's to keep out before others see it.
"""

import dataclasses
import hashlib
from collections.abc import Callable

import pytest
from sqlalchemy import select

from holdfast.authority import Envelope, Intent, seal_envelope
from holdfast.custody import PayoutState
from holdfast.custody.models import signer_refusals
from holdfast.encoding import Canonical, EncodingError
from holdfast.signer import (
    Commitments,
    InProcessTransport,
    Refusal,
    Reply,
    Shares,
    SignerNode,
    SignerUnavailable,
    SigningRequest,
    Status,
)
from holdfast.store import transaction
from signer_rig import Takeover
from world import World

Lie = Callable[[Canonical], Canonical]

MALICIOUS = "bern"


class LyingSigner:
    """A real signer whose answers are bent, and signed again with its own key, on their way out."""

    def __init__(self, node: SignerNode, kind: type[Canonical], lie: Lie) -> None:
        self._node, self._kind, self._lie = node, kind, lie

    def call(self, request: bytes) -> bytes:
        """Answer, with every letter of the one kind bent."""
        reply = Reply.decoded(self._node.respond(request))
        return dataclasses.replace(reply, letters=tuple(map(self._bent, reply.letters))).encoded()

    def _bent(self, envelope: Envelope) -> Envelope:
        try:
            told = self._kind.decoded(envelope.letter.body)
        except EncodingError:
            return envelope
        return seal_envelope(envelope.letter.header, self._lie(told).encoded(), self._node.home.keys.signing)


def garbage_commitments(told: Canonical) -> Canonical:
    assert isinstance(told, Commitments)
    return dataclasses.replace(told, commitments=tuple(bytes(len(each)) for each in told.commitments))


def too_few_commitments(told: Canonical) -> Canonical:
    assert isinstance(told, Commitments)
    return dataclasses.replace(told, commitments=())


def unseen_freeze(told: Canonical) -> Canonical:
    assert isinstance(told, Status)
    return dataclasses.replace(told, freezes=(bytes(32),))


def wrong_shares(told: Canonical) -> Canonical:
    assert isinstance(told, Shares)
    return dataclasses.replace(told, shares=tuple(each[:-1] + bytes([each[-1] ^ 1]) for each in told.shares))


def longer_log(told: Canonical) -> Canonical:
    assert isinstance(told, Status)
    return dataclasses.replace(told, log_size=told.log_size + 10**6)


def false_cosignature(told: Canonical) -> Canonical:
    assert isinstance(told, Commitments)
    return dataclasses.replace(told, cosignature="nothing of the kind")


def number_beyond(told: Canonical) -> Canonical:
    assert isinstance(told, Status)
    return dataclasses.replace(told, log_size=2**62, roster_version=2**62)


LIES: dict[str, tuple[type[Canonical], Lie]] = {
    "commitments that are none": (Commitments, garbage_commitments),
    "no commitments": (Commitments, too_few_commitments),
    "a freeze that nobody ordered": (Status, unseen_freeze),
    "a wrong signature share": (Shares, wrong_shares),
    "a log longer than there is": (Status, longer_log),
    "a false cosignature": (Commitments, false_cosignature),
    "numbers of nothing": (Status, number_beyond),
}


@pytest.fixture
def world(takeover: Takeover) -> World:
    return takeover.world


def approved(world: World, reference: str) -> Intent:
    """A small payout, which one person approves."""
    intent = world.planned(reference, 5_000_000)
    world.approve(intent, persons=1)
    return intent


@pytest.mark.parametrize("lie", LIES)
def test_the_others_pay_and_nobody_else_is_blamed(world: World, lie: str) -> None:
    kind, bend = LIES[lie]
    world.plane.transports[MALICIOUS] = LyingSigner(world.signers[MALICIOUS], kind, bend)  # type: ignore[index]
    for number in range(3):
        # Three payouts: the quorum starts anywhere, and the liar is in most of them.
        intent = approved(world, f"w{number}")
        assert world.settle(intent) is PayoutState.BROADCAST
        world.mine(3)
    with transaction(world.plane.engine) as connection:
        blamed = set(connection.execute(select(signer_refusals.c.signer)).scalars())
    assert blamed <= {MALICIOUS}


def test_a_refusal_of_its_own_ends_no_payout(world: World) -> None:
    class Refusing:
        def __init__(self, node: SignerNode) -> None:
            self._node = node

        def call(self, request: bytes) -> bytes:
            """Refuse to sign, for a reason that would be final."""
            reply = Reply.decoded(self._node.respond(request))
            try:
                SigningRequest.decoded(request)
            except EncodingError:
                return reply.encoded()
            header = self._node.respond(b"")
            refused = Reply.decoded(header).refusal
            assert refused is not None
            place = dataclasses.replace(refused.letter.header, session=hashlib.sha256(request).digest())
            body = Refusal("policy.denied", "because I say so").encoded()
            return Reply((), seal_envelope(place, body, self._node.home.keys.signing)).encoded()

    transports = world.plane.transports
    for away in ("geneva", "zurich"):
        transports[away] = Unreachable()  # type: ignore[index]
    transports[MALICIOUS] = Refusing(world.signers[MALICIOUS])  # type: ignore[index]
    intent = approved(world, "w1")
    with pytest.raises(Exception, match="refused"):
        world.settle(intent)
    for name in ("geneva", "zurich"):
        transports[name] = InProcessTransport(world.signers[name])  # type: ignore[index]
    assert world.settle(intent) is PayoutState.BROADCAST


class Unreachable:
    """A signer whose machine is off."""

    def call(self, _request: bytes) -> bytes:
        """No answer."""
        raise SignerUnavailable("no answer")
