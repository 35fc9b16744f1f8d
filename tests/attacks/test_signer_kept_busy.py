"""Requests that keep a signer's one lock for seconds, so that no officer can freeze meanwhile.

Promise: what one request or one look at a page costs a signer is bounded by a few hundred comparisons and signatures,
whatever a control plane in the wrong hands proposes and whoever looks.
"""

import dataclasses

import pytest

from holdfast.amounts import Amount
from holdfast.authority import Payment
from holdfast.chains.bitcoin import Output
from holdfast.signer import IntentProposal
from page_rig import Page
from signer_rig import SIGNED, Takeover
from world import bitcoin_address

OUTPUTS = 40_000


def with_outputs(raw: bytes, count: int) -> bytes:
    """A transaction of one input with so many outputs of nothing in place of its own."""
    inputs = 4 + 1 + 36 + 1 + 4
    return raw[:inputs] + b"\xfd" + count.to_bytes(2, "little") + bytes(9) * count + bytes(4)


def test_outputs_beyond_number_are_compared_with_nothing(takeover: Takeover, monkeypatch: pytest.MonkeyPatch) -> None:
    movement = takeover.house_payment(1_000_000)
    asked = takeover.request("lugano", movement)
    payments = tuple(Payment(Amount("BTC", 1 + tag), bitcoin_address(tag), None) for tag in range(500))
    flood = dataclasses.replace(
        IntentProposal.of(asked),
        intent=dataclasses.replace(movement.intent, payments=payments),
        transaction=with_outputs(asked.transaction, OUTPUTS),
    )

    def compared(_self: Output, _other: object) -> bool:
        raise AssertionError("an output was compared")

    monkeypatch.setattr(Output, "__eq__", compared)
    assert takeover.ask("lugano", flood) == "transaction.output_unexpected"


def test_an_order_over_and_over_is_not_shown(takeover: Takeover) -> None:
    movement = takeover.customer_payment(takeover.world.order("w1", 20_000_000), persons=0)
    proposal = IntentProposal.of(takeover.request("lugano", movement))
    flood = dataclasses.replace(proposal, orders=proposal.orders * 1_000)
    assert takeover.ask("lugano", flood) == "order.mismatch"
    assert takeover.ask("lugano", proposal) == SIGNED


def test_whoever_looks_has_no_signature_verified(takeover: Takeover, monkeypatch: pytest.MonkeyPatch) -> None:
    movement = takeover.customer_payment(takeover.world.order("w1", 20_000_000), persons=0)
    takeover.proposed(movement)
    with monkeypatch.context() as patch:
        patch.setattr("holdfast.signer.checks.verify_order", None)
        patch.setattr("holdfast.signer.checks.verify_inclusion", None)
        answer = Page(takeover.world).get(f"/intents/{movement.intent.digest().hex()}")
    assert (answer.status_code, 'id="approve"' in answer.text) == (200, True)


def test_what_can_turn_is_looked_at_all_the_same(takeover: Takeover) -> None:
    world = takeover.world
    signed = world.order("w1", 20_000_000)
    world.clock.advance(3_600)
    movement = takeover.customer_payment(signed, persons=0)
    takeover.proposed(movement)
    world.clock.advance(signed.order.expires_at_s - world.clock.now_s())
    answer = Page(world).get(f"/intents/{movement.intent.digest().hex()}")
    assert 'id="approve"' not in answer.text
    assert "order.expired" in answer.text
