"""Key ceremonies under a relay that drops, repeats, swaps and forges: no key comes into use but one that all made."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from holdfast.authority import (
    EVERYONE,
    Confirmation,
    Envelope,
    Header,
    KeyCertificate,
    KeyOrder,
    KeyStatement,
    open_envelope,
    seal_envelope,
)
from holdfast.custody import CeremonyFailed, VaultExists, covering_quorums, generate_key
from holdfast.demo.deployment import ASSET, NETWORK, PERSONS, SIGNERS, THRESHOLD
from holdfast.keys import GroupKey, aggregate
from holdfast.signer import (
    ROUND_COMMIT,
    ROUND_CONFIRM,
    ROUND_PACKAGE,
    ROUND_SHARE,
    TEST_PATH,
    Commitments,
    Confirmed,
    KeygenActivate,
    KeygenBegin,
    KeygenExchange,
    KeygenFinish,
    KeygenTestBegin,
    Sealed,
    Shares,
    SignerRefused,
    SignerTransport,
    SignerUnavailable,
    SigningFinish,
)
from signer_rig import QUORUM, SIGNED, Takeover

Letters = tuple[Envelope, ...]


@dataclass
class Ceremony:
    """A ceremony for another vault, round by round in the relay's hand."""

    takeover: Takeover
    vault: str = "warm"
    officers: int = 3
    attempt: bytes = b"first"
    broadcasts: Letters = ()
    packages: dict[str, list[Envelope]] = field(default_factory=dict)
    confirmed: dict[str, Confirmed] = field(default_factory=dict)

    @property
    def order(self) -> KeyOrder:
        """The officers' order."""
        genesis = self.takeover.plane.genesis.digest()
        return KeyOrder(genesis, self.vault, ASSET, NETWORK, "secp256k1-tr", THRESHOLD, SIGNERS, 1)

    @property
    def start(self) -> KeygenBegin:
        """Round 1's request."""
        order = self.order
        approvals = (self.takeover.world.deployment.approve(p, order.digest()) for p in PERSONS[: self.officers])
        return KeygenBegin(order, tuple(approvals), self.attempt)

    @property
    def session(self) -> bytes:
        """The ceremony's id."""
        return self.start.session()

    def call(self, signer: str, request: KeygenBegin | KeygenExchange | KeygenFinish) -> Letters:
        """Ask for the letters of a round."""
        return self.takeover.plane.signer(signer).call(request)

    def begin(self) -> None:
        """Round 1 with everybody."""
        self.broadcasts = tuple(self.call(signer, self.start)[0] for signer in SIGNERS)

    def exchange(self) -> None:
        """Round 2 with everybody."""
        self.packages = {signer: [] for signer in SIGNERS}
        for signer in SIGNERS:
            for letter in self.call(signer, KeygenExchange(self.session, self.broadcasts)):
                self.packages[letter.letter.header.recipient].append(letter)

    def finish(self) -> None:
        """Round 3 with everybody."""
        for signer in SIGNERS:
            (letter,) = self.call(signer, KeygenFinish(self.session, tuple(self.packages[signer])))
            place = Header(signer, EVERYONE, self.session, ROUND_CONFIRM, 1)
            self.confirmed[signer] = Confirmed.decoded(open_envelope(letter, self.takeover.plane.roster, place))

    def statement(self) -> KeyStatement:
        """What the first member confirmed."""
        first = self.confirmed[SIGNERS[0]]
        return KeyStatement(self.order.digest(), first.transcript, first.group_key)

    def test_signature(self, quorum: tuple[str, ...]) -> bytes:
        """A test signature by a quorum."""
        plane, request = self.takeover.plane, KeygenTestBegin(self.session, quorum, b"test")
        session, letters, shares = request.test_session(), {}, {}
        for signer in quorum:
            (letters[signer],) = plane.signer(signer).call(request)
        for signer in quorum:
            (letter,) = plane.signer(signer).call(SigningFinish(session, tuple(letters.values())))
            body = open_envelope(letter, plane.roster, Header(signer, EVERYONE, session, ROUND_SHARE, 1))
            (shares[self.order.identifier(signer)],) = Shares.decoded(body).shares
        commitments = {}
        for signer, letter in letters.items():
            body = open_envelope(letter, plane.roster, Header(signer, EVERYONE, session, ROUND_COMMIT, 1))
            (commitments[self.order.identifier(signer)],) = Commitments.decoded(body).commitments
        statement = self.statement()
        group_key = GroupKey.decoded(statement.group_key)
        return aggregate(group_key, statement.test_message(), commitments, shares, list(TEST_PATH))

    def certificate(self) -> KeyCertificate:
        """The whole certificate."""
        confirmations = tuple(Confirmation(name, body.signature) for name, body in self.confirmed.items())
        tests = tuple(self.test_signature(quorum) for quorum in covering_quorums(self.order))
        return KeyCertificate(self.order, self.statement(), confirmations, tests)

    def until_certificate(self) -> KeyCertificate:
        """Every round, up to what activates the key."""
        self.begin()
        self.exchange()
        self.finish()
        return self.certificate()

    def active(self) -> set[str]:
        """Who has the key in use."""
        return {
            signer
            for signer in SIGNERS
            if any(key.vault == self.vault for key in self.takeover.plane.signer(signer).status().keys)
        }


