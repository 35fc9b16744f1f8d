"""Two certificates of one order, one brought into use here and the other there: neither key would have a quorum.

A relay that runs a ceremony twice holds two valid certificates. Refresh and generation must be atomic over the
committee (the coins would be stranded otherwise), so a signer lets a later ceremony take an earlier one's place.
"""

import os

from holdfast.authority import KeyCertificate, KeyOrder
from holdfast.custody.ceremonies import _certify
from holdfast.demo.deployment import ASSET, NETWORK, PERSONS, SIGNERS, THRESHOLD
from holdfast.signer import KeygenActivate, KeygenBegin
from signer_rig import SIGNED, Takeover


def certified(takeover: Takeover, order: KeyOrder) -> KeyCertificate:
    approvals = tuple(takeover.world.deployment.approve(person, order.digest()) for person in PERSONS[:3])
    clients = takeover.plane.signers(order.members)
    return _certify(takeover.plane, order, KeygenBegin(order, approvals, os.urandom(16)), clients)


def test_only_the_later_certificate_can_come_into_use(takeover: Takeover) -> None:
    genesis = takeover.plane.genesis.digest()
    order = KeyOrder(genesis, "warm", ASSET, NETWORK, "secp256k1-tr", THRESHOLD, SIGNERS, 1)
    first, second = certified(takeover, order), certified(takeover, order)
    assert first.statement.group_key != second.statement.group_key
    assert takeover.everywhere(KeygenActivate(first)) == {"key.pending"}
    assert takeover.everywhere(KeygenActivate(second)) == {SIGNED}


def test_once_in_use_anywhere_no_other_can_be_made(takeover: Takeover) -> None:
    genesis = takeover.plane.genesis.digest()
    order = KeyOrder(genesis, "warm", ASSET, NETWORK, "secp256k1-tr", THRESHOLD, SIGNERS, 1)
    first = certified(takeover, order)
    assert takeover.ask("bern", KeygenActivate(first)) == SIGNED
    approvals = tuple(takeover.world.deployment.approve(person, order.digest()) for person in PERSONS[:3])
    assert takeover.ask("bern", KeygenBegin(order, approvals, b"again")) == "key.already_active"
    assert takeover.everywhere(KeygenActivate(first)) == {SIGNED}, "the others can still follow"
