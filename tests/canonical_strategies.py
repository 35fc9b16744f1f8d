"""Strategies that build any canonical object: from its fields' types, or by hand where a class refuses most of them."""

import dataclasses
import importlib
import types
import typing
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

import holdfast
from authority_rig import DESTINATION, venue
from holdfast.amounts import ASSETS, MAX_UNITS, Amount
from holdfast.authority import (
    ALLOW,
    APPROVER,
    BLOCK,
    NONCE_BYTES,
    OFFICER,
    OPERATOR,
    REVIEW,
    STEP_UP,
    AssetTree,
    Credential,
    EpochHeader,
    Floor,
    FreezeLift,
    FreezeOrder,
    Genesis,
    Intent,
    KeyOrder,
    Payment,
    Person,
    RiskAttestation,
    Roster,
    RosterChange,
    SignerIdentity,
    StandingOrder,
    WithdrawalOrder,
)
from holdfast.encoding import MAX_INTEGER, Canonical
from holdfast.errors import HoldfastError
from holdfast.ledger import Entry, Transfer
from holdfast.policy import Policy, Rule, VaultLimit
from holdfast.screening import SanctionedAddress, SanctionsSnapshot
from holdfast.signer import ActiveKey, OwnershipRequest, Refusal, Status

LABELS = st.text("abcdefghijklmnopqrstuvwxyz -", min_size=1, max_size=20).map(
    lambda text: " ".join(text.split()) or "x"
)
KEYS = st.binary(min_size=32, max_size=32)
TIMES = st.integers(0, 2**40)
DEVICE_KEYS = tuple(device.credential.public_key for devices in venue().devices.values() for device in devices)


def canonical_classes() -> list[type[Canonical]]:
    """Every concrete class of canonical objects, found by importing all of the package but its faces."""
    for path in Path(holdfast.__file__).parent.rglob("*.py"):
        module = ".".join(("holdfast", *path.relative_to(Path(holdfast.__file__).parent).with_suffix("").parts))
        if not module.startswith(("holdfast.cli", "holdfast.web")) and "migrations" not in module:
            importlib.import_module(module.removesuffix(".__init__"))
    found: list[type[Canonical]] = []
    waiting: list[type[Canonical]] = [Canonical]
    while waiting:
        below = waiting.pop().__subclasses__()
        waiting += below
        found += [cls for cls in below if hasattr(cls, "DOMAIN")]
    return sorted(found, key=lambda cls: cls.DOMAIN)


