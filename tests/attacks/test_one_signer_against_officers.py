"""One signer in the wrong hands, when officers have approved a lift or a roster: it may refuse, and nothing more.

What it says is properly signed. It may name numbers that nothing has, call a lift done that it did not carry out, or
refuse for ever what the others have not even heard of.
"""

import dataclasses
import hashlib

import pytest

from holdfast.authority import EVERYONE, FreezeLift, Header, RosterChange, seal_envelope
from holdfast.custody import (
    ControlPlane,
    SubjectState,
    enact_subjects,
    propose_lift,
    propose_roster,
    spread_freezes,
    subject_views,
    without_person,
)
from holdfast.demo.deployment import SIGNERS
from holdfast.encoding import Plain, decode, encode
from holdfast.signer import Reply, SignerNode, SignerUnavailable, Status
from holdfast.signer.messages import Done
from holdfast.store import transaction
from signer_rig import SIGNED, Takeover
from world import World

HOSTILE, HONEST = SIGNERS[4], SIGNERS[:4]


@pytest.fixture
def world(takeover: Takeover) -> World:
    return takeover.world


class Hostile:
    """A wire to a host in the wrong hands: each letter or refusal is its own, with its own signature."""

    def __init__(self, node: SignerNode) -> None:
        self._node = node

    def call(self, request: bytes) -> bytes:
        return self._node.respond(request)

    def letter(self, session: bytes, body: bytes) -> bytes:
        place = Header(HOSTILE, EVERYONE, session, 0, 0)
        return Reply((seal_envelope(place, body, self._node.home.keys.signing),), None).encoded()

    def refusal(self, request: bytes, code: str, message: str) -> bytes:
        place = Header(HOSTILE, EVERYONE, hashlib.sha256(request).digest(), 0, 0)
        body = encode([1, "holdfast/refusal", code, message])
        return Reply((), seal_envelope(place, body, self._node.home.keys.signing)).encoded()


class Numbering(Hostile):
    """It says a number of itself that nothing has."""

    def __init__(self, node: SignerNode, field: str, number: int) -> None:
        super().__init__(node)
        self._place = 2 + [each.name for each in dataclasses.fields(Status)].index(field)
        self._number = number

    def call(self, request: bytes) -> bytes:
        answer = super().call(request)
        if decode(request)[1] != "holdfast/request/status":  # type: ignore[index]
            return answer
        (letter,) = Reply.decoded(answer).letters
        said: list[Plain] = list(decode(letter.letter.body))  # type: ignore[arg-type]
        said[self._place] = self._number
        return self.letter(letter.letter.header.session, encode(said))


class Ending(Hostile):
    """It calls every lift done, and refuses every roster for ever."""

    def __init__(self, node: SignerNode, code: str = "roster.forbidden", message: str = "no") -> None:
        super().__init__(node)
        self._said = code, message

    def call(self, request: bytes) -> bytes:
        domain = decode(request)[1]  # type: ignore[index]
        if domain == "holdfast/request/lift":
            return self.letter(hashlib.sha256(request).digest(), Done().encoded())
        return self.refusal(request, *self._said) if domain == "holdfast/request/roster" else super().call(request)


class Lost:
    """A wire that loses everything."""

    def call(self, request: bytes) -> bytes:
        raise SignerUnavailable("lost")


def standing(world: World, subject: FreezeLift | RosterChange) -> tuple[SubjectState, str | None]:
    with transaction(world.plane.engine) as connection:
        (view,) = [each for each in subject_views(world.plane, connection) if each.digest == subject.digest()]
    return view.state, view.code


def frozen(world: World) -> set[str]:
    return {name for name in HONEST if world.signers[name].status().frozen}


def removed(takeover: Takeover, name: str) -> RosterChange:
    change = propose_roster(takeover.world.plane, without_person(takeover.world.plane.roster, name), "left", "ada")
    takeover.officers_approve(change.digest())
    return change


def reaching(plane: ControlPlane, *signers: str) -> ControlPlane:
    """The same control plane in a moment in which it reaches only these."""
    wires = {name: wire if name in signers else Lost() for name, wire in plane.transports.items()}
    return dataclasses.replace(plane, transports=wires)


