"""A house that people have lived in: five weeks of customers, withdrawals, refusals and proposals, to look at."""

import contextlib
import hashlib
from dataclasses import dataclass
from pathlib import Path

from cli_rig import SANCTIONED
from holdfast.authority import APPROVER, SignedOrder
from holdfast.chains.bitcoin import script_to_address
from holdfast.custody import (
    approvals_needed,
    approve_payout,
    collect_candidates,
    cosign_log,
    invitation_views,
    invite_person,
    payout_view,
    plan_payout,
    propose_roster,
    request_withdrawal,
    with_device,
)
from holdfast.demo.authenticator import SoftwareAuthenticator, as_document
from holdfast.demo.deployment import PERSONS, VAULT, page_of
from holdfast.errors import HoldfastError
from holdfast.reserves import publish_epoch, reserves_directory
from holdfast.store import transaction
from world import CAPITAL_SAT, DAY_S, NOW_S, World, build_template

MINUTE_S = 60
WEEKS = 5
CUSTOMERS = ("alice", "bob", "mara", "jonas", "selin")

# (days ago, customer, satoshi): what arrived after the first day.
RECEIVED = (
    (29, "selin", 22_000_000),
    (26, "mara", 15_500_000),
    (22, "alice", 40_000_000),
    (16, "jonas", 8_200_000),
    (11, "selin", 31_000_000),
    (8, "mara", 12_400_000),
    (4, "bob", 27_500_000),
    (2, "alice", 9_000_000),
)

# (days ago, customer, satoshi, to whom): what was paid.
PAID = (
    (33, "bob", 4_200_000, "bob's savings"),
    (31, "mara", 12_500_000, "mara's hardware wallet"),
    (28, "jonas", 7_750_000, "jonas's other exchange"),
    (24, "alice", 30_000_000, "alice's hardware wallet"),
    (21, "selin", 2_100_000, "a merchant"),
    (17, "bob", 9_900_000, "bob's savings"),
    (14, "mara", 45_000_000, "mara's hardware wallet"),
    (9, "jonas", 6_400_000, "jonas's other exchange"),
    (6, "selin", 18_300_000, "selin's savings"),
    (3, "alice", 25_000_000, "alice's hardware wallet"),
    (1, "bob", 8_050_000, "bob's savings"),
)


@dataclass(frozen=True)
class Furniture:
    """What pages lead to: digests, references and addresses of what waits."""

    payout: bytes
    roster_change: bytes
    invitation: str

    def named(self) -> dict[str, str]:
        """Each as it stands in an address."""
        return {
            "payout": self.payout.hex(),
            "roster_change": self.roster_change.hex(),
            "invitation": self.invitation,
        }


def somebody(owner: str) -> str:
    """Somebody's address outside the house."""
    return script_to_address(b"\x00\x14" + hashlib.sha256(owner.encode()).digest()[:20], "regtest")


def furnish(directory: Path) -> Furniture:
    """Found a house in an empty folder and let five weeks pass; it ends at the tests' own present."""
    build_template(directory)
    world = World.open(directory, NOW_S - WEEKS * 7 * DAY_S)
    try:
        _arrive(world)
        for days_ago in range(WEEKS * 7, 0, -1):
            world.clock.advance(NOW_S - days_ago * DAY_S - world.clock.now_s())
            _live(world, days_ago)
        world.clock.advance(NOW_S - 3_600 - world.clock.now_s())
        return _leave_waiting(world)
    finally:
        world.close()


def _arrive(world: World) -> None:
    for number, customer in enumerate(CUSTOMERS[1:], 1):
        world.enrol(customer, age_s=DAY_S)
        world.fund(customer, 60_000_000 * number)
    for _ in range(len(PAID)):
        world.fund(None, CAPITAL_SAT)


def _live(world: World, days_ago: int) -> None:
    """A day of the house."""
    for days, customer, value_sat in RECEIVED:
        if days == days_ago:
            world.fund(customer, value_sat)
    for number, (days, customer, value_sat, owner) in enumerate(PAID):
        if days == days_ago:
            _pay(world, number, world.order(f"W-{1041 + number}", value_sat, somebody(owner), customer))


def _pay(world: World, number: int, order: SignedOrder) -> None:
    request_withdrawal(world.plane, VAULT, order)
    world.clock.advance(8 * MINUTE_S)
    intent = plan_payout(world.plane, VAULT, [order.order.reference])
    digest = intent.digest()
    with transaction(world.plane.engine) as connection:
        needed = approvals_needed(world.plane, payout_view(connection, digest))
    for turn in range(needed):
        person = PERSONS[(number + turn) % len(PERSONS)]
        world.clock.advance((3 + 7 * turn) * MINUTE_S)
        approve_payout(world.plane, digest, world.deployment.approve(person, digest))
    world.clock.advance(4)
    world.settle(intent)
    world.clock.advance(31 * MINUTE_S)
    world.mine(world.plane.confirmations)
    cosign_log(world.plane)
    publish_epoch(world.plane, reserves_directory(world.deployment.control))


def _leave_waiting(world: World) -> Furniture:
    """An hour ago: one refused, one that waits for two more approvals, one just asked for, a newcomer."""
    with contextlib.suppress(HoldfastError):
        request_withdrawal(world.plane, VAULT, world.order("W-1052", 1_500_000, SANCTIONED, "jonas"))
    for reference, customer, value_sat in (("W-1053", "mara", 31_250_000), ("W-1054", "alice", 12_000_000)):
        destination = somebody(f"{customer}'s new wallet")
        request_withdrawal(world.plane, VAULT, world.order(reference, value_sat, destination, customer))
    payout = plan_payout(world.plane, VAULT, ["W-1053", "W-1054"])
    world.approve(payout, persons=1)
    world.clock.advance(3_600 - 240)
    change = _newcomer(world)
    request_withdrawal(world.plane, VAULT, world.order("W-1055", 5_000_000, somebody("selin's savings"), "selin"))
    invitation = invite_person(world.plane, "lena", "geneva", "ben")
    cosign_log(world.plane)
    world.clock.advance(240)
    return Furniture(payout.digest(), change, invitation)


def _newcomer(world: World) -> bytes:
    """Fay has registered a device; her joining waits for officers."""
    address = invite_person(world.plane, "fay", "zurich", "ada")
    code, enrolments = bytes.fromhex(address.rsplit("/", 1)[1]), world.signers["zurich"].enrolments
    device = SoftwareAuthenticator("localhost", "fay")
    enrolments.register(code, as_document(device.registration(enrolments.challenge(code), page_of("zurich"))))
    collect_candidates(world.plane)
    with transaction(world.plane.engine) as connection:
        assert any(view.credential == device.credential for view in invitation_views(connection))
    joined = with_device(world.plane.roster, "fay", device.credential, (APPROVER,))
    change = propose_roster(world.plane, joined, "Fay takes over Dov's shifts from October", PERSONS[0])
    return change.digest()
