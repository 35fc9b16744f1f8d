"""Bindings, sessions and nonces: what a signer promised once it keeps, whoever asks and whatever crashed."""

import dataclasses
import sqlite3

import pytest

from holdfast.authority import Envelope, Header, seal_envelope
from holdfast.custody import Movement
from holdfast.demo.deployment import SIGNERS
from holdfast.signer import ROUND_COMMIT, ROUND_SHARE, Commitments, SigningFinish
from holdfast.signer.signing import MAX_OPEN_SESSIONS
from signer_rig import QUORUM, SIGNED, Takeover, quorum_with
from world import DAY_S, NOW_S


def honest(takeover: Takeover, reference: str = "honest") -> Movement:
    """An approved movement."""
    return takeover.movement(takeover.world.approved(reference, 10_000_000))


# Bindings


def test_conflict_key_serves_one_intent_for_ever(takeover: Takeover) -> None:
    first = honest(takeover)
    assert takeover.verdicts(first) == {SIGNED}
    second = takeover.reissued(first, created_by="mallory", payments=first.intent.payments)
    assert takeover.verdicts(second) == {"intent.conflict_key_taken"}
    for signer in SIGNERS:
        takeover.restart(signer)
    takeover.world.clock.advance(DAY_S - 600)
    again = takeover.reissued(second, expires_at_s=takeover.world.clock.now_s() + 600)
    assert takeover.verdicts(again) == {"intent.conflict_key_taken"}
    fresh = takeover.attested(first.intent.digest())
    assert takeover.verdicts(first, attempt=b"again", attestation=fresh) == {SIGNED}


def test_order_is_settled_by_one_intent_for_ever(takeover: Takeover) -> None:
    signed = takeover.world.order("once", 10_000_000)
    assert takeover.verdicts(takeover.customer_payment(signed)) == {SIGNED}
    second = takeover.customer_payment(signed, coin=1)
    assert takeover.verdicts(second) == {"order.already_settled"}
    for signer in SIGNERS:
        takeover.restart(signer)
    assert takeover.verdicts(second) == {"order.already_settled"}


def test_refusal_binds_nothing(takeover: Takeover) -> None:
    signed = takeover.world.order("free", 10_000_000)
    refused, other = takeover.customer_payment(signed), takeover.customer_payment(signed, coin=1)
    assert takeover.verdicts(refused, attestation=None) == {"attestation.missing"}
    assert takeover.verdicts(other) == {SIGNED}


# Time between the rounds


def test_intent_that_expires_between_the_rounds_is_not_signed(takeover: Takeover) -> None:
    opened = takeover.begin(honest(takeover))
    takeover.world.clock.advance(DAY_S)
    assert takeover.finish(opened) == {"intent.expired"}
    takeover.world.clock.seconds -= DAY_S
    assert takeover.finish(opened) == {"signer.session_unknown"}


def test_last_second_of_an_intent_counts(takeover: Takeover) -> None:
    opened = takeover.begin(honest(takeover))
    takeover.world.clock.advance(DAY_S - 1)
    assert takeover.finish(opened) == {SIGNED}


# Sessions and nonces


def test_session_gives_one_share(takeover: Takeover) -> None:
    opened = takeover.begin(honest(takeover))
    assert takeover.finish(opened) == {SIGNED}
    before = takeover.records()
    assert takeover.finish(opened) == {"signer.session_unknown"}
    assert takeover.records() == before


def test_restart_burns_every_open_nonce(takeover: Takeover) -> None:
    movement = honest(takeover)
    opened = takeover.begin(movement)
    takeover.restart(QUORUM[0])
    assert takeover.ask(QUORUM[0], opened.finish) == "signer.session_unknown"
    assert takeover.sign(movement, attempt=b"again") == {SIGNED}


def test_session_that_was_never_begun_is_unknown(shared: Takeover) -> None:
    for session in (b"", bytes(32), bytes(5_000)):
        assert shared.everywhere(SigningFinish(session, ())) == {"signer.session_unknown"}


def test_every_commitment_that_left_is_on_record_and_none_repeats(takeover: Takeover) -> None:
    movement, left = honest(takeover), []
    for attempt in (b"first", b"second", b"second"):
        # The same session begun twice: the second commitments replace the first, which never sign.
        opened = takeover.begin(movement, attempt=attempt)
        left += [takeover.commitments(opened, signer).commitments for signer in QUORUM]
    assert takeover.finish(opened) == {SIGNED}
    assert len({commitment for commitments in left for commitment in commitments}) == 9
    for position, signer in enumerate(QUORUM):
        own = {commitment for commitments in left[position::3] for commitment in commitments}
        assert _column(takeover, signer, f"SELECT commitment FROM nonces WHERE at_s >= {NOW_S}") == own
        (used,) = _column(takeover, signer, f"SELECT commitment FROM nonce_uses WHERE at_s >= {NOW_S}")
        assert used == left[6 + position][0]


def _column(takeover: Takeover, signer: str, query: str) -> set[bytes]:
    connection = sqlite3.connect(takeover.database(signer))
    try:
        return {bytes(value) for (value,) in connection.execute(query)}
    finally:
        connection.close()