@pytest.mark.parametrize("field", ["roster_version", "screening_number", "log_size", "now_s"])
@pytest.mark.parametrize("number", [-(2**70), -1, 2**63 - 1, 2**63, 2**200])
def test_a_number_of_nothing_stops_neither_lifts_nor_rosters(takeover: Takeover, field: str, number: int) -> None:
    world = takeover.world
    removed(takeover, "emi")
    assert enact_subjects(world.plane) == 1
    takeover.with_transports(**{HOSTILE: Numbering(world.signers[HOSTILE], field, number)})
    world.signers["bern"].freeze(takeover.freeze())
    spread_freezes(world.plane)
    lift = propose_lift(world.plane, "over", "ben")
    takeover.officers_approve(lift.digest())
    change = removed(takeover, "dov")
    assert enact_subjects(world.plane) == 2
    assert standing(world, lift) == standing(world, change) == (SubjectState.DONE, None)
    assert frozen(world) == set()
    assert {world.signers[name].roster.version for name in HONEST} == {3}


@pytest.mark.parametrize(("code", "message"), [("a\x00.b", "no"), ("x" * 500, "no"), ("", "no"), ("a.b", "no\x00")])
def test_a_refusal_that_is_none_stops_nothing(takeover: Takeover, code: str, message: str) -> None:
    world = takeover.world
    takeover.with_transports(**{HOSTILE: Ending(world.signers[HOSTILE], code, message)})
    change = removed(takeover, "emi")
    assert enact_subjects(reaching(world.plane, HOSTILE)) == 0
    assert enact_subjects(world.plane) == 1
    assert standing(world, change) == (SubjectState.DONE, None)


def test_one_word_ends_nothing_while_the_others_are_not_heard(takeover: Takeover) -> None:
    world = takeover.world
    takeover.everywhere(takeover.freeze())
    lift = propose_lift(world.plane, "over", "ben")
    takeover.officers_approve(lift.digest())
    change = removed(takeover, "emi")
    takeover.with_transports(**{HOSTILE: Ending(world.signers[HOSTILE])})
    assert enact_subjects(reaching(world.plane, HOSTILE)) == 1
    assert standing(world, lift) == (SubjectState.DONE, None), "it is the officers', and handed to whoever lacks it"
    assert standing(world, change) == (SubjectState.APPROVED, None)
    assert frozen(world) == set(HONEST)
    spread_freezes(world.plane)
    assert frozen(world) == set()
    assert enact_subjects(world.plane) == 1
    assert {world.signers[name].roster.version for name in HONEST} == {2}


@pytest.mark.parametrize("heard", [1, 2, 4])
def test_a_lift_that_some_had_heard_before_is_handed_to_the_others(takeover: Takeover, heard: int) -> None:
    world = takeover.world
    freeze = takeover.freeze()
    takeover.everywhere(freeze)
    lift = propose_lift(world.plane, "over", "ben")
    takeover.officers_approve(lift.digest())
    for name in HONEST[:heard]:
        assert takeover.ask(name, takeover.lift(freeze)) == SIGNED
    takeover.with_transports(**{HOSTILE: Lost()})
    assert enact_subjects(world.plane) == 1
    assert standing(world, lift) == (SubjectState.DONE, None)
    assert frozen(world) == set()


@pytest.mark.parametrize("state", ["done", "ended"])
def test_a_lift_proposed_in_the_same_words_is_taken_up_again(takeover: Takeover, state: str) -> None:
    from holdfast.custody.models import subjects

    world = takeover.world
    takeover.everywhere(takeover.freeze())
    lift = propose_lift(world.plane, "over", "ben")
    takeover.officers_approve(lift.digest())
    with transaction(world.plane.engine) as connection:
        connection.execute(subjects.update().values(state=state, code="freeze.order_invalid"))
    assert enact_subjects(world.plane) == 0
    assert propose_lift(world.plane, "over", "ben") == lift
    assert standing(world, lift) == (SubjectState.APPROVED, None), "three officers have approved it"
    assert enact_subjects(world.plane) == 1
    assert frozen(world) == set()
