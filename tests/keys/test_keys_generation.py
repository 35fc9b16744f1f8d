"""Key generation: one key for all, and cheats named."""

import pytest

from holdfast import keys
from holdfast.errors import HoldfastError
from keys.key_rigs import committee, without


def test_all_signers_agree_on_one_key() -> None:
    shares = committee()
    group_keys = {share.group_key.encoded() for share in shares.values()}
    assert len(group_keys) == 1
    group_key = shares[1].group_key
    assert group_key.threshold == 3
    assert sorted(group_key.verifying_shares) == [1, 2, 3, 4, 5]
    assert len(group_key.verifying_key) == 33
    assert keys.GroupKey.decoded(group_key.encoded()) == group_key
    assert committee(nth=1)[1].group_key != group_key


@pytest.mark.parametrize(
    ("identifier", "signers", "threshold"), [(0, 3, 2), (1, 3, 1), (1, 3, 0), (1, 2, 3), (1, 33, 2), (1, 1, 1)]
)
def test_impossible_committees_are_refused(identifier: int, signers: int, threshold: int) -> None:
    with pytest.raises(keys.ParametersInvalid):
        keys.dkg_begin(identifier, signers, threshold)


@pytest.mark.parametrize("identifier", [-1, 65_536, 10**30])
def test_an_identifier_beyond_its_field_has_a_code(identifier: int) -> None:
    with pytest.raises(HoldfastError) as raised:
        keys.dkg_begin(identifier, 3, 2)
    assert raised.value.code == "core.number_out_of_range"


def three_hellos() -> tuple[keys.DkgRound1Secret, dict[int, bytes]]:
    """The secret of signer 1, and everybody's first message."""
    begun = {own: keys.dkg_begin(own, 3, 2) for own in (1, 2, 3)}
    return begun[1][0], {own: hello for own, (_, hello) in begun.items()}


def test_a_forged_hello_names_its_sender() -> None:
    for forge in (
        lambda hellos: hellos[2],  # another's message, passed off as one's own
        lambda hellos: hellos[3][:-1] + bytes([hellos[3][-1] ^ 1]),
        lambda hellos: hellos[3] + b"\x00",
        lambda _: keys.dkg_begin(3, 3, 3)[1],
        lambda _: b"",
    ):
        secret, hellos = three_hellos()
        hellos[3] = forge(hellos)
        with pytest.raises(keys.CheaterFound, match="signer 3") as raised:
            keys.dkg_exchange(secret, without(hellos, 1))
        assert raised.value.culprits == [3]
        assert raised.value.code == "keys.cheater_found"


def test_a_forged_letter_names_its_sender() -> None:
    begun = {own: keys.dkg_begin(own, 3, 2) for own in (1, 2, 3)}
    hellos = {own: hello for own, (_, hello) in begun.items()}
    exchanged = {own: keys.dkg_exchange(begun[own][0], without(hellos, own)) for own in begun}
    letters = {2: exchanged[2][1][1], 3: exchanged[2][1][3]}  # signer 2's letter to 3, as if 3 had written to 1
    with pytest.raises(keys.CheaterFound) as raised:
        keys.dkg_finish(exchanged[1][0], without(hellos, 1), letters)
    assert raised.value.culprits == [3]
    # The secret is gone with the failure: nobody probes it twice.
    letters[3] = exchanged[3][1][1]
    with pytest.raises(keys.SecretAlreadyConsumed):
        keys.dkg_finish(exchanged[1][0], without(hellos, 1), letters)


def test_round_two_must_follow_the_same_round_one() -> None:
    begun = {own: keys.dkg_begin(own, 2, 2) for own in (1, 2)}
    first, _ = keys.dkg_exchange(begun[1][0], {2: begun[2][1]})
    _, letters = keys.dkg_exchange(begun[2][0], {1: begun[1][1]})
    with pytest.raises(keys.TranscriptMismatch):
        keys.dkg_finish(first, {2: keys.dkg_begin(2, 2, 2)[1]}, {2: letters[1]})


def test_a_round_takes_every_message_once() -> None:
    for sent in (lambda hellos: hellos, lambda hellos: {2: hellos[2]}, lambda _: {}):
        secret, hellos = three_hellos()
        with pytest.raises(keys.ParametersInvalid):
            keys.dkg_exchange(secret, sent(hellos))
        with pytest.raises(keys.SecretAlreadyConsumed):
            keys.dkg_exchange(secret, without(hellos, 1))
