"""How many signers a roster takes: by counting, for every number of signers that a committee can have."""

import pytest

from holdfast.authority import AuthorityMalformed, KeyOrder
from holdfast.signer import majority, ready_quorum

MAX_SIGNERS = 32


@pytest.mark.parametrize("signers", range(1, MAX_SIGNERS + 1))
def test_two_groups_of_ready_signers_share_more_than_a_tolerated_minority(signers: int) -> None:
    ready, threshold = ready_quorum(signers), majority(signers)
    tolerated = threshold - 1
    assert 2 * ready - signers > tolerated
    assert 3 * ready > 2 * signers
    assert ready <= signers
    assert 2 * (ready - 1) - signers <= tolerated or 3 * (ready - 1) <= 2 * signers, "one fewer would do"


@pytest.mark.parametrize("signers", range(2, MAX_SIGNERS + 1))
def test_a_majority_is_the_smallest_threshold_of_all_signers(signers: int) -> None:
    members = tuple(f"signer-{number}" for number in range(signers))
    KeyOrder(bytes(32), "hot", "BTC", "regtest", "secp256k1-tr", max(majority(signers), 2), members, 1)
    with pytest.raises(AuthorityMalformed):
        KeyOrder(bytes(32), "hot", "BTC", "regtest", "secp256k1-tr", majority(signers) - 1, members, 1)


def test_five_signers_change_the_roster_by_four() -> None:
    assert [ready_quorum(signers) for signers in (1, 2, 3, 4, 5, 6, 7, 9, 32)] == [1, 2, 3, 4, 4, 5, 6, 7, 25]
