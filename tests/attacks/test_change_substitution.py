"""The change, which nobody is shown, goes to somebody else, or to where its owner will not find it.

Both are known from hardware wallets: a change output that is not checked against the wallet's own keys is theft; one
at a path so far off that no restored wallet looks there can be held to ransom.
"""

from embit.script import Script
from embit.transaction import Transaction

from holdfast.signer import CHANGE_CHAIN, CHANGE_WINDOW, P2TR_PREFIX
from signer_rig import SIGNED, Takeover

ATTACKERS_KEY = P2TR_PREFIX + bytes.fromhex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")


def paying_change_to(takeover: Takeover, raw: bytes, script: bytes) -> bytes:
    """The transaction with its change, the last output, to another script."""
    altered = Transaction.parse(raw)
    altered.vout[-1].script_pubkey = Script(script)
    serialised: bytes = altered.serialize()
    return serialised


def test_change_to_the_attacker(takeover: Takeover) -> None:
    movement = takeover.movement(takeover.world.approved("honest", 20_000_000))
    stolen = paying_change_to(takeover, movement.plan.raw, ATTACKERS_KEY)
    assert movement.change_path is not None
    assert takeover.verdicts(movement, transaction=stolen) == {"transaction.change_foreign"}
    assert takeover.verdicts(movement, transaction=stolen, change_path=None) == {"transaction.output_unexpected"}
    for path in ((0, 0), (CHANGE_CHAIN, 5), (CHANGE_CHAIN, 0, 0)):
        codes = takeover.verdicts(movement, transaction=stolen, change_path=path)
        assert codes <= {"transaction.change_foreign", "transaction.change_out_of_range"}


def test_change_held_to_ransom(takeover: Takeover) -> None:
    movement = takeover.movement(takeover.world.approved("honest", 20_000_000))
    for index in (CHANGE_WINDOW, CHANGE_WINDOW + 1, 1_000_000, 2**31 - 1, 2**31, 2**32 - 1):
        script = takeover.script(CHANGE_CHAIN, index) if index < 2**31 else ATTACKERS_KEY
        hidden = paying_change_to(takeover, movement.plan.raw, script)
        codes = takeover.verdicts(movement, transaction=hidden, change_path=(CHANGE_CHAIN, index))
        assert codes == {"transaction.change_out_of_range"}


def test_change_is_not_walked_away_by_many_attempts(takeover: Takeover) -> None:
    movement = takeover.movement(takeover.world.approved("honest", 20_000_000))
    for number, index in enumerate((CHANGE_WINDOW - 1, CHANGE_WINDOW, 2 * CHANGE_WINDOW - 1)):
        step = paying_change_to(takeover, movement.plan.raw, takeover.script(CHANGE_CHAIN, index))
        path = (CHANGE_CHAIN, index)
        codes = takeover.verdicts(movement, attempt=bytes([number]), transaction=step, change_path=path)
        assert codes == ({"transaction.change_out_of_range"} if number else {SIGNED})
