"""One nonce signs two messages, and the private key follows by school arithmetic.

Sony's PlayStation 3 signed every firmware with one nonce (fail0verflow, 27C3, December 2010); bitcoin wallets on
Android lost coins to repeated ones (CVE-2013-7372). A threshold signer can be led to it in more ways: by asking it
twice, by a crash between its rounds, or by restoring its machine from a snapshot.
"""

import shutil
import sqlite3

from embit.transaction import Transaction

from holdfast.signer import Commitments, SigningFinish
from signer_rig import QUORUM, SIGNED, Takeover


def test_second_answer_for_one_session(takeover: Takeover) -> None:
    movement = takeover.movement(takeover.world.approved("honest", 20_000_000))
    opened = takeover.begin(movement)
    again = takeover.begin(movement)
    # The same session, other commitments of the others: another challenge for the first nonces, were they still there.
    mixed = SigningFinish(opened.session, (opened.letters[QUORUM[0]], *again.finish.commitments[1:]))
    assert takeover.ask(QUORUM[0], mixed) == "keys.transcript_mismatch"
    assert takeover.ask(QUORUM[0], opened.finish) == "signer.session_unknown"


def test_second_message_for_one_nonce(takeover: Takeover) -> None:
    movement = takeover.proposed(takeover.movement(takeover.world.approved("honest", 20_000_000)))
    other = Transaction.parse(movement.plan.raw)
    other.vout[-1].value -= 1
    requests = [
        takeover.request("bern", movement, quorum=QUORUM, attempt=b"same", transaction=raw)
        for raw in (movement.plan.raw, other.serialize())
    ]
    commitments: set[bytes] = set()
    for request in requests:
        (letter,) = takeover.plane.signer("bern").call(request)
        commitments.update(Commitments.decoded(letter.letter.body).commitments)
    assert len(commitments) == 2


def test_machine_restored_from_a_snapshot_between_the_rounds(takeover: Takeover) -> None:
    movement = takeover.movement(takeover.world.approved("honest", 20_000_000))
    folder = takeover.world.deployment.signer("bern")
    opened = takeover.begin(movement)
    takeover.world.signers["bern"].home.engine.dispose()
    shutil.copytree(folder, folder.with_name("snapshot"))
    takeover.restart("bern")
    used = []
    for _ in range(2):
        # Each time the disk is as it was after round 1; the secret nonces never were on it.
        takeover.world.signers["bern"].home.engine.dispose()
        shutil.rmtree(folder)
        shutil.copytree(folder.with_name("snapshot"), folder)
        takeover.restart("bern")
        assert takeover.ask("bern", opened.finish) == "signer.session_unknown"
        assert takeover.sign(movement, attempt=b"again") == {SIGNED}
        used.append(_used(takeover))
    assert len(used[0] | used[1]) == len(used[0]) + 1


def _used(takeover: Takeover) -> set[bytes]:
    connection = sqlite3.connect(takeover.database("bern"))
    try:
        return {commitment for (commitment,) in connection.execute("SELECT commitment FROM nonce_uses")}
    finally:
        connection.close()
