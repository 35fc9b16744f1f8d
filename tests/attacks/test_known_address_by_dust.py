"""A stranger's address made to look known: by a session that is never finished, or by a payment of next to nothing.

Promise: what a signer's page says of an address and of earlier payouts is about what that signer released shares for.
"""

from holdfast.custody import Movement
from page_rig import Page, text_of
from signer_rig import SIGNED, Takeover
from world import bitcoin_address

STRANGER = bitcoin_address(666)


def shown(takeover: Takeover, movement: Movement) -> str:
    """What bern's page says of a movement."""
    return text_of(Page(takeover.world, "bern").get(f"/intents/{movement.intent.digest().hex()}"))


def large(takeover: Takeover) -> Movement:
    """A large payment to a stranger, on every page."""
    return takeover.proposed(takeover.customer_payment(takeover.world.order("w1", 20_000_000, STRANGER), persons=0))


def test_a_session_that_is_never_finished_makes_nothing_known(takeover: Takeover) -> None:
    movement = large(takeover)
    assert takeover.begin(takeover.house_payment(1_000, STRANGER, coin=1)).refusals == {}
    text = shown(takeover, movement)
    assert "first time" in text
    assert "has let no payout of this vault through" in text


def test_a_dust_payment_makes_an_address_no_known_one(takeover: Takeover) -> None:
    movement = large(takeover)
    assert takeover.sign(takeover.house_payment(1_000, STRANGER, coin=1)) == {SIGNED}
    text = shown(takeover, movement)
    assert "first time" not in text
    assert "only 0.00001 BTC so far" in text
    assert "let 1 payout of this vault through" in text


def test_an_address_that_was_paid_as_much_is_known(takeover: Takeover) -> None:
    assert takeover.sign(takeover.house_payment(2_000_000, STRANGER, coin=1)) == {SIGNED}
    text = shown(takeover, large(takeover))
    assert "first time" not in text
    assert "so far" not in text


def test_what_is_signed_again_counts_once(takeover: Takeover) -> None:
    dust = takeover.house_payment(1_000, STRANGER, coin=1)
    for attempt in (b"first", b"second"):
        takeover.world.clock.advance(1)
        assert takeover.sign(dust, attempt=attempt) == {SIGNED}
    assert "let 1 payout of this vault through" in shown(takeover, large(takeover))