@pytest.fixture
def ceremony(takeover: Takeover) -> Ceremony:
    """A ceremony that has not begun."""
    return Ceremony(takeover)


def forged(letter: Envelope, by: Ceremony, signer: str, **header: object) -> Envelope:
    """A letter under another header, signed by a signer."""
    key = by.takeover.world.signers[signer].home.keys.signing
    return seal_envelope(dataclasses.replace(letter.letter.header, **header), letter.letter.body, key)  # type: ignore[arg-type]


# The honest run


def test_key_is_active_only_with_its_certificate(ceremony: Ceremony) -> None:
    certificate = ceremony.until_certificate()
    assert ceremony.active() == set()
    assert {body.group_key for body in ceremony.confirmed.values()} == {certificate.statement.group_key}
    assert ceremony.takeover.everywhere(KeygenActivate(certificate)) == {SIGNED}
    assert ceremony.active() == set(SIGNERS)
    before = ceremony.takeover.records()
    assert ceremony.takeover.everywhere(KeygenActivate(certificate)) == {SIGNED}
    assert ceremony.takeover.records() == before


def test_active_key_is_the_only_one_of_its_vault_and_epoch(ceremony: Ceremony) -> None:
    takeover = ceremony.takeover
    certificate = ceremony.until_certificate()
    second = Ceremony(takeover, attempt=b"second")
    second.begin()
    second.exchange()
    assert takeover.everywhere(KeygenActivate(certificate)) == {SIGNED}
    for signer in SIGNERS:
        assert (
            takeover.ask(signer, KeygenFinish(second.session, tuple(second.packages[signer]))) == "key.already_active"
        )
    assert takeover.everywhere(Ceremony(takeover, attempt=b"third").start) == {"key.already_active"}
    assert takeover.everywhere(KeygenTestBegin(ceremony.session, QUORUM, b"late")) == {"key.already_active"}


def test_refusal_that_names_a_vault_is_one_printable_line(takeover: Takeover) -> None:
    ceremony = Ceremony(takeover, vault="cold\x1b[2J\nwarm")
    assert takeover.everywhere(KeygenActivate(ceremony.until_certificate())) == {SIGNED}
    with pytest.raises(SignerRefused) as refused:
        takeover.plane.signer("bern").call(Ceremony(takeover, vault=ceremony.vault, attempt=b"again").start)
    assert refused.value.refusal.code == "key.already_active"
    assert refused.value.refusal.message.isprintable()