def test_commitments_of_an_earlier_attempt_do_not_finish_a_later_one(takeover: Takeover) -> None:
    movement = honest(takeover)
    first, second = takeover.begin(movement, attempt=b"first"), takeover.begin(movement, attempt=b"second")
    mixed = SigningFinish(second.session, first.finish.commitments)
    assert takeover.ask(QUORUM[0], mixed) == "envelope.misdirected"


def test_own_commitment_replaced_by_an_older_one_is_noticed(takeover: Takeover) -> None:
    movement = honest(takeover)
    older = takeover.begin(movement)
    newer = takeover.begin(movement)
    # One session begun twice: the older letter bears the right session and the right signature.
    bent = {**newer.letters, QUORUM[0]: older.letters[QUORUM[0]]}
    assert takeover.ask(QUORUM[0], dataclasses.replace(newer, letters=bent).finish) == "keys.transcript_mismatch"
    assert takeover.ask(QUORUM[0], newer.finish) == "signer.session_unknown"


def test_letters_must_be_the_quorums_own(takeover: Takeover) -> None:
    movement, key = honest(takeover), takeover.world.signers["zurich"].home.keys.signing
    opened = takeover.begin(movement)
    first, second, third = (opened.letters[name] for name in QUORUM)
    body = takeover.commitments(opened, QUORUM[1]).encoded()
    two = Commitments(takeover.commitments(opened, QUORUM[1]).commitments * 2, None).encoded()
    genuine = takeover.world.signers[QUORUM[1]].home.keys.signing
    cases: dict[str, tuple[tuple[Envelope, ...], str]] = {
        "one letter missing": ((first, second), "signer.quorum_invalid"),
        "one letter too many": ((first, second, third, third), "signer.quorum_invalid"),
        "in another order": ((first, third, second), "envelope.misdirected"),
        "one signer twice": ((first, third, third), "envelope.misdirected"),
        "signed by another": ((first, _letter(opened.session, body, key), third), "envelope.forged"),
        "of another round": (
            (first, _letter(opened.session, body, genuine, ROUND_SHARE), third),
            "envelope.misdirected",
        ),
        "of another number of inputs": ((first, _letter(opened.session, two, genuine), third), "signer.quorum_invalid"),
        "of no commitments": ((first, _letter(opened.session, b"", genuine), third), "encoding.malformed"),
    }
    for name, (letters, code) in cases.items():
        opened = takeover.begin(movement)
        assert takeover.ask(QUORUM[0], SigningFinish(opened.session, letters)) == code, name


def _letter(session: bytes, body: bytes, key: object, round_: int = ROUND_COMMIT) -> Envelope:
    return seal_envelope(Header(QUORUM[1], "*", session, round_, 1), body, key)  # type: ignore[arg-type]


def test_corrupt_member_is_named_and_gets_no_second_nonce(takeover: Takeover) -> None:
    movement = honest(takeover)
    opened = takeover.begin(movement)
    genuine = takeover.world.signers[QUORUM[1]].home.keys.signing
    nonsense = Commitments((b"\x02" * 66,), None).encoded()
    bent = {**opened.letters, QUORUM[1]: _letter(opened.session, nonsense, genuine)}
    code = takeover.ask(QUORUM[0], dataclasses.replace(opened, letters=bent).finish)
    assert code in ("keys.cheater_found", "keys.message_malformed")
    assert takeover.ask(QUORUM[0], opened.finish) == "signer.session_unknown"


def test_too_many_open_sessions_drop_the_oldest(takeover: Takeover) -> None:
    movement = honest(takeover)
    oldest = takeover.begin(movement, attempt=b"oldest")
    signer = QUORUM[0]
    for number in range(MAX_OPEN_SESSIONS):
        request = takeover.request(signer, movement, quorum=quorum_with(signer), attempt=bytes([number]))
        assert takeover.ask(signer, request) == SIGNED
    assert takeover.ask(signer, oldest.finish) == "signer.session_unknown"


def test_nonce_that_is_on_record_as_used_signs_nothing(takeover: Takeover) -> None:
    opened = takeover.begin(honest(takeover))
    connection = sqlite3.connect(takeover.database(QUORUM[0]), isolation_level=None)
    connection.execute(
        "INSERT INTO nonce_uses VALUES (?, x'00', 1)", takeover.commitments(opened, QUORUM[0]).commitments
    )
    connection.close()
    assert takeover.ask(QUORUM[0], opened.finish) == "signer.nonce_reuse"
    assert takeover.ask(QUORUM[0], opened.finish) == "signer.session_unknown"


def test_database_itself_refuses_a_second_use_of_a_nonce(takeover: Takeover) -> None:
    takeover.sign(honest(takeover))
    connection = sqlite3.connect(takeover.database(QUORUM[0]))
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        connection.execute("INSERT INTO nonce_uses SELECT commitment, x'00', 1 FROM nonce_uses")
    with pytest.raises(sqlite3.IntegrityError, match=r"signer\.nonce_unrecorded"):
        connection.execute("INSERT INTO nonce_uses VALUES (x'0102', x'00', 1)")
    connection.close()
