"""Each signer counts for itself: its share of the vault's cap over a sliding window, however it is asked."""

from holdfast.custody import Movement
from holdfast.demo.deployment import SIGNERS
from signer_rig import FEE_SAT, QUORUM, SHARE_SAT, SIGNED, UNSIGNED_SHARE_SAT, WINDOW_S, Takeover, quorum_with


def ordered(takeover: Takeover, reference: str, out_sat: int, coin: int = 0) -> Movement:
    """A customer's payment by which so much can leave at most, the maximum fee included."""
    return takeover.customer_payment(takeover.world.order(reference, out_sat - FEE_SAT), coin=coin)


def test_exactly_the_share_is_signed_and_a_satoshi_more_is_not(takeover: Takeover) -> None:
    above = takeover.proposed(ordered(takeover, "above", SHARE_SAT + 1))
    before = takeover.records()
    assert takeover.verdicts(above) == {"cap.exceeded"}
    assert takeover.records() == before
    assert takeover.verdicts(ordered(takeover, "at", SHARE_SAT)) == {SIGNED}


def test_sum_over_the_window_counts(takeover: Takeover) -> None:
    assert takeover.verdicts(ordered(takeover, "first", SHARE_SAT - 10_000_000)) == {SIGNED}
    assert takeover.verdicts(ordered(takeover, "above", 10_000_001, coin=1)) == {"cap.exceeded"}
    assert takeover.verdicts(ordered(takeover, "rest", 10_000_000, coin=2)) == {SIGNED}
    assert takeover.verdicts(ordered(takeover, "nothing left", FEE_SAT + 1_000, coin=3)) == {"cap.exceeded"}


def test_window_slides(takeover: Takeover) -> None:
    assert takeover.verdicts(ordered(takeover, "first", SHARE_SAT)) == {SIGNED}
    takeover.world.clock.advance(WINDOW_S - 1)
    assert takeover.verdicts(ordered(takeover, "too soon", 10_000_000, coin=1)) == {"cap.exceeded"}
    takeover.world.clock.advance(1)
    assert takeover.verdicts(ordered(takeover, "next day", SHARE_SAT, coin=2)) == {SIGNED}


def test_intent_counts_once_over_attempts_and_bumps(takeover: Takeover) -> None:
    movement = ordered(takeover, "once", SHARE_SAT)
    for attempt in (b"first", b"second", b"third"):
        takeover.world.clock.advance(1)
        assert takeover.sign(movement, attempt=attempt) == {SIGNED}
    takeover.world.clock.advance(1)
    assert takeover.verdicts(movement, attempt=b"fourth") == {SIGNED}


def test_refused_movement_does_not_count(takeover: Takeover) -> None:
    movement = ordered(takeover, "refused", SHARE_SAT)
    assert takeover.verdicts(movement, attestation=None) == {"attestation.missing"}
    assert takeover.verdicts(ordered(takeover, "signed", SHARE_SAT, coin=1)) == {SIGNED}


def test_begun_in_one_window_and_finished_in_the_next_counts_in_both(takeover: Takeover) -> None:
    # A relay that holds round 2 back until the window has slid, and then begins as much again, would move it twice.
    opened = takeover.begin(ordered(takeover, "held back", SHARE_SAT))
    takeover.world.clock.advance(WINDOW_S - 1)
    assert takeover.finish(opened) == {SIGNED}
    takeover.world.clock.advance(1)
    second = ordered(takeover, "again", SHARE_SAT, coin=1)
    assert set(takeover.begin(second).refusals) == set(QUORUM)
    takeover.world.clock.advance(WINDOW_S - 1)
    assert takeover.sign(ordered(takeover, "later", SHARE_SAT, coin=2)) == {SIGNED}


def test_what_took_the_place_of_a_held_movement_keeps_it(takeover: Takeover) -> None:
    opened = takeover.begin(ordered(takeover, "held back", SHARE_SAT))
    takeover.world.clock.advance(WINDOW_S)
    assert takeover.sign(ordered(takeover, "instead", SHARE_SAT, coin=1)) == {SIGNED}
    assert takeover.finish(opened) == {"cap.exceeded"}


def test_window_of_each_signer_is_its_own(takeover: Takeover) -> None:
    spent, fresh = QUORUM, SIGNERS[3:]
    assert takeover.sign(ordered(takeover, "first", SHARE_SAT), spent) == {SIGNED}
    movement = ordered(takeover, "second", SHARE_SAT, coin=1)
    for signer in spent:
        assert takeover.ask(signer, takeover.request(signer, movement)) == "cap.exceeded"
    for signer in fresh:
        assert takeover.ask(signer, takeover.request(signer, movement, quorum=quorum_with(signer))) == SIGNED


def test_counts_survive_a_restart(takeover: Takeover) -> None:
    assert takeover.verdicts(ordered(takeover, "first", SHARE_SAT)) == {SIGNED}
    for signer in SIGNERS:
        takeover.restart(signer)
    assert takeover.verdicts(ordered(takeover, "second", FEE_SAT + 1_000, coin=1)) == {"cap.exceeded"}


def test_payments_without_orders_have_a_lower_cap(takeover: Takeover) -> None:
    half = UNSIGNED_SHARE_SAT // 2
    assert takeover.verdicts(takeover.house_payment(half)) == {SIGNED}
    assert takeover.verdicts(takeover.house_payment(half + 1, coin=1)) == {"cap.unsigned_exceeded"}
    assert takeover.verdicts(takeover.house_payment(half, coin=2)) == {SIGNED}
    assert takeover.verdicts(takeover.house_payment(1_000, coin=3)) == {"cap.unsigned_exceeded"}
    # Customers' own orders are not held up by it.
    assert takeover.verdicts(ordered(takeover, "a customer's", 10_000_000, coin=4)) == {SIGNED}


def test_two_racing_intents_count_both(takeover: Takeover) -> None:
    first = ordered(takeover, "first", SHARE_SAT // 2 + 1)
    second = ordered(takeover, "second", SHARE_SAT // 2 + 1, coin=1)
    opened = takeover.begin(first)
    assert set(takeover.begin(second).refusals.values()) == {"cap.exceeded"}
    assert takeover.finish(opened) == {SIGNED}
