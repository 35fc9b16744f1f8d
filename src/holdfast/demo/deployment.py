"""A whole deployment in one folder, founded with software authenticators where people would stand.

``people/`` holds what each person would carry: the authenticators of officers and customers, and the compliance
officers' list keys. Nothing of Holdfast reads it but this demo.
"""

import importlib.resources
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from holdfast.amounts import Amount
from holdfast.audit import LogSigner
from holdfast.authority import APPROVER, OFFICER, Approval, Floor, Genesis, KeyOrder, Person, Roster
from holdfast.clock import Clock
from holdfast.custody import CONFIGURATION, GENESIS, LOG_KEY, POLICY, RISK_KEY, SANCTIONS, set_up
from holdfast.demo.authenticator import SoftwareAuthenticator
from holdfast.policy import Policy, policy_from_text
from holdfast.risk import create_risk_key
from holdfast.screening import SanctionsSnapshot, SignedSnapshot, packaged_snapshot, sign_snapshot
from holdfast.signer import SignerHome

VENUE = "Example Exchange"
VAULT = "hot"
ASSET = "BTC"
NETWORK = "regtest"
SIGNERS = ("bern", "geneva", "lugano", "basel", "zurich")
THRESHOLD = 3
PERSONS = ("ada", "ben", "chiara", "dov", "emi")
RELYING_PARTY = "localhost"
CUSTOMER_ORIGIN = "http://localhost:8400"
FIRST_PAGE_PORT = 8411

CHANGE_DELAY_S = 10
"""How long a new person's device waits. A deployment takes a day or more, for officers to notice and object."""

_LIST_SIGNERS = 3
_LIST_THRESHOLD = 2


def page_of(signer: str) -> str:
    """The origin of a signer's own approval page, unless a deployment was founded with others."""
    return origin_at(FIRST_PAGE_PORT + SIGNERS.index(signer))


def origin_at(port: int) -> str:
    """The origin of a page on a port of this machine, by the only name of it that passkeys work on."""
    return f"http://{RELYING_PARTY}:{port}"


@dataclass(frozen=True)
class PageOrigins:
    """Where people meet a deployment's pages: a genesis pins both. ``signers`` are in the order of :data:`SIGNERS`."""

    customers: str = CUSTOMER_ORIGIN
    signers: tuple[str, ...] = tuple(map(page_of, SIGNERS))


@dataclass(frozen=True)
class Deployment:
    """A founded deployment: its folder, its genesis, and the stand-ins for its people."""

    directory: Path
    genesis: Genesis
    persons: dict[str, SoftwareAuthenticator]

    @property
    def control(self) -> Path:
        """The control plane's folder."""
        return self.directory / "control"

    @property
    def node(self) -> Path:
        """The embedded chain's folder."""
        return self.directory / "node"

    @property
    def node_socket(self) -> Path:
        """Where the embedded chain listens."""
        return self.directory / "node.sock"

    def signer(self, name: str) -> Path:
        """A signer's folder."""
        return self.directory / "signers" / name

    def socket(self, name: str) -> Path:
        """Where a signer listens."""
        return self.directory / f"{name}.sock"

    def approve(self, person: str, digest: bytes, page: str | None = None) -> Approval:
        """A person's software authenticator approves a digest on a signer's page."""
        signers = self.genesis.roster.signers
        origin = page or signers[PERSONS.index(person) % len(signers)].origin
        return Approval(person, self.persons[person].assertion(digest, origin))

    def key_order(self) -> KeyOrder:
        """The order for the vault's key."""
        return KeyOrder(self.genesis.digest(), VAULT, ASSET, NETWORK, "secp256k1-tr", THRESHOLD, SIGNERS, 1)

    def sanctions(self) -> SignedSnapshot:
        """The list that the compliance officers signed."""
        return SignedSnapshot.decoded((self.control / SANCTIONS).read_bytes())

    def list_keys(self) -> tuple[Ed25519PrivateKey, ...]:
        """The compliance officers' keys, which sign sanctions lists."""
        paths = sorted((self.directory / "people").glob("list-*.key"))
        return tuple(Ed25519PrivateKey.from_private_bytes(path.read_bytes()) for path in paths)

    def customer(self, name: str) -> SoftwareAuthenticator:
        """A customer's passkey, made when first asked for."""
        path = self.directory / "people" / f"customer-{name}.cbor"
        if path.exists():
            return SoftwareAuthenticator.load(path)
        passkey = SoftwareAuthenticator(RELYING_PARTY, name)
        passkey.save(path)
        return passkey


