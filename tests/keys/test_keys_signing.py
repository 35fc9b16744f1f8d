"""Signing: valid under libsecp256k1, single-use nonces, and cheats named."""

import itertools
import json
import os
import threading
from pathlib import Path

import pytest
from coincurve import PublicKeyXOnly
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast import keys
from keys.key_rigs import committee, partial_signatures, signature

MESSAGE = bytes(range(32))
PATHS: list[list[int]] = [[], [0], [0, 7], [2**31 - 1, 0, 1, 2, 3]]


@pytest.mark.parametrize("path", PATHS)
def test_any_three_of_five_sign_and_libsecp256k1_accepts(path: list[int]) -> None:
    shares = committee()
    output_key = shares[1].group_key.output_key(path)
    for signers in itertools.combinations(shares, 3):
        message = os.urandom(32)
        signed = signature(shares, signers, message, path)
        assert PublicKeyXOnly(output_key).verify(signed, message)
        keys.verify(output_key, message, signed)
        with pytest.raises(keys.SignatureInvalid):
            keys.verify(output_key, MESSAGE, signed)


def test_the_largest_committee_signs() -> None:
    shares = committee(32, 17)
    signed = signature(shares, list(range(16, 33)), MESSAGE, [0, 1])
    keys.verify(shares[1].group_key.output_key([0, 1]), MESSAGE, signed)


def test_verification_agrees_with_bip340() -> None:
    text = (Path(__file__).parents[1] / "vectors" / "bip0340.json").read_text(encoding="utf-8")
    for vector in json.loads(text)["vectors"]:
        key, message, signed = (bytes.fromhex(vector[name]) for name in ("public_key", "message", "signature"))
        if len(message) != 32:
            with pytest.raises(keys.ParametersInvalid):
                keys.verify(key, message, signed)
        elif vector["valid"]:
            keys.verify(key, message, signed)
        else:
            with pytest.raises(keys.SignatureInvalid):
                keys.verify(key, message, signed)


def test_nonces_serve_once() -> None:
    shares = committee()
    committed = {signer: keys.commit(shares[signer]) for signer in (1, 2, 3)}
    commitments = {signer: sent for signer, (_, sent) in committed.items()}
    nonces = committed[1][0]
    keys.sign(shares[1], nonces, MESSAGE, commitments)
    with pytest.raises(keys.NonceAlreadyUsed):
        keys.sign(shares[1], nonces, MESSAGE, commitments)
    with pytest.raises(keys.NonceAlreadyUsed):
        keys.sign(shares[1], nonces, bytes(32), commitments)


def test_nonces_are_gone_after_any_failure() -> None:
    shares = committee()
    _, two = keys.commit(shares[2])
    _, three = keys.commit(shares[3])

    def attempt(message: bytes = MESSAGE, path: tuple[int, ...] = (), **changed: bytes) -> type[Exception]:
        nonces, one = keys.commit(shares[1])
        sent = {1: one, 2: two, 3: three} | {int(signer[1:]): given for signer, given in changed.items()}
        with pytest.raises(Exception) as raised:  # noqa: PT011 -- the caller compares its type
            keys.sign(shares[1], nonces, message, {signer: given for signer, given in sent.items() if given}, path)
        with pytest.raises(keys.NonceAlreadyUsed):
            keys.sign(shares[1], nonces, MESSAGE, {1: one, 2: two, 3: three})
        return raised.type

    assert attempt(message=b"short") is keys.ParametersInvalid
    assert attempt(path=(2**31,)) is keys.DerivationInvalid
    assert attempt(path=(0,) * 6) is keys.DerivationInvalid
    assert attempt(_1=two) is keys.TranscriptMismatch
    assert attempt(_1=b"") is keys.TranscriptMismatch
    assert attempt(_3=b"") is keys.TooFewSigners
    assert attempt(_2=two[:-1]) is keys.CheaterFound
    assert attempt(_9=two) is keys.ParametersInvalid
    assert attempt(message="text") is TypeError  # type: ignore[arg-type]


