"""One fixed object of each class of authority, and how ``tests/vectors/authority.json`` is made of them.

Run ``python tests/authority_specimens.py`` after adding a class. A vector that changes breaks every signature and
pin made before: then the class needs a new version.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from holdfast.amounts import Amount
from holdfast.authority import (
    ALLOW,
    APPROVER,
    OFFICER,
    Approval,
    Assertion,
    AssetTree,
    Confirmation,
    Credential,
    Envelope,
    EpochHeader,
    Floor,
    FreezeLift,
    FreezeOrder,
    Genesis,
    Header,
    Intent,
    KeyCertificate,
    KeyOrder,
    KeyStatement,
    Letter,
    Payment,
    Person,
    RiskAttestation,
    Roster,
    RosterChange,
    SignedAttestation,
    SignedOrder,
    SignerIdentity,
    StandingOrder,
    WithdrawalOrder,
)
from holdfast.encoding import Canonical, Plain, decode

VECTORS = Path(__file__).parent / "vectors/authority.json"

# The public key of RFC 6979, appendix A.2.5, as a COSE key (RFC 9053, section 7.1.1).
_X = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
_Y = "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
_COSE_KEY = bytes.fromhex(f"a5010203262001215820{_X}225820{_Y}")
_BECH32 = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"


def _btc(units: int) -> Amount:
    return Amount("BTC", units)


def _bytes(number: int, length: int = 32) -> bytes:
    return bytes([number]) * length


def specimens() -> list[Canonical]:
    """One of each, every optional field once present and once absent."""
    assertion = Assertion(_bytes(1, 16), _bytes(2, 37), b'{"type":"webauthn.get"}', _bytes(3, 70))
    order = WithdrawalOrder("a venue", "customer-1", "w-1", _btc(50_000_000), _BECH32, 1_760_003_600)
    payments = (Payment(_btc(50_000_000), _BECH32, order.digest()), Payment(_btc(1), _BECH32, None))
    intent = Intent("hot", payments, f"outpoint:{'11' * 32}:0", _btc(10_000), 1_760_003_600, 1, 1, 1, "treasury")
    signers = (SignerIdentity("signer-1", _bytes(4), _bytes(5), "http://localhost:8801"),)
    persons = (Person("olga", (OFFICER, APPROVER), (Credential(_bytes(1, 16), _COSE_KEY),)), Person("ben", (), ()))
    roster = Roster(1, None, "localhost", 1, signers, persons)
    floors = (Floor(Amount("ETH", 2**80), 3),)
    keys = _bytes(7), (_bytes(8),), (_bytes(9), _bytes(10))
    genesis = Genesis(
        "a venue",
        "regtest",
        1_760_000_000,
        roster,
        _bytes(6),
        floors,
        "log",
        *keys,
        2,
        "exchange.example",
        ("https://x",),
        86_400,
    )
    key_order = KeyOrder(genesis.digest(), "hot", "BTC", "regtest", "secp256k1-tr", 2, ("signer-1", "signer-2"), 1)
    statement = KeyStatement(key_order.digest(), _bytes(11), _bytes(2, 33))
    confirmations = (Confirmation("signer-1", _bytes(12, 64)),)
    attestation = RiskAttestation(intent.digest(), ALLOW, 300_000, ("a new destination",), 1, 1, 1_760_000_000)
    letter = Letter(Header("signer-1", "*", _bytes(13, 16), 1, 1), b"body")
    caps = _btc(10**8), _btc(2 * 10**8), _btc(10**6)
    trees = (AssetTree("BTC", 8, _bytes(20), 281_235_566, 16), AssetTree("ETH", 18, _bytes(21), 2**90, 32))
    freeze = FreezeOrder(genesis.digest(), "signer-1", "a device was stolen", 1_760_000_000, _bytes(22, 16))
    return [
        assertion,
        Approval("olga", assertion),
        order,
        SignedOrder(order, assertion),
        intent,
        roster,
        Roster(2, roster.digest(), "localhost", 1, signers, persons),
        RosterChange(genesis.digest(), roster, "ben joins", 1_760_003_600),
        genesis,
        key_order,
        statement,
        KeyCertificate(key_order, statement, confirmations, (_bytes(14, 64),)),
        attestation,
        SignedAttestation(attestation, _bytes(8), _bytes(15, 64)),
        letter,
        Envelope(letter, _bytes(16, 64)),
        StandingOrder("sweep", "hot", (_BECH32,), *caps, 1_760_000_000, 1_790_000_000, 1),
        freeze,
        FreezeLift(genesis.digest(), (freeze,), "it was found"),
        EpochHeader("a venue", 2, 1_790_000_000, _bytes(17), "regtest", 129, _bytes(18), _bytes(19), trees),
    ]


def shown(value: Plain) -> Any:
    """A plain value as JSON can hold it: bytes as ``{"hex": ...}``, large integers as ``{"integer": ...}``."""
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, list):
        return [shown(item) for item in value]
    if isinstance(value, int) and abs(value) >= 2**53:
        return {"integer": str(value)}
    return value


def _vector(specimen: Canonical) -> dict[str, Any]:
    encoded = specimen.encoded()
    return {
        "class": type(specimen).__name__,
        "value": shown(decode(encoded)),
        "canonical": encoded.hex(),
        "digest": hashlib.sha256(encoded).hexdigest(),
    }


if __name__ == "__main__":
    document = {
        "origin": "made by this project: no outside definition of these objects exists; RFC 8949 defines the bytes",
        "regenerate": "python tests/authority_specimens.py",
        "checked_by": "an independent CBOR reader in tests/authority/test_authority_vectors.py",
        "vectors": [_vector(specimen) for specimen in specimens()],
    }
    VECTORS.write_text(json.dumps(document, indent=1) + "\n")