def amounts(asset: str | None = None, least: int = 0) -> st.SearchStrategy[Amount]:
    """Amounts of one asset, or of any."""
    symbols = st.just(asset) if asset else st.sampled_from(sorted(ASSETS))
    return st.builds(Amount, symbols, st.integers(least, MAX_UNITS // 1_000))


def payments(asset: str) -> st.SearchStrategy[Payment]:
    """Payments of one asset, to somewhere."""
    return st.builds(Payment, amounts(asset, 1), st.text("ab01", min_size=1, max_size=128), st.none() | KEYS)


@st.composite
def intents(draw: st.DrawFn) -> Intent:
    """Intents of one asset."""
    asset = draw(st.sampled_from(sorted(ASSETS)))
    paid = draw(st.lists(payments(asset), min_size=1, max_size=4, unique_by=lambda one: one.order or object()))
    key = draw(
        st.from_regex(r"outpoint:[0-9a-f]{64}:[1-9][0-9]{0,8}|nonce:[a-z]{1,9}:[0-9a-z]{1,40}:0", fullmatch=True)
    )
    expires_at_s, epoch, policy, roster = (draw(st.integers(0, 2**32)) for _ in range(4))
    by = draw(LABELS)
    return Intent(draw(LABELS), tuple(paid), key, draw(amounts()), expires_at_s, epoch, policy, roster, by)


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    """Rosters with up to six devices, the first person an officer."""
    keys = draw(st.lists(st.sampled_from(DEVICE_KEYS), min_size=1, unique=True))
    roles = st.lists(st.sampled_from([OFFICER, APPROVER, OPERATOR]), max_size=3, unique=True).map(tuple)
    persons = [
        Person(f"person {number}", (OFFICER,) if number == 0 else draw(roles), (Credential(bytes([number]), key),))
        for number, key in enumerate(keys)
    ]
    signing = draw(st.lists(KEYS, max_size=4, unique=True))
    signers = [SignerIdentity(f"signer-{number}", key, draw(KEYS), draw(LABELS)) for number, key in enumerate(signing)]
    return Roster(draw(TIMES), draw(st.none() | KEYS), draw(LABELS), 1, tuple(signers), tuple(persons))


@st.composite
def geneses(draw: st.DrawFn) -> Genesis:
    """Geneses around any roster."""
    keys = tuple(draw(st.lists(KEYS, min_size=1, max_size=3, unique=True)))
    floors = draw(st.lists(st.builds(Floor, amounts(), st.integers(0, 9)), max_size=3))
    venue_name, network, log_name, relying_party = (draw(LABELS) for _ in range(4))
    origins = tuple(draw(st.lists(LABELS, max_size=3)))
    return Genesis(
        venue_name,
        network,
        draw(TIMES),
        draw(rosters()),
        draw(KEYS),
        tuple(floors),
        log_name,
        draw(KEYS),
        keys,
        keys,
        draw(st.integers(1, len(keys))),
        relying_party,
        origins,
        draw(st.integers(0, 2**20)),
    )


@st.composite
def roster_changes(draw: st.DrawFn) -> RosterChange:
    """Changes to any roster."""
    return RosterChange(draw(KEYS), draw(rosters()), draw(LABELS), draw(TIMES))


@st.composite
def key_orders(draw: st.DrawFn) -> KeyOrder:
    """Orders of committees with a majority threshold."""
    members = draw(st.lists(LABELS, min_size=2, max_size=9, unique=True))
    threshold = draw(st.integers(len(members) // 2 + 1, len(members)))
    vault, asset, network = draw(LABELS), draw(LABELS), draw(LABELS)
    return KeyOrder(draw(KEYS), vault, asset, network, "secp256k1-tr", threshold, tuple(members), draw(TIMES))


@st.composite
def standing_orders(draw: st.DrawFn) -> StandingOrder:
    """Standing orders of one asset."""
    asset, begins = draw(st.sampled_from(sorted(ASSETS))), draw(TIMES)
    each, daily, fees = (draw(amounts(asset)) for _ in range(3))
    purpose = draw(st.sampled_from(["sweep", "consolidation", "gas_top_up"]))
    ends = begins + draw(st.integers(1, 2**30))
    return StandingOrder(purpose, draw(LABELS), (DESTINATION,), each, daily, fees, begins, ends, draw(TIMES))


@st.composite
def rules(draw: st.DrawFn, name: str) -> Rule:
    """Rules for a vault of the rule's own name, so that none hides another."""
    asset = draw(st.sampled_from(sorted(ASSETS)))
    above = draw(st.none() | amounts(asset))
    up_to = draw(st.none() | st.just(Amount(asset, (above.units if above else 0) + draw(st.integers(1, 2**70)))))
    consent = draw(st.none() | st.tuples(st.integers(1, 64), LABELS, st.integers(0, 86_400)))
    outcome = "allow" if consent else "deny"
    return Rule(name, name, asset, above, up_to, draw(st.booleans()), outcome, *(consent or (0, "", 0)))


@st.composite
def limits(draw: st.DrawFn, vault: str) -> VaultLimit:
    """Limits of a vault."""
    cap = draw(amounts())
    unsigned = Amount(cap.asset, draw(st.integers(0, cap.units)))
    return VaultLimit(vault, cap.asset, draw(st.integers(1, 366 * 86_400)), cap, unsigned)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Policies whose rules are each for their own vault."""
    names = draw(st.lists(LABELS, max_size=5, unique=True))
    ages = [draw(st.integers(1, 366 * 86_400)) for _ in range(3)]
    ruled = tuple(draw(rules(name)) for name in names)
    return Policy(draw(st.integers(1, 2**40)), ruled, tuple(draw(limits(name)) for name in names), *ages)


@st.composite
def snapshots(draw: st.DrawFn) -> SanctionsSnapshot:
    """Sorted lists of addresses."""
    places = sorted(draw(st.sets(st.tuples(LABELS, LABELS), max_size=6)))
    entries = tuple(SanctionedAddress(asset, address, draw(LABELS)) for asset, address in places)
    return SanctionsSnapshot(
        draw(st.text(max_size=20)), draw(st.integers(0, 2**34)), draw(st.integers(1, 2**63 - 1)), entries
    )


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """Journal entries."""
    accounts = st.lists(LABELS.map(lambda name: f"account:{name.strip() or 'x'}"), min_size=2, max_size=2, unique=True)
    moved = draw(st.lists(st.tuples(accounts, amounts(least=1)), min_size=1, max_size=3))
    return Entry(
        "deposit", "reference", "key", tuple(Transfer(debit, credit, amount) for (debit, credit), amount in moved)
    )


@st.composite
def epoch_headers(draw: st.DrawFn) -> EpochHeader:
    """Headers of reserve epochs."""
    assets = sorted(draw(st.sets(st.sampled_from(sorted(ASSETS)), min_size=1)))
    total, leaves = st.integers(0, MAX_UNITS), st.integers(1, 32).map(lambda levels: 2**levels)
    trees = tuple(AssetTree(asset, ASSETS[asset].decimals, draw(KEYS), draw(total), draw(leaves)) for asset in assets)
    return EpochHeader(
        venue=draw(LABELS),
        epoch=draw(st.integers(2, 2**53 - 1)),
        at_s=draw(st.integers(0, 2**37 - 1)),
        previous=draw(KEYS.filter(any)),
        network=draw(LABELS),
        height=draw(TIMES),
        block_hash=draw(KEYS),
        holdings=draw(KEYS),
        assets=trees,
    )


@st.composite
def ownership_requests(draw: st.DrawFn) -> OwnershipRequest:
    """Requests to attest an epoch, of a signer that may have missed some."""
    headers = draw(st.lists(epoch_headers(), min_size=1, max_size=3))
    quorum = draw(st.lists(LABELS, max_size=5))
    return OwnershipRequest(draw(LABELS), draw(TIMES), tuple(headers), tuple(quorum), draw(st.binary(max_size=16)))


@st.composite
def freeze_lifts(draw: st.DrawFn) -> FreezeLift:
    """Lifts of a few freezes."""
    freezes = draw(st.lists(FREEZES, min_size=1, max_size=3, unique_by=FreezeOrder.digest))
    return FreezeLift(draw(KEYS), tuple(sorted(freezes, key=FreezeOrder.digest)), draw(LABELS))


NONCES = st.binary(min_size=NONCE_BYTES, max_size=NONCE_BYTES)
FREEZES = st.builds(FreezeOrder, KEYS, LABELS, LABELS, st.integers(0, 2**37 - 1), NONCES)


@st.composite
def statuses(draw: st.DrawFn) -> Status:
    """What signers say of themselves."""
    roster, policy, screening = (draw(TIMES) for _ in range(3))
    keys = draw(st.lists(st.builds(ActiveKey, LABELS, TIMES, KEYS), max_size=3))
    return Status(
        signer=draw(LABELS),
        genesis=draw(KEYS),
        roster_version=roster,
        policy_version=policy,
        freezes=tuple(draw(st.lists(KEYS, max_size=3))),
        screening_number=screening,
        log_size=draw(TIMES),
        now_s=draw(TIMES),
        keys=tuple(keys),
    )


@st.composite
def refusals(draw: st.DrawFn) -> Refusal:
    """Refusals, each with a code and a line."""
    code = draw(st.from_regex(r"[a-z0-9_]{1,40}\.[a-z0-9_]{1,40}", fullmatch=True))
    return Refusal(code, draw(st.text(max_size=30).filter(str.isprintable)))


BY_HAND: dict[type, st.SearchStrategy[Any]] = {
    Amount: amounts(),
    Credential: st.builds(Credential, st.binary(min_size=1, max_size=40), st.sampled_from(DEVICE_KEYS)),
    Entry: entries(),
    EpochHeader: epoch_headers(),
    FreezeLift: freeze_lifts(),
    FreezeOrder: FREEZES,
    OwnershipRequest: ownership_requests(),
    Genesis: geneses(),
    RosterChange: roster_changes(),
    Intent: intents(),
    KeyOrder: key_orders(),
    Payment: st.sampled_from(sorted(ASSETS)).flatmap(payments),
    Policy: policies(),
    RiskAttestation: st.builds(
        RiskAttestation,
        KEYS,
        st.sampled_from([ALLOW, STEP_UP, REVIEW, BLOCK]),
        st.integers(0, 1_000_000),
        st.lists(st.text(max_size=20), max_size=3).map(tuple),
        TIMES,
        TIMES,
        TIMES,
    ),
    Refusal: refusals(),
    Roster: rosters(),
    WithdrawalOrder: st.builds(WithdrawalOrder, LABELS, LABELS, LABELS, amounts("BTC", 1), LABELS, TIMES),
    SanctionsSnapshot: snapshots(),
    SignerIdentity: st.builds(SignerIdentity, LABELS, KEYS, KEYS, LABELS),
    StandingOrder: standing_orders(),
    Status: statuses(),
}

SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(-MAX_INTEGER + 1, MAX_INTEGER - 1) | st.integers(0, 1_000),
    str: st.text(max_size=30),
    bytes: st.binary(max_size=40),
    bool: st.booleans(),
}


def plain_fields(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type."""
    if kind in SCALARS:
        return SCALARS[kind]
    if kind in BY_HAND:
        return BY_HAND[kind]
    origin = typing.get_origin(kind)
    if origin is tuple:
        return st.lists(plain_fields(typing.get_args(kind)[0]), max_size=3).map(tuple)
    if origin in (types.UnionType, typing.Union):
        return st.one_of(*(st.none() if one is type(None) else plain_fields(one) for one in typing.get_args(kind)))
    return objects(kind)


def objects(cls: type) -> st.SearchStrategy[Any]:
    """Objects of a class that it does not refuse."""
    if cls in BY_HAND:
        return BY_HAND[cls]
    hints = typing.get_type_hints(cls)
    fields = {field.name: plain_fields(hints[field.name]) for field in dataclasses.fields(cls)}
    return st.fixed_dictionaries(fields).map(lambda values: _made(cls, values)).filter(lambda made: made is not None)


def _made(cls: type, values: dict[str, Any]) -> Any:
    try:
        return cls(**values)
    except HoldfastError:
        return None