def test_two_threads_race_for_nonces_and_one_gets_them() -> None:
    shares = committee(2, 2)
    for _ in range(20):
        committed = {signer: keys.commit(shares[signer]) for signer in (1, 2)}
        commitments = {signer: sent for signer, (_, sent) in committed.items()}
        outcomes: list[str] = []
        start = threading.Barrier(4)

        def race(
            nonces: keys.SigningNonces = committed[1][0],
            commitments: dict[int, bytes] = commitments,
            outcomes: list[str] = outcomes,
            start: threading.Barrier = start,
        ) -> None:
            start.wait()
            try:
                keys.sign(shares[1], nonces, MESSAGE, commitments)
                outcomes.append("signed")
            except keys.NonceAlreadyUsed:
                outcomes.append("refused")

        threads = [threading.Thread(target=race) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["refused"] * 3 + ["signed"]


@pytest.mark.parametrize("path", PATHS)
def test_every_wrong_share_is_named(path: list[int]) -> None:
    shares = committee()
    commitments, parts = partial_signatures(shares, (1, 2, 4, 5), MESSAGE, path)
    group_key = shares[1].group_key
    wrong = parts | {2: parts[4], 5: parts[5][:-1]}
    with pytest.raises(keys.CheaterFound) as raised:
        keys.aggregate(group_key, MESSAGE, commitments, wrong, path)
    assert raised.value.culprits == [5]
    wrong[5] = parts[4]
    with pytest.raises(keys.CheaterFound) as raised:
        keys.aggregate(group_key, MESSAGE, commitments, wrong, path)
    assert raised.value.culprits == [2, 5]
    keys.aggregate(group_key, MESSAGE, commitments, parts, path)


def test_a_signer_at_another_path_is_named() -> None:
    shares = committee()
    committed = {signer: keys.commit(shares[signer]) for signer in (1, 2, 3)}
    commitments = {signer: sent for signer, (_, sent) in committed.items()}
    parts = {
        signer: keys.sign(shares[signer], nonces, MESSAGE, commitments, [0, 8 if signer == 3 else 7])
        for signer, (nonces, _) in committed.items()
    }
    with pytest.raises(keys.CheaterFound) as raised:
        keys.aggregate(shares[1].group_key, MESSAGE, commitments, parts, [0, 7])
    assert raised.value.culprits == [3]


def test_aggregation_takes_one_share_of_each_committed_signer() -> None:
    shares = committee()
    commitments, parts = partial_signatures(shares, (1, 2, 3), MESSAGE)
    group_key = shares[1].group_key
    with pytest.raises(keys.ParametersInvalid):
        keys.aggregate(group_key, MESSAGE, commitments, {1: parts[1], 2: parts[2]})
    with pytest.raises(keys.TooFewSigners):
        keys.aggregate(group_key, MESSAGE, {1: commitments[1]}, {1: parts[1]})
    with pytest.raises(keys.CheaterFound):
        keys.aggregate(committee(nth=1)[1].group_key, MESSAGE, commitments, parts)


@settings(max_examples=50)
@given(st.binary(max_size=200), st.binary(max_size=200))
def test_hostile_bytes_name_their_sender(commitment: bytes, part: bytes) -> None:
    shares = committee()
    nonces, one = keys.commit(shares[1])
    _, two = keys.commit(shares[2])
    commitments = {1: one, 2: two, 3: commitment}
    with pytest.raises(keys.CheaterFound) as raised:
        keys.sign(shares[1], nonces, MESSAGE, commitments)
    assert raised.value.culprits == [3]
    commitments, parts = partial_signatures(shares, (1, 2, 3), MESSAGE)
    with pytest.raises(keys.CheaterFound) as raised:
        keys.aggregate(shares[1].group_key, MESSAGE, commitments, parts | {2: part})
    assert raised.value.culprits == [2]
