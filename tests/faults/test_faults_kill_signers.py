"""SIGKILL of a signer after every write inside signing and key generation: nothing lost, nothing twice.

As with the control plane, each signer dies after the first write that it has not died after yet, until it lives.
"""

from dataclasses import replace

import pytest

from faults.children import AMOUNT_SAT, ask, confirm
from faults.exchange import APART_S, Exchange
from faults.processes import Fate, Point
from holdfast.custody import (
    CeremonyFailed,
    ControlPlane,
    QuorumUnavailable,
    broadcast_payout,
    claim_payout,
    generate_key,
    sign_payout,
)
from holdfast.demo.deployment import PERSONS, SIGNERS, THRESHOLD
from world import NOW_S


def settle(plane: ControlPlane, intent: bytes) -> None:
    """The steps of settlement, without the scheduler."""
    fence = claim_payout(plane, intent)
    sign_payout(plane, intent, fence)
    broadcast_payout(plane, intent, fence)


@pytest.mark.parametrize("name", SIGNERS)
def test_a_signer_killed_after_any_write_of_signing_pays_exactly_once(exchange: Exchange, name: str) -> None:
    past: set[Point] = set()
    # Exactly a quorum, so that the one that dies is missed.
    others = [other for other in SIGNERS if other != name][: THRESHOLD - 1]
    plane = replace(exchange.plane, transports={each: exchange.plane.transports[each] for each in (name, *others)})
    while True:
        reference, signer = f"w{len(past)}", exchange.restart(name, Fate(frozenset(past)))
        exchange.clock.set(NOW_S + len(past) * APART_S)
        intent = ask(plane, exchange.deployment, reference)
        try:
            settle(plane, intent)
            died = None
        except QuorumUnavailable:
            assert signer.was_killed()
            died = signer.last_told()
            exchange.restart(name, None)
            settle(plane, intent)
        confirm(plane, exchange.deployment, reference)
        exchange.auditor.require_settled([(reference, AMOUNT_SAT)])
        if died is None:
            break
        past.add(died)
    exchange.auditor.require_sound()
    # Before and after the commit of each round.
    assert {Point("INSERT INTO nonces", 1), Point("INSERT INTO nonce_uses", 1)} <= past
    assert Point("COMMIT after INSERT INTO nonce_uses", 1) in past


@pytest.mark.parametrize("name", SIGNERS)
def test_a_signer_killed_after_any_write_of_a_key_ceremony_ends_with_one_key(exchange: Exchange, name: str) -> None:
    past: set[Point] = set()
    while True:
        vault, signer = f"cold-{len(past)}", exchange.restart(name, Fate(frozenset(past)))
        order = replace(exchange.deployment.key_order(), vault=vault)
        approvals = tuple(exchange.deployment.approve(person, order.digest()) for person in PERSONS[:THRESHOLD])
        try:
            generate_key(exchange.plane, order, approvals)
            died = None
        except CeremonyFailed:
            assert signer.was_killed()
            died = signer.last_told()
            exchange.restart(name, None)
            generate_key(exchange.plane, order, approvals)
        exchange.auditor.require_one_key(vault)
        if died is None:
            break
        past.add(died)
    exchange.auditor.require_sound()
    assert {"INSERT INTO keys", "INSERT INTO nonces", "INSERT INTO nonce_uses", "INSERT INTO certificates"} <= {
        point.write for point in past
    }
