"""A small venue for tests of authority: five signers, people with authenticators, and one of each object."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from holdfast.amounts import Amount
from holdfast.authority import (
    APPROVER,
    OFFICER,
    Approval,
    Floor,
    Genesis,
    Intent,
    Payment,
    Person,
    Roster,
    SignedOrder,
    SignerIdentity,
    WithdrawalOrder,
    outpoint_conflict_key,
)
from holdfast.demo.authenticator import SoftwareAuthenticator

NOW_S = 1_760_000_000
RELYING_PARTY = "localhost"
CUSTOMER_ORIGIN = "https://exchange.example"
DESTINATION = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
OTHER_DESTINATION = "bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry"


def btc(text: str) -> Amount:
    """An amount of bitcoin."""
    return Amount.from_text(text, "BTC")


def origin(number: int) -> str:
    """The origin of a signer's page."""
    return f"http://localhost:{8800 + number}"


@dataclass
class Venue:
    """Keys and devices of everybody, and the roster that names them."""

    signing: dict[str, Ed25519PrivateKey] = field(default_factory=dict)
    devices: dict[str, list[SoftwareAuthenticator]] = field(default_factory=dict)
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    customer: SoftwareAuthenticator = field(
        default_factory=lambda: SoftwareAuthenticator("exchange.example", "customer-1")
    )

    def roster(self, version: int = 1, previous: bytes | None = None, without: Iterable[str] = ()) -> Roster:
        """The roster of everybody but ``without``."""
        signers = tuple(
            SignerIdentity(name, key.public_key().public_bytes_raw(), _sealing_key(number), origin(number))
            for number, (name, key) in enumerate(self.signing.items(), 1)
        )
        gone = set(without)
        persons = tuple(
            Person(name, self.roles[name], tuple(device.credential for device in devices))
            for name, devices in self.devices.items()
            if name not in gone
        )
        return Roster(version, previous, RELYING_PARTY, 2, signers, persons)

    def approve(self, name: str, subject: bytes, device: int = 0, page: int | None = None) -> Approval:
        """This person's approval of a digest, on one of their devices and a signer's page; each uses another's."""
        if page is None:
            page = 1 + list(self.devices).index(name) % len(self.signing)
        return Approval(name, self.devices[name][device].assertion(subject, origin(page)))


def _sealing_key(number: int) -> bytes:
    return X25519PrivateKey.from_private_bytes(bytes([number]) * 32).public_key().public_bytes_raw()


def venue() -> Venue:
    """Five signers; officers olga and otto (two devices); approvers anna, ben (two devices) and carla."""
    made = Venue()
    for number in range(1, 6):
        made.signing[f"signer-{number}"] = Ed25519PrivateKey.generate()
    people = {
        "olga": (OFFICER, 1),
        "otto": (OFFICER, 2),
        "anna": (APPROVER, 1),
        "ben": (APPROVER, 2),
        "carla": (APPROVER, 1),
    }
    for name, (role, devices) in people.items():
        made.roles[name] = (role,)
        made.devices[name] = [SoftwareAuthenticator(RELYING_PARTY, name) for _ in range(devices)]
    return made


def intent(
    *payments: Payment,
    vault: str = "hot",
    conflict_key: str = outpoint_conflict_key("11" * 32, 0),
    expires_at_s: int = NOW_S + 3_600,
) -> Intent:
    """An intent; of one payment without an order if none is given."""
    paid = payments or (Payment(btc("0.5"), DESTINATION, None),)
    return Intent(vault, paid, conflict_key, btc("0.001"), expires_at_s, 1, 1, 1, "treasury")


def order(amount: str = "0.5", destination: str = DESTINATION, reference: str = "w-1") -> WithdrawalOrder:
    """A customer's order, an hour long."""
    return WithdrawalOrder("test venue", "customer-1", reference, btc(amount), destination, NOW_S + 3_600)


def signed_order(made: Venue, ordered: WithdrawalOrder) -> SignedOrder:
    """The order with the customer's own assertion."""
    return SignedOrder(ordered, made.customer.assertion(ordered.digest(), CUSTOMER_ORIGIN))


def genesis(roster: Roster) -> Genesis:
    """A genesis around a roster."""
    floors = (Floor(btc("1"), 3),)
    keys = (b"\x01" * 32,), (b"\x02" * 32, b"\x03" * 32)
    return Genesis(
        "test venue",
        "regtest",
        NOW_S,
        roster,
        b"\x04" * 32,
        floors,
        "test.example/log",
        b"\x05" * 32,
        keys[0],
        keys[1],
        2,
        "exchange.example",
        (CUSTOMER_ORIGIN,),
        86_400,
    )
