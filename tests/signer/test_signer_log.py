"""A signer follows one log: it signs for no intent that is not in it, and vouches for no other history."""

import dataclasses
from typing import Any

import pytest

from holdfast.audit import (
    Checkpoint,
    GenesisAdopted,
    IntentFixed,
    LogEntry,
    LogSigner,
    checkpoint,
    consistency_proof,
    leaf_hash,
    open_checkpoint,
    verify_cosignature,
)
from holdfast.authority import EVERYONE, Header, open_envelope
from holdfast.custody import LOG_KEY, Movement
from holdfast.demo.deployment import SIGNERS
from holdfast.signer import Cosigned, CosignRequest, LogEvidence, LogProof
from holdfast.store import transaction
from signer_rig import QUORUM, SIGNED, Takeover

OTHER_ROOT = b"\x07" * 32


@pytest.fixture(scope="module")
def movement(shared: Takeover) -> Movement:
    """An approved movement, shown with other evidence each time; the signers have cosigned the log before it."""
    assert shared.cosign_log() == {SIGNED}
    return shared.movement(shared.world.approved("honest", 20_000_000))


def evidence(takeover: Takeover, movement: Movement) -> LogEvidence:
    """The honest evidence; it is the same for signers that have cosigned the same."""
    return takeover.request(QUORUM[0], movement).log


def verdicts(takeover: Takeover, movement: Movement, **log: Any) -> set[str]:
    """What the signers say to bent evidence; none of them records anything."""
    before = takeover.records()
    answers = takeover.verdicts(movement, log=dataclasses.replace(evidence(takeover, movement), **log))
    assert answers == {SIGNED} or takeover.records() == before
    return answers


def note_of(takeover: Takeover, size: int, root: bytes) -> str:
    """A checkpoint that the log's own key signed, of whatever log."""
    signer = LogSigner.load(takeover.world.deployment.control / LOG_KEY)
    return signer.sign(Checkpoint(signer.name, size, root))


def test_fork_of_the_same_size_is_refused(shared: Takeover, movement: Movement) -> None:
    size = open_checkpoint(evidence(shared, movement).checkpoint, shared.plane.genesis.log_name, _key(shared)).size
    assert verdicts(shared, movement, checkpoint=note_of(shared, size, OTHER_ROOT)) == {"log.not_consistent"}


def _key(takeover: Takeover) -> bytes:
    return takeover.plane.genesis.log_key


def test_log_made_anew_with_the_same_key_is_refused(shared: Takeover, movement: Movement) -> None:
    # One entry, the intent itself: its inclusion is proven, its history is another.
    entry = LogEntry(0, 1, IntentFixed(movement.intent.digest(), movement.intent.encoded()).encoded()).encoded()
    forged = LogEvidence(note_of(shared, 1, leaf_hash(entry)), (), LogProof(entry, 0, ()))
    assert shared.verdicts(movement, log=forged) == {"log.rolled_back"}
    larger = LogEvidence(note_of(shared, 10_000, leaf_hash(entry)), (), LogProof(entry, 0, ()))
    assert shared.verdicts(movement, log=larger) == {"log.not_consistent"}


def test_proof_of_consistency_is_needed_whole(shared: Takeover, movement: Movement) -> None:
    proof = evidence(shared, movement).consistency
    assert proof
    for bent in ((), proof[1:], (*proof, bytes(32)), (b"short", *proof[1:]), (bytes(32), *proof[1:])):
        assert verdicts(shared, movement, consistency=bent) == {"log.not_consistent"}


def test_checkpoint_is_the_pinned_logs(shared: Takeover, movement: Movement) -> None:
    honest = evidence(shared, movement).checkpoint
    altered = honest.replace(honest.splitlines()[1], str(int(honest.splitlines()[1]) + 1), 1)
    assert verdicts(shared, movement, checkpoint=altered) == {"audit.checkpoint_forged"}
    assert verdicts(shared, movement, checkpoint="no note at all") == {"audit.note_malformed"}


