"""Key ceremonies, the relay's side."""

import dataclasses

import pytest

from holdfast.authority import KeyOrder
from holdfast.custody import CeremonyFailed, VaultPending, covering_quorums, deposit_address, generate_key
from holdfast.demo.deployment import PERSONS, SIGNERS
from holdfast.signer import SignerUnavailable
from holdfast.store import transaction
from world import World


def order_for(world: World, vault: str) -> KeyOrder:
    return dataclasses.replace(world.deployment.key_order(), vault=vault)


def test_a_ceremony_needs_a_way_to_every_member(world: World) -> None:
    order = order_for(world, "warm")
    approvals = tuple(world.deployment.approve(person, order.digest()) for person in PERSONS[:3])
    partial = {name: wire for name, wire in world.plane.transports.items() if name != "bern"}
    with pytest.raises(CeremonyFailed):
        generate_key(dataclasses.replace(world.plane, transports=partial), order, approvals)


def test_no_address_is_given_out_before_every_member_uses_the_key(world: World) -> None:
    class DeafToTheLast:
        """A member whose wire breaks once the certificate is on its way."""

        def __init__(self, inner: object) -> None:
            self.inner = inner

        def call(self, request: bytes) -> bytes:
            if b"holdfast/request/keygen-activate" in request:
                raise SignerUnavailable("the wire broke")
            answer: bytes = self.inner.call(request)  # type: ignore[attr-defined]
            return answer

    order = order_for(world, "warm")
    approvals = tuple(world.deployment.approve(person, order.digest()) for person in PERSONS[:3])
    wires = {**world.plane.transports, SIGNERS[-1]: DeafToTheLast(world.plane.transports[SIGNERS[-1]])}
    with pytest.raises(CeremonyFailed):
        generate_key(dataclasses.replace(world.plane, transports=wires), order, approvals)
    with transaction(world.plane.engine) as connection, pytest.raises(VaultPending):
        deposit_address(connection, "warm", None)
    generate_key(world.plane, order, approvals)
    with transaction(world.plane.engine) as connection:
        assert deposit_address(connection, "warm", None).startswith("bcrt1p")


@pytest.mark.parametrize(("members", "threshold"), [(5, 3), (4, 3), (3, 2), (3, 3), (7, 4), (2, 2)])
def test_the_test_quorums_cover_every_member(world: World, members: int, threshold: int) -> None:
    names = tuple(f"signer {number}" for number in range(members))
    order = dataclasses.replace(order_for(world, "warm"), members=names, threshold=threshold)
    quorums = list(covering_quorums(order))
    assert all(len(set(quorum)) == threshold for quorum in quorums)
    assert set().union(*quorums) == set(names)