def found(
    directory: Path, clock: Clock, policy: Policy | None = None, *, origins: PageOrigins | None = None
) -> Deployment:
    """Found a deployment in an empty folder: signers, people, genesis, control plane. No key of a vault exists yet.

    :param policy: another policy than the demo's.
    :param origins: other addresses of the pages than the demo's.
    """
    origins = origins or PageOrigins()
    people = directory / "people"
    people.mkdir(parents=True, mode=0o700)
    control = directory / "control"
    control.mkdir(mode=0o700)
    persons = {name: SoftwareAuthenticator(RELYING_PARTY, name) for name in PERSONS}
    for name, authenticator in persons.items():
        authenticator.save(people / f"{name}.cbor")
    identities = tuple(
        SignerHome.create(directory / "signers" / name, name, page)
        for name, page in zip(SIGNERS, origins.signers, strict=True)
    )
    list_keys = [Ed25519PrivateKey.generate() for _ in range(_LIST_SIGNERS)]
    for number, key in enumerate(list_keys, 1):
        _write_private(people / f"list-{number}.key", key.private_bytes_raw())
    policy = policy or demo_policy()
    roster = Roster(
        version=1,
        previous=None,
        relying_party=RELYING_PARTY,
        change_quorum=3,
        signers=identities,
        persons=tuple(
            Person(name, (OFFICER, APPROVER), (authenticator.credential,)) for name, authenticator in persons.items()
        ),
    )
    log_signer = LogSigner.create(control / LOG_KEY, "example-exchange.holdfast/log")
    genesis = Genesis(
        venue=VENUE,
        network=NETWORK,
        created_at_s=clock.now_s(),
        roster=roster,
        policy=policy.digest(),
        floors=(Floor(Amount(ASSET, 100_000_000), 3),),
        log_name=log_signer.name,
        log_key=log_signer.public_key,
        risk_keys=(create_risk_key(control / RISK_KEY).public_key().public_bytes_raw(),),
        screening_keys=tuple(key.public_key().public_bytes_raw() for key in list_keys),
        screening_threshold=_LIST_THRESHOLD,
        customer_relying_party=RELYING_PARTY,
        customer_origins=(origins.customers,),
        change_delay_s=CHANGE_DELAY_S,
    )
    _write_control(control, genesis, policy, _countersigned(list_keys))
    for name in SIGNERS:
        home = SignerHome.open(directory / "signers" / name)
        home.pin(genesis, policy)
        home.engine.dispose()
    set_up(control, clock)
    return Deployment(directory, genesis, persons)


def reopen(directory: Path) -> Deployment:
    """A deployment founded before."""
    genesis = Genesis.decoded((directory / "control" / GENESIS).read_bytes())
    people = directory / "people"
    persons = {name: SoftwareAuthenticator.load(people / f"{name}.cbor") for name in PERSONS}
    return Deployment(directory, genesis, persons)


def demo_policy() -> Policy:
    """The demo's policy file."""
    return policy_from_text(importlib.resources.files("holdfast.demo").joinpath("policy.toml").read_text("utf-8"))


def _countersigned(list_keys: list[Ed25519PrivateKey]) -> SignedSnapshot:
    """The release's list, signed by two of the deployment's three compliance keys."""
    snapshot: SanctionsSnapshot = packaged_snapshot().snapshot
    return sign_snapshot(snapshot, *list_keys[:_LIST_THRESHOLD])


def _write_private(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)


def _write_control(control: Path, genesis: Genesis, policy: Policy, snapshot: SignedSnapshot) -> None:
    (control / GENESIS).write_bytes(genesis.encoded())
    (control / POLICY).write_bytes(policy.encoded())
    (control / SANCTIONS).write_bytes(snapshot.encoded())
    signers = "\n".join(f'{name} = "../{name}.sock"' for name in SIGNERS)
    (control / CONFIGURATION).write_text(
        f'name = "control-1"\nnode = "../node.sock"\nconfirmations = 3\n\n[signers]\n{signers}\n', encoding="utf-8"
    )
