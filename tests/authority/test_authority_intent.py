"""Intents, orders and standing orders: what they refuse to be, and when they end."""

import dataclasses

import pytest

from authority_rig import (
    CUSTOMER_ORIGIN,
    DESTINATION,
    NOW_S,
    OTHER_DESTINATION,
    Venue,
    btc,
    intent,
    order,
    signed_order,
)
from holdfast.amounts import Amount, AmountNotPositive
from holdfast.authority import (
    AssertionSignatureInvalid,
    AssertionWrongOrigin,
    AuthorityMalformed,
    ConflictKeyMissing,
    IntentExpired,
    OrderExpired,
    OrderMismatch,
    Payment,
    RelyingParty,
    StandingOrder,
    StandingOrderExceeded,
    outpoint_conflict_key,
    require_order_settles,
    require_within,
    verify_order,
)
from holdfast.demo.authenticator import SoftwareAuthenticator

CUSTOMER_PAGES = RelyingParty("exchange.example", (CUSTOMER_ORIGIN,))


def test_an_intent_adds_up_its_payments() -> None:
    two = intent(Payment(btc("0.5"), DESTINATION, None), Payment(btc("0.25"), OTHER_DESTINATION, None))
    assert (two.asset, two.total()) == ("BTC", btc("0.75"))


def test_an_intent_ends_at_its_second() -> None:
    lasting = intent(expires_at_s=NOW_S)
    lasting.require_unexpired(NOW_S - 1)
    for now_s in (NOW_S, NOW_S + 1):
        with pytest.raises(IntentExpired):
            lasting.require_unexpired(now_s)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "outpoint:",
        f"outpoint:{'11' * 32}",
        f"outpoint:{'11' * 31}:0",
        f"outpoint:{'AA' * 32}:0",
        f"outpoint:{'11' * 32}:00",
        f"outpoint:{'11' * 32}:01",
        f"outpoint:{'11' * 32}:-1",
        f"outpoint:{'11' * 32}:0\n",
        f" outpoint:{'11' * 32}:0",
        f"outpoint:{'11' * 32}:0;outpoint:{'22' * 32}:0",
        "nonce:ethereum:0xab:01",
        "nonce:ethereum:0xAB:1",
        "nonce:ethereum::1",
        "nonce:ethereum:0xab:",
    ],
)
def test_a_conflict_key_has_one_form_and_one_spelling(key: str) -> None:
    with pytest.raises(ConflictKeyMissing):
        intent(conflict_key=key)


def test_conflict_keys_of_both_kinds() -> None:
    assert intent(conflict_key=outpoint_conflict_key("ab" * 32, 4_294_967_295))
    assert intent(conflict_key="nonce:ethereum:0x00000000219ab540356cbb839cbe05303d7705fa:0")


def test_an_intent_has_1_to_500_payments_of_one_asset() -> None:
    payment = Payment(btc("0.1"), DESTINATION, None)
    assert len(intent(*[payment] * 500).payments) == 500
    with pytest.raises(AuthorityMalformed):
        intent(*[payment] * 501)
    with pytest.raises(AuthorityMalformed):
        dataclasses.replace(intent(), payments=())
    with pytest.raises(AuthorityMalformed, match="one asset"):
        intent(payment, Payment(Amount("ETH", 1), DESTINATION, None))


def test_no_two_payments_settle_one_order() -> None:
    payment = Payment(btc("0.1"), DESTINATION, bytes(32))
    assert intent(payment, dataclasses.replace(payment, order=b"\x01" * 32))
    with pytest.raises(AuthorityMalformed, match="same order"):
        intent(payment, payment)


def test_a_payment_moves_something_somewhere() -> None:
    with pytest.raises(AmountNotPositive):
        Payment(btc("0"), DESTINATION, None)
    for destination in ("", "x" * 129, "bcrt1é"):
        with pytest.raises(AuthorityMalformed):
            Payment(btc("0.1"), destination, None)
    for digest in (b"", bytes(31), bytes(33)):
        with pytest.raises(AuthorityMalformed):
            Payment(btc("0.1"), DESTINATION, digest)


def test_a_customer_s_own_order(house: Venue) -> None:
    signed = signed_order(house, order())
    verify_order(signed, house.customer.credential, CUSTOMER_PAGES, "test venue", NOW_S)
    require_order_settles(Payment(btc("0.5"), DESTINATION, order().digest()), order())