def test_two_certificates_cannot_split_the_committee(ceremony: Ceremony) -> None:
    # A relay with two whole ceremonies would bring one key into use here and the other one there.
    takeover, second = ceremony.takeover, Ceremony(ceremony.takeover, attempt=b"second")
    first, later = ceremony.until_certificate(), second.until_certificate()
    assert takeover.everywhere(KeygenActivate(first)) == {"key.pending"}
    assert takeover.everywhere(KeygenActivate(later)) == {SIGNED}
    assert takeover.everywhere(KeygenActivate(first)) == {"key.pending"}


def test_two_ceremonies_for_one_vault_are_not_open_at_once(ceremony: Ceremony) -> None:
    ceremony.begin()
    later = Ceremony(ceremony.takeover, attempt=b"later")
    later.begin()
    exchange = KeygenExchange(ceremony.session, ceremony.broadcasts)
    assert ceremony.takeover.everywhere(exchange) == {"signer.session_unknown"}
    later.exchange()
    later.finish()
    assert ceremony.takeover.everywhere(KeygenActivate(later.certificate())) == {SIGNED}


def test_pending_key_signs_no_payment(ceremony: Ceremony) -> None:
    ceremony.until_certificate()
    movement = ceremony.takeover.house_payment(1_000_000, vault=ceremony.vault)
    assert ceremony.takeover.verdicts(movement) == {"key.epoch_unknown"}


# The officers' order


@pytest.mark.parametrize("officers", [0, 1, 2])
def test_ceremony_takes_a_quorum_of_officers(shared: Takeover, officers: int) -> None:
    assert shared.everywhere(Ceremony(shared, officers=officers).start) == {"approval.quorum_not_reached"}


def test_order_is_this_genesiss(shared: Takeover) -> None:
    start = Ceremony(shared).start
    for order in (
        dataclasses.replace(start.order, genesis=bytes(32)),
        dataclasses.replace(start.order, network="main"),
    ):
        approvals = tuple(shared.world.deployment.approve(person, order.digest()) for person in PERSONS[:3])
        assert shared.everywhere(KeygenBegin(order, approvals, b"")) == {"signer.genesis_mismatch"}


def test_order_that_was_not_approved_is_refused(shared: Takeover) -> None:
    start = Ceremony(shared).start
    larger = dataclasses.replace(start.order, vault="cold")
    assert shared.everywhere(dataclasses.replace(start, order=larger)) == {"assertion.of_another"}


def test_whoever_is_no_member_takes_no_part(shared: Takeover) -> None:
    order = dataclasses.replace(Ceremony(shared).order, members=SIGNERS[:3], threshold=2)
    approvals = tuple(shared.world.deployment.approve(person, order.digest()) for person in PERSONS[:3])
    for signer in SIGNERS[3:]:
        assert shared.ask(signer, KeygenBegin(order, approvals, b"")) == "signer.quorum_invalid"


# Dropped, repeated, swapped and forged letters


def bad_broadcasts(ceremony: Ceremony) -> dict[str, tuple[Letters, str]]:
    """Round 1's letters, bent."""
    first, *others = ceremony.broadcasts
    earlier = Ceremony(ceremony.takeover, vault="cold")
    earlier.begin()
    return {
        "one dropped": (tuple(others), "signer.quorum_invalid"),
        "one twice": ((first, first, *others), "signer.quorum_invalid"),
        "one instead of another": ((others[0], *others), "signer.quorum_invalid"),
        "of an earlier ceremony": ((earlier.broadcasts[0], *others), "envelope.misdirected"),
        "of another round": (
            (forged(first, ceremony, SIGNERS[0], round=ROUND_PACKAGE), *others),
            "envelope.misdirected",
        ),
        "of another epoch": ((forged(first, ceremony, SIGNERS[0], epoch=2), *others), "envelope.misdirected"),
        "signed by another": ((forged(first, ceremony, SIGNERS[1]), *others), "envelope.forged"),
        "of a stranger": ((forged(first, ceremony, SIGNERS[0], sender="mallory"), *others), "signer.quorum_invalid"),
    }