def test_intent_must_be_in_the_log(shared: Takeover, movement: Movement) -> None:
    honest = evidence(shared, movement).entry
    another = dataclasses.replace(movement.intent, created_by="mallory")
    other_entry = LogEntry(honest.index, 1, IntentFixed(another.digest(), another.encoded()).encoded()).encoded()
    false_body = LogEntry(honest.index, 1, IntentFixed(movement.intent.digest(), b"").encoded()).encoded()
    first = shared.request(QUORUM[0], dataclasses.replace(movement, log_sequence=0)).log.entry
    for bent in (
        dataclasses.replace(honest, entry=other_entry),
        dataclasses.replace(honest, entry=false_body),
        dataclasses.replace(honest, index=honest.index + 1),
        dataclasses.replace(honest, index=honest.index - 1),
        dataclasses.replace(honest, index=-1),
        dataclasses.replace(honest, index=2**63),
        dataclasses.replace(honest, proof=honest.proof[:-1]),
        first,
    ):
        assert verdicts(shared, movement, entry=bent) == {"log.not_consistent"}


def test_entry_that_nobody_can_read_is_refused(shared: Takeover, movement: Movement) -> None:
    honest = evidence(shared, movement).entry
    assert verdicts(shared, movement, entry=dataclasses.replace(honest, entry=b"")) == {"log.not_consistent"}


def test_honest_evidence_is_signed_after_all(shared: Takeover, movement: Movement) -> None:
    assert shared.verdicts(movement) == {SIGNED}


# What becomes invalid


def test_log_rolled_back_is_refused_for_ever(takeover: Takeover) -> None:
    takeover.cosign_log()
    with transaction(takeover.plane.engine) as connection:
        older = checkpoint(connection, takeover.plane.log_signer)
    movement = takeover.movement(takeover.world.approved("later", 20_000_000))
    takeover.cosign_log()
    assert takeover.verdicts(movement, log=dataclasses.replace(evidence(takeover, movement), checkpoint=older)) == {
        "log.rolled_back"
    }
    assert takeover.everywhere(CosignRequest(older, ())) == {"log.rolled_back"}
    for signer in SIGNERS:
        takeover.restart(signer)
    assert takeover.everywhere(CosignRequest(older, ())) == {"log.rolled_back"}
    assert takeover.verdicts(movement) == {SIGNED}


def test_cosignature_is_for_one_history(takeover: Takeover) -> None:
    takeover.cosign_log()
    size = takeover.plane.signer(QUORUM[0]).status().log_size
    fork = note_of(takeover, size, OTHER_ROOT)
    assert takeover.everywhere(CosignRequest(fork, ())) == {"log.not_consistent"}
    grown = note_of(takeover, size + 5, OTHER_ROOT)
    assert takeover.everywhere(CosignRequest(grown, (OTHER_ROOT,))) == {"log.not_consistent"}
    forged = LogSigner.create(takeover.world.deployment.directory / "other.key", takeover.plane.genesis.log_name)
    unsigned = forged.sign(Checkpoint(forged.name, size + 5, OTHER_ROOT))
    assert takeover.everywhere(CosignRequest(unsigned, ())) == {"audit.checkpoint_forged"}


def test_cosignature_verifies_and_the_same_again_changes_nothing(takeover: Takeover) -> None:
    takeover.cosign_log()
    takeover.log(GenesisAdopted(bytes(32), "again"))
    with transaction(takeover.plane.engine) as connection:
        note = checkpoint(connection, takeover.plane.log_signer)
        known = takeover.plane.signer("bern").status().log_size
        proof = tuple(consistency_proof(connection, known, known + 1))
    request = CosignRequest(note, proof)
    for _ in range(2):
        (letter,) = takeover.plane.signer("bern").call(request)
        body = open_envelope(letter, takeover.plane.roster, Header("bern", EVERYONE, request.digest(), 0, 0))
        line = Cosigned.decoded(body).cosignature
        key = takeover.plane.roster.signer("bern").signing_key
        assert verify_cosignature(note + line + "\n", "bern", key) == takeover.world.clock.now_s()
        request = CosignRequest(note, ())
    assert takeover.plane.signer("bern").status().log_size == known + 1