def test_an_order_ends_and_is_for_one_venue(house: Venue) -> None:
    signed, credential = signed_order(house, order()), house.customer.credential
    verify_order(signed, credential, CUSTOMER_PAGES, "test venue", order().expires_at_s - 1)
    with pytest.raises(OrderExpired):
        verify_order(signed, credential, CUSTOMER_PAGES, "test venue", order().expires_at_s)
    with pytest.raises(OrderMismatch):
        verify_order(signed, credential, CUSTOMER_PAGES, "another venue", NOW_S)


def test_an_order_is_signed_by_the_enrolled_passkey_on_the_customer_s_page(house: Venue) -> None:
    signed, ordered = signed_order(house, order()), order()
    thief = SoftwareAuthenticator("exchange.example", "thief").assertion(ordered.digest(), CUSTOMER_ORIGIN)
    posing = dataclasses.replace(thief, credential_id=signed.assertion.credential_id)
    with pytest.raises(AssertionSignatureInvalid):
        verify_order(
            dataclasses.replace(signed, assertion=posing),
            house.customer.credential,
            CUSTOMER_PAGES,
            "test venue",
            NOW_S,
        )
    phished = dataclasses.replace(
        signed, assertion=house.customer.assertion(ordered.digest(), "https://exchange.example.evil")
    )
    with pytest.raises(AssertionWrongOrigin):
        verify_order(phished, house.customer.credential, CUSTOMER_PAGES, "test venue", NOW_S)


@pytest.mark.parametrize(
    "payment",
    [
        Payment(btc("0.5"), OTHER_DESTINATION, order().digest()),
        Payment(btc("0.50000001"), DESTINATION, order().digest()),
        Payment(btc("0.5"), DESTINATION.upper(), order().digest()),
        Payment(btc("0.5"), DESTINATION, order(reference="w-2").digest()),
        Payment(btc("0.5"), DESTINATION, None),
    ],
)
def test_a_payment_settles_exactly_what_was_ordered(payment: Payment) -> None:
    with pytest.raises(OrderMismatch):
        require_order_settles(payment, order())


def test_an_order_is_for_something() -> None:
    with pytest.raises(AmountNotPositive):
        order(amount="0")


SWEEP = StandingOrder("sweep", "hot", (DESTINATION,), btc("1"), btc("2"), btc("0.01"), NOW_S, NOW_S + 86_400, 1)


def test_a_sweep_within_its_standing_order() -> None:
    require_within(SWEEP, intent(), NOW_S)
    require_within(SWEEP, intent(*[Payment(btc("1"), DESTINATION, None)] * 2), NOW_S + 86_399)


@pytest.mark.parametrize("now_s", [NOW_S - 1, NOW_S + 86_400])
def test_a_standing_order_begins_and_ends(now_s: int) -> None:
    with pytest.raises(StandingOrderExceeded, match="in force"):
        require_within(SWEEP, intent(), now_s)


@pytest.mark.parametrize(
    ("beyond", "why"),
    [
        (intent(vault="warm"), "another vault"),
        (intent(Payment(btc("0.5"), OTHER_DESTINATION, None)), "not a destination"),
        (intent(Payment(btc("1.00000001"), DESTINATION, None)), "above the standing order's cap"),
        (intent(Payment(btc("0.5"), DESTINATION, bytes(32))), "a customer's"),
        (intent(*[Payment(btc("0.9"), DESTINATION, None)] * 3), "daily caps"),
        (dataclasses.replace(intent(), maximum_fee=btc("0.011")), "daily caps"),
        (intent(Payment(Amount("ETH", 1), DESTINATION, None)), "another vault or asset"),
    ],
)
def test_a_movement_beyond_its_standing_order(beyond: object, why: str) -> None:
    with pytest.raises(StandingOrderExceeded, match=why):
        require_within(SWEEP, beyond, NOW_S)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"purpose": "payout"},
        {"destinations": ()},
        {"destinations": (DESTINATION,) * 101},
        {"expires_at_s": NOW_S},
        {"daily_cap": Amount("ETH", 1)},
    ],
)
def test_a_standing_order_that_bounds_nothing_cannot_be(change: dict[str, object]) -> None:
    with pytest.raises(AuthorityMalformed):
        dataclasses.replace(SWEEP, **change)  # type: ignore[arg-type]