def test_bad_broadcasts_are_refused_and_good_ones_go_on(ceremony: Ceremony) -> None:
    ceremony.begin()
    for name, (letters, code) in bad_broadcasts(ceremony).items():
        assert ceremony.takeover.everywhere(KeygenExchange(ceremony.session, letters)) == {code}, name
    ceremony.exchange()
    ceremony.finish()
    assert len({body.group_key for body in ceremony.confirmed.values()}) == 1


def bad_packages(ceremony: Ceremony, signer: str) -> dict[str, tuple[Letters, set[str]]]:
    """Round 2's letters for one member, bent."""
    first, *others = ceremony.packages[signer]
    sender = first.letter.header.sender
    elsewhere = next(name for name in SIGNERS if name not in (signer, sender))
    for_another = next(each for each in ceremony.packages[elsewhere] if each.letter.header.sender == sender)
    readdressed = forged(for_another, ceremony, sender, recipient=signer)
    other_transcript = Sealed(bytes(32), Sealed.decoded(first.letter.body).ciphertext).encoded()
    key = ceremony.takeover.world.signers[sender].home.keys.signing
    return {
        "one dropped": (tuple(others), {"keys.parameters_invalid"}),
        "none": ((), {"keys.parameters_invalid"}),
        "one twice": ((first, first, *others), {"signer.quorum_invalid"}),
        "for another": ((for_another, *others), {"envelope.misdirected"}),
        "sealed for another": ((readdressed, *others), {"key.sealed_for_another"}),
        "signed by another": ((forged(first, ceremony, elsewhere), *others), {"envelope.forged"}),
        "of another transcript": (
            (seal_envelope(first.letter.header, other_transcript, key), *others),
            {"key.transcript_differs"},
        ),
        "of nothing": ((seal_envelope(first.letter.header, b"", key), *others), {"encoding.malformed"}),
    }


def test_bad_packages_end_the_ceremony_and_a_new_one_works(takeover: Takeover) -> None:
    first = Ceremony(takeover, attempt=b"first")
    first.begin()
    first.exchange()
    for number, name in enumerate(bad_packages(first, "bern")):
        ceremony = Ceremony(takeover, attempt=bytes([number]))
        ceremony.begin()
        ceremony.exchange()
        letters, codes = bad_packages(ceremony, "bern")[name]
        assert takeover.ask("bern", KeygenFinish(ceremony.session, letters)) in codes, name
        # The member's secrets of that ceremony are gone, so nothing can be tried on it a second time.
        honest = KeygenFinish(ceremony.session, tuple(ceremony.packages["bern"]))
        assert takeover.ask("bern", honest) == "signer.session_unknown", name
    again = Ceremony(takeover, attempt=b"again")
    assert takeover.everywhere(KeygenActivate(again.until_certificate())) == {SIGNED}


def test_two_faced_broadcast_gives_no_key(ceremony: Ceremony) -> None:
    # One member, with the relay's help, shows one half of the committee another polynomial than the other half.
    takeover = ceremony.takeover
    ceremony.begin()
    (second_face,) = ceremony.call(SIGNERS[0], ceremony.start)
    other = (second_face, *ceremony.broadcasts[1:])
    packages: dict[str, list[Envelope]] = {signer: [] for signer in SIGNERS}
    for signer in SIGNERS:
        shown = other if signer in (SIGNERS[0], SIGNERS[1]) else ceremony.broadcasts
        for letter in ceremony.call(signer, KeygenExchange(ceremony.session, shown)):
            packages[letter.letter.header.recipient].append(letter)
    finishes = {signer: KeygenFinish(ceremony.session, tuple(packages[signer])) for signer in SIGNERS}
    assert {takeover.ask(signer, finish) for signer, finish in finishes.items()} == {"key.transcript_differs"}
    assert takeover.everywhere(KeygenTestBegin(ceremony.session, QUORUM, b"")) == {"signer.session_unknown"}


