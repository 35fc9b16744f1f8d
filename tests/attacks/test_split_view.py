"""The log's keeper shows different signers, or auditors, different histories.

Why Certificate Transparency (RFC 6962, 2013) needs gossip or witnesses (Chuat et al., 2015): a log's signature proves
that it spoke, not that it did not also say something else. A signer that has cosigned one history signs for no other,
so whoever splits the view splits the quorum.
"""

import hashlib

from holdfast.audit import (
    Checkpoint,
    CustomerEnrolled,
    Event,
    IntentFixed,
    LogEntry,
    LogSigner,
    leaf_hash,
)
from holdfast.custody import LOG_KEY, Movement
from holdfast.demo.authenticator import SoftwareAuthenticator
from holdfast.demo.deployment import CUSTOMER_ORIGIN, SIGNERS
from holdfast.signer import CosignRequest, EnrolledOrder, LogEvidence, LogProof
from signer_rig import SIGNED, Takeover


class SecondLog:
    """Another history of two entries under the log's own key."""

    def __init__(self, takeover: Takeover, first: Event, second: Event) -> None:
        events = (first, second)
        self.entries = tuple(LogEntry(index, 1, event.encoded()).encoded() for index, event in enumerate(events))
        self.leaves = tuple(leaf_hash(entry) for entry in self.entries)
        signer = LogSigner.load(takeover.world.deployment.control / LOG_KEY)
        self.note = signer.sign(Checkpoint(signer.name, 2, hashlib.sha256(b"\x01" + b"".join(self.leaves)).digest()))

    def proof(self, index: int) -> LogProof:
        """An entry, with the other's hash as its proof."""
        return LogProof(self.entries[index], index, (self.leaves[1 - index],))


def second_view(takeover: Takeover, movement: Movement) -> tuple[LogEvidence, tuple[EnrolledOrder, ...]]:
    """Evidence for a movement out of a log that exists for its sake: the attacker's passkey in Alice's name."""
    forged = SoftwareAuthenticator("localhost", "alice").credential
    enrolled = CustomerEnrolled("alice", forged.credential_id, forged.public_key, CUSTOMER_ORIGIN)
    view = SecondLog(takeover, enrolled, IntentFixed(movement.intent.digest(), movement.intent.encoded()))
    orders = tuple(EnrolledOrder(signed, view.proof(0)) for signed in movement.orders)
    return LogEvidence(view.note, (), view.proof(1)), orders


def test_signers_that_know_the_log_believe_no_other(takeover: Takeover) -> None:
    assert takeover.cosign_log() == {SIGNED}
    movement = takeover.movement(takeover.world.approved("honest", 20_000_000))
    log, orders = second_view(takeover, movement)
    assert takeover.verdicts(movement, log=log, orders=orders) == {"log.rolled_back"}
    assert takeover.everywhere(CosignRequest(log.checkpoint, ())) == {"log.rolled_back"}


def test_split_view_cannot_be_joined_again(takeover: Takeover) -> None:
    # Two signers that never saw the log are shown one of the attacker's own: they are lost to the honest one, and
    # the attacker has two of three.
    movement = takeover.movement(takeover.world.approved("honest", 20_000_000))
    log, _ = second_view(takeover, movement)
    deceived, others = SIGNERS[:2], SIGNERS[2:]
    for signer in deceived:
        assert takeover.ask(signer, CosignRequest(log.checkpoint, ())) == SIGNED
    for signer in others:
        assert takeover.ask(signer, takeover.request(signer, movement)) == SIGNED
    for signer in deceived:
        assert takeover.ask(signer, takeover.request(signer, movement)) == "log.not_consistent"
    for signer in others:
        assert takeover.ask(signer, CosignRequest(log.checkpoint, ())) == "log.rolled_back"
