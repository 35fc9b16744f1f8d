"""The engine: signs the worst payment's decision with a key that only it can read."""

import dataclasses
import os
import pickle
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from holdfast.authority import (
    ALLOW,
    REVIEW,
    AttestationForbids,
    AttestationInvalid,
    AttestationStale,
    require_attested,
)
from holdfast.clock import ManualClock
from holdfast.risk import (
    FactsMalformed,
    RiskEngine,
    RiskKeyUnsafe,
    create_risk_key,
    decide,
    load_risk_key,
)
from risk_facts import NEW, NOW_S, USUAL, facts

INTENT = bytes(range(32))
TAKEN = facts("10", destination=NEW, credential_changed_at_s=NOW_S)


def engine() -> RiskEngine:
    return RiskEngine(Ed25519PrivateKey.generate(), ManualClock(NOW_S))


def test_an_ordinary_intent_is_attested() -> None:
    attesting = engine()
    signed = attesting.attest(INTENT, [USUAL])
    require_attested(signed, (attesting.public_key,), INTENT, NOW_S + 60, 60)
    assert (signed.attestation.decision, signed.attestation.issued_at_s) == (ALLOW, NOW_S)
    with pytest.raises(AttestationStale):
        require_attested(signed, (attesting.public_key,), INTENT, NOW_S + 61, 60)


@pytest.mark.parametrize("payments", [[USUAL, TAKEN], [TAKEN, USUAL], [TAKEN]])
def test_the_worst_payment_decides(payments: list[object]) -> None:
    attesting = engine()
    signed = attesting.attest(INTENT, payments)  # type: ignore[arg-type]
    assert signed.attestation.decision == decide(TAKEN).decision == REVIEW
    assert signed.attestation.reasons == decide(TAKEN).reasons
    with pytest.raises(AttestationForbids, match="passkey changed 0 minutes ago"):
        require_attested(signed, (attesting.public_key,), INTENT, NOW_S, 60)


def test_an_improved_decision_is_no_longer_the_engine_s() -> None:
    attesting = engine()
    signed = attesting.attest(INTENT, [TAKEN])
    better = dataclasses.replace(signed, attestation=dataclasses.replace(signed.attestation, decision=ALLOW))
    with pytest.raises(AttestationInvalid):
        require_attested(better, (attesting.public_key,), INTENT, NOW_S, 60)


def test_there_is_no_attestation_about_nothing() -> None:
    for intent, payments in ((INTENT, []), (b"", [USUAL]), (bytes(31), [USUAL])):
        with pytest.raises(FactsMalformed):
            engine().attest(intent, payments)


def test_the_key_is_neither_shown_nor_pickled() -> None:
    attesting = engine()
    assert repr(attesting) == "<RiskEngine redacted>"
    with pytest.raises(TypeError):
        pickle.dumps(attesting)


def test_a_key_file_is_its_owner_s_alone(tmp_path: Path) -> None:
    path = tmp_path / "risk.key"
    key = create_risk_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_risk_key(path).public_key() == key.public_key()
    with pytest.raises(RiskKeyUnsafe, match="cannot be written"):
        create_risk_key(path)
    assert load_risk_key(path).public_key() == key.public_key()
    path.chmod(0o640)
    with pytest.raises(RiskKeyUnsafe, match="0600"):
        load_risk_key(path)


def test_a_missing_linked_damaged_or_foreign_key_file(tmp_path: Path) -> None:
    path = tmp_path / "risk.key"
    with pytest.raises(RiskKeyUnsafe):
        load_risk_key(path)
    create_risk_key(path)
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(RiskKeyUnsafe):
        load_risk_key(tmp_path / "link")
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(RiskKeyUnsafe):
        load_risk_key(tmp_path / "pipe")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(RiskKeyUnsafe, match="does not hold"):
        load_risk_key(path)