def test_second_exchange_does_not_replace_what_the_first_was_made_of(ceremony: Ceremony) -> None:
    ceremony.begin()
    ceremony.exchange()
    first = ceremony.broadcasts
    later = Ceremony(ceremony.takeover, vault="cold")
    later.begin()
    key = ceremony.takeover.world.signers[SIGNERS[1]].home.keys.signing
    other = seal_envelope(first[1].letter.header, later.broadcasts[1].letter.body, key)
    bent = KeygenExchange(ceremony.session, (first[0], other, *first[2:]))
    assert ceremony.takeover.ask("bern", bent) == "keys.secret_already_consumed"
    ceremony.finish()
    assert len({body.transcript for body in ceremony.confirmed.values()}) == 1


def test_rounds_come_in_their_order(ceremony: Ceremony) -> None:
    takeover = ceremony.takeover
    assert takeover.everywhere(KeygenExchange(ceremony.session, ())) == {"signer.session_unknown"}
    assert takeover.everywhere(KeygenFinish(ceremony.session, ())) == {"signer.session_unknown"}
    ceremony.begin()
    assert takeover.everywhere(KeygenFinish(ceremony.session, ())) == {"signer.session_unknown"}
    assert takeover.everywhere(KeygenTestBegin(ceremony.session, QUORUM, b"")) == {"signer.session_unknown"}


def test_ceremony_does_not_outlive_a_restart(ceremony: Ceremony) -> None:
    ceremony.begin()
    ceremony.exchange()
    ceremony.takeover.restart("bern")
    finish = KeygenFinish(ceremony.session, tuple(ceremony.packages["bern"]))
    assert ceremony.takeover.ask("bern", finish) == "signer.session_unknown"


def test_test_signature_takes_distinct_members(ceremony: Ceremony) -> None:
    ceremony.begin()
    ceremony.exchange()
    ceremony.finish()
    for quorum in (QUORUM[:2], ("bern", "bern", "geneva"), ("bern", "geneva", "mallory"), SIGNERS):
        request = KeygenTestBegin(ceremony.session, quorum, b"")
        assert ceremony.takeover.everywhere(request) == {"signer.quorum_invalid"}
    others = KeygenTestBegin(ceremony.session, SIGNERS[1:4], b"")
    assert ceremony.takeover.ask(SIGNERS[0], others) == "signer.quorum_invalid"


# The certificate

Bend = Callable[[KeyCertificate], KeyCertificate]


def _forge_confirmation(certificate: KeyCertificate) -> KeyCertificate:
    first, *others = certificate.confirmations
    return dataclasses.replace(certificate, confirmations=(Confirmation(first.signer, bytes(64)), *others))


def _swap_confirmations(certificate: KeyCertificate) -> KeyCertificate:
    first, second, *others = certificate.confirmations
    swapped = (Confirmation(first.signer, second.signature), Confirmation(second.signer, first.signature), *others)
    return dataclasses.replace(certificate, confirmations=swapped)


CERTIFICATES: dict[str, tuple[Bend, str]] = {
    "a confirmation missing": (
        lambda whole: dataclasses.replace(whole, confirmations=whole.confirmations[1:]),
        "key.certificate_invalid",
    ),
    "a confirmation twice": (
        lambda whole: dataclasses.replace(whole, confirmations=(whole.confirmations[1], *whole.confirmations[1:])),
        "key.certificate_invalid",
    ),
    "a confirmation forged": (_forge_confirmation, "key.certificate_invalid"),
    "two confirmations swapped": (_swap_confirmations, "key.certificate_invalid"),
    "no test signature": (lambda whole: dataclasses.replace(whole, test_signatures=()), "key.certificate_invalid"),
    "a forged test signature": (
        lambda whole: dataclasses.replace(whole, test_signatures=(*whole.test_signatures, bytes(64))),
        "keys.signature_invalid",
    ),
    "another statement": (
        lambda whole: dataclasses.replace(whole, statement=dataclasses.replace(whole.statement, transcript=bytes(32))),
        "key.certificate_invalid",
    ),
    "another order": (
        lambda whole: dataclasses.replace(whole, order=dataclasses.replace(whole.order, vault="cold")),
        "key.certificate_invalid",
    ),
}


