"""Collecting an attestation when signers misbehave: it is done without them, and no honest one is lost to them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from holdfast.authority import EVERYONE, Header, seal_envelope
from holdfast.encoding import Canonical, EncodingError
from holdfast.reserves import AttestationUnavailable, Manifest
from holdfast.signer import (
    ROUND_COMMIT,
    ROUND_SHARE,
    Commitments,
    OwnershipRequest,
    Reply,
    Shares,
    SignerNode,
    SignerTransport,
    SigningFinish,
)
from reserves_rig import House

Spoil = Callable[[SignerNode, bytes], bytes]


@dataclass
class Bad:
    """A transport to a signer that answers one kind of request in its own way."""

    node: SignerNode
    kind: type[Canonical]
    spoil: Spoil

    def call(self, request: bytes) -> bytes:
        """The signer's answer, or what it has instead."""
        try:
            self.kind.decoded(request)
        except EncodingError:
            return self.node.respond(request)
        return self.spoil(self.node, request)


def says(node: SignerNode, body: Canonical, session: bytes, round_: int, epoch: int = 1) -> bytes:
    """A letter of the signer's with this body."""
    header = Header(node.home.identity.name, EVERYONE, session, round_, epoch)
    return Reply((seal_envelope(header, body.encoded(), node.home.keys.signing),), None).encoded()


def commits(change: Callable[[Commitments], Commitments]) -> Spoil:
    """Its own commitments, changed."""

    def spoil(node: SignerNode, request: bytes) -> bytes:
        (letter,) = Reply.decoded(node.respond(request)).letters
        body = change(Commitments.decoded(letter.letter.body))
        return says(node, body, OwnershipRequest.decoded(request).session(), ROUND_COMMIT)

    return spoil


def shares(*values: bytes) -> Spoil:
    """These shares instead of its own."""
    return lambda node, request: says(node, Shares(values), SigningFinish.decoded(request).session, ROUND_SHARE)


def of_another(node: SignerNode, request: bytes) -> bytes:
    """The commitments that another session had."""
    return says(node, Commitments((), None), bytes(32), ROUND_COMMIT)


def refuses(node: SignerNode, request: bytes) -> bytes:
    """A signed refusal for no reason."""
    return node._refuse(request, EncodingError("I would rather not"))


def nonsense(node: SignerNode, request: bytes) -> bytes:
    """Bytes that are no answer."""
    return b"\xff" * 99


def nothing(node: SignerNode, request: bytes) -> bytes:
    """An answer without a letter."""
    return Reply((), None).encoded()


WAYS: list[tuple[type[Canonical], Spoil]] = [
    (OwnershipRequest, nonsense),
    (OwnershipRequest, nothing),
    (OwnershipRequest, refuses),
    (OwnershipRequest, of_another),
    (OwnershipRequest, commits(lambda body: replace(body, commitments=()))),
    (OwnershipRequest, commits(lambda body: replace(body, commitments=body.commitments * 2))),
    (OwnershipRequest, commits(lambda body: replace(body, commitments=(b"\2" * 66,)))),
    (OwnershipRequest, commits(lambda body: replace(body, cosignature="of no checkpoint"))),
    (SigningFinish, nonsense),
    (SigningFinish, nothing),
    (SigningFinish, refuses),
    (SigningFinish, shares()),
    (SigningFinish, shares(b"")),
    (SigningFinish, shares(bytes(31))),
    (SigningFinish, shares(b"\xff" * 32)),
    (SigningFinish, shares(bytes(31) + b"\1")),
    (SigningFinish, shares(bytes(32), bytes(32))),
]


def with_bad(house: House, *bad: str, kind: type[Canonical], spoil: Spoil) -> House:
    """The house, some of whose signers are bad."""
    plane = house.world.plane
    transports: dict[str, SignerTransport] = {
        name: Bad(house.world.signers[name], kind, spoil) if name in bad else transport
        for name, transport in plane.transports.items()
    }
    return House(replace(house.world, plane=replace(plane, transports=transports)))


@pytest.mark.parametrize(("kind", "spoil"), WAYS)
def test_two_bad_signers_of_five_stop_nothing(house: House, kind: type[Canonical], spoil: Spoil) -> None:
    signers = sorted(house.world.signers)
    # Two who are bad leave exactly a quorum: any honest one that were left out for them would be missed.
    bad = with_bad(house, *signers[:2], kind=kind, spoil=spoil)
    assert bad.publish().epoch == 2
    Manifest.decoded(house.manifest(2)).require_consistent()


def test_three_bad_signers_of_five_leave_no_quorum(house: House) -> None:
    signers = sorted(house.world.signers)
    with pytest.raises(AttestationUnavailable):
        with_bad(house, *signers[:3], kind=SigningFinish, spoil=nonsense).publish()
    assert house.publish().epoch == 2


def test_no_honest_signer_is_lost_for_refusing_another_s_commitments(house: House) -> None:
    """What makes them refuse need not show here: the same letter may open for one and not for another."""
    signers, plane = sorted(house.world.signers), house.world.plane

    def wary(node: SignerNode, request: bytes) -> bytes:
        letters = SigningFinish.decoded(request).commitments
        strange = any(letter.letter.header.sender in signers[:2] for letter in letters)
        return refuses(node, request) if strange else node.respond(request)

    transports: dict[str, SignerTransport] = {
        name: plane.transports[name] if name in signers[:2] else Bad(house.world.signers[name], SigningFinish, wary)
        for name in signers
    }
    assert House(replace(house.world, plane=replace(plane, transports=transports))).publish().epoch == 2
