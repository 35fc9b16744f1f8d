"""Whoever picks the quorums spreads payments over them, so that no signer sees them all; and some signers are bought.

Each signer counts alone what it signs itself, against C / (n - t + 1). With up to t - 1 signers that count nothing,
every payment still needs one of the n - t + 1 honest ones: all in all, at most C leaves.
"""

import itertools

from holdfast.demo.deployment import SIGNERS, THRESHOLD
from signer_rig import FEE_SAT, SHARE_SAT, SIGNED, Takeover
from world import CAPITAL_SAT

CAP_SAT = 3 * SHARE_SAT
STEP_SAT = 15_000_000
"""What each payment lets leave: three of them fill a signer's share."""

PAYMENTS = 12
HONEST, BOUGHT = SIGNERS[: len(SIGNERS) - THRESHOLD + 1], SIGNERS[len(SIGNERS) - THRESHOLD + 1 :]


def funded(takeover: Takeover) -> Takeover:
    """A vault with a coin for each payment."""
    for _ in range(PAYMENTS - len(takeover.coins())):
        takeover.world.fund(None, CAPITAL_SAT)
    return takeover


def test_at_most_the_cap_leaves_with_two_signers_bought(takeover: Takeover) -> None:
    funded(takeover)
    left_sat = 0
    for number in range(PAYMENTS):
        signed = takeover.world.order(f"split-{number}", STEP_SAT - FEE_SAT)
        movement = takeover.customer_payment(signed, coin=number)
        # The bought signers sign anything: one honest signature is all that a payment needs.
        for signer in HONEST:
            quorum = tuple(sorted((signer, *BOUGHT)))
            if takeover.ask(signer, takeover.request(signer, movement, quorum=quorum)) == SIGNED:
                left_sat += STEP_SAT
                break
    assert left_sat == CAP_SAT


def test_at_most_the_cap_leaves_over_all_quorums_of_honest_signers(takeover: Takeover) -> None:
    funded(takeover)
    quorums = itertools.cycle(itertools.combinations(sorted(SIGNERS), THRESHOLD))
    left_sat = 0
    for number in range(PAYMENTS):
        signed = takeover.world.order(f"split-{number}", STEP_SAT - FEE_SAT)
        movement = takeover.customer_payment(signed, coin=number)
        for quorum in itertools.islice(quorums, 3):
            if takeover.sign(movement, quorum, attempt=bytes([number])) == {SIGNED}:
                left_sat += STEP_SAT
                break
    # Every payment is counted by three: five shares, a third of that sum.
    assert 0 < left_sat <= 5 * SHARE_SAT // 3 < CAP_SAT


def test_payment_just_below_every_threshold_adds_up(takeover: Takeover) -> None:
    # Structuring: single payments so small that one person suffices for each.
    funded(takeover)
    answers = []
    for number in range(PAYMENTS):
        signed = takeover.world.order(f"small-{number}", 10_000_000 - FEE_SAT)
        movement = takeover.customer_payment(signed, coin=number, persons=1)
        answers.append(takeover.ask("bern", takeover.request("bern", movement)))
    assert answers == [SIGNED] * 4 + ["cap.exceeded"] * 8