def test_certificate_must_be_whole(ceremony: Ceremony) -> None:
    certificate = ceremony.until_certificate()
    for name, (bend, code) in CERTIFICATES.items():
        assert ceremony.takeover.everywhere(KeygenActivate(bend(certificate))) == {code}, name
    assert ceremony.active() == set()
    assert ceremony.takeover.everywhere(KeygenActivate(certificate)) == {SIGNED}


def test_test_signature_of_another_key_is_refused(ceremony: Ceremony) -> None:
    other = Ceremony(ceremony.takeover, vault="cold").until_certificate()
    certificate = ceremony.until_certificate()
    bent = dataclasses.replace(certificate, test_signatures=other.test_signatures)
    assert ceremony.takeover.everywhere(KeygenActivate(bent)) == {"keys.signature_invalid"}


def test_certificate_of_a_key_that_is_not_pending_here_is_refused(ceremony: Ceremony) -> None:
    takeover = ceremony.takeover
    certificate = ceremony.until_certificate()
    statement = dataclasses.replace(certificate.statement, transcript=bytes(32))
    # All members of the committee lying together: still no key that this signer never had.
    confirmations = tuple(
        Confirmation(name, takeover.world.signers[name].home.keys.signing.sign(statement.encoded())) for name in SIGNERS
    )
    bent = dataclasses.replace(certificate, statement=statement, confirmations=confirmations)
    assert takeover.everywhere(KeygenActivate(bent)) == {"key.pending"}


# The relay of our own, when the wires fail


class Failing:
    """A wire that carries a number of requests and then fails once, before or after the signer acted."""

    def __init__(self, inner: SignerTransport, countdown: list[int], *, acted: bool) -> None:
        self._inner = inner
        self._countdown = countdown
        self._acted = acted

    def call(self, request: bytes) -> bytes:
        """Carry, or fail."""
        self._countdown[0] -= 1
        if self._countdown[0] != 0:
            return self._inner.call(request)
        if self._acted:
            self._inner.call(request)
        raise SignerUnavailable("the wire broke")


ROUNDS = {"begin": 3, "exchange": 8, "finish": 15, "test shares": 20, "activation": 28, "last": 32}
"""Which request of a ceremony of five breaks: 5 begin, 5 exchange, 5 finish, 12 test and 5 activate."""


@pytest.mark.parametrize("acted", [False, True], ids=["request lost", "answer lost"])
@pytest.mark.parametrize("number", ROUNDS.values(), ids=ROUNDS)
def test_broken_ceremony_is_run_again_or_finished(ceremony: Ceremony, number: int, acted: bool) -> None:
    takeover, plane = ceremony.takeover, ceremony.takeover.plane
    approvals = ceremony.start.approvals
    countdown = [number]
    broken = {name: Failing(wire, countdown, acted=acted) for name, wire in plane.transports.items()}
    with pytest.raises(CeremonyFailed, match="the wire broke"):
        generate_key(dataclasses.replace(plane, transports=broken), ceremony.order, approvals)
    activated = max(0, number - 27 - (not acted))
    assert ceremony.active() == set(SIGNERS[:activated])
    certificate = generate_key(plane, ceremony.order, approvals)
    assert ceremony.active() == set(SIGNERS)
    assert generate_key(plane, ceremony.order, approvals) == certificate
    assert takeover.everywhere(KeygenActivate(certificate)) == {SIGNED}


def test_vault_has_one_order(ceremony: Ceremony) -> None:
    generate_key(ceremony.takeover.plane, ceremony.order, ceremony.start.approvals)
    order = dataclasses.replace(ceremony.order, committee_epoch=2)
    approvals = tuple(ceremony.takeover.world.deployment.approve(person, order.digest()) for person in PERSONS[:3])
    with pytest.raises(VaultExists):
        generate_key(ceremony.takeover.plane, order, approvals)
