"""Attesting reserve epochs: one super-root an epoch, each after the one before, by a quorum of the vault's signers."""

import os
from dataclasses import replace
from typing import Any

import pytest

from holdfast.authority import EVERYONE, NO_EPOCH, AssetTree, EpochHeader, Header, open_envelope
from holdfast.custody import vault_certificate
from holdfast.demo.deployment import SIGNERS, VAULT, VENUE
from holdfast.encoding import EncodingError
from holdfast.errors import HoldfastError
from holdfast.keys import GroupKey, SignatureInvalid, derive_output_key, verify
from holdfast.reserves.attestation import attest
from holdfast.signer import (
    OWNERSHIP_PATH,
    ROUND_COMMIT,
    Commitments,
    EpochShown,
    EpochsShow,
    OwnershipRequest,
    SignerRefused,
    SigningFinish,
)
from holdfast.store import transaction
from signer_rig import Takeover
from world import NOW_S

TREE = AssetTree("BTC", 8, bytes(32), 5, 16)
QUORUM = tuple(SIGNERS[:3])


def header(epoch: int = 1, previous: bytes = NO_EPOCH, **changed: Any) -> EpochHeader:
    """An epoch's header, a minute and a block after the one before."""
    first = EpochHeader(VENUE, epoch, NOW_S + 60 * epoch, previous, "regtest", epoch, bytes(32), bytes(32), (TREE,))
    return replace(first, **changed)


def chain(length: int) -> list[EpochHeader]:
    """Epochs that follow one another."""
    headers = [header()]
    while len(headers) < length:
        headers.append(header(len(headers) + 1, headers[-1].super_root()))
    return headers


def group_key_of(takeover: Takeover) -> GroupKey:
    """The vault's key."""
    with transaction(takeover.world.plane.engine) as connection:
        return GroupKey.decoded(vault_certificate(connection, VAULT).statement.group_key)


def ask(takeover: Takeover, *headers: EpochHeader, name: str = SIGNERS[0], **changed: Any) -> str:
    """What a signer says of a request: "bound", or its refusal's code."""
    asked = replace(OwnershipRequest(VAULT, 1, headers, QUORUM, os.urandom(16)), **changed)
    try:
        (letter,) = takeover.world.plane.signer(name).call(asked)
    except SignerRefused as refused:
        return refused.refusal.code
    place = Header(name, EVERYONE, asked.session(), ROUND_COMMIT, asked.committee_epoch)
    body = Commitments.decoded(open_envelope(letter, takeover.world.plane.roster, place))
    assert len(body.commitments) == 1
    return "bound"


def newest(takeover: Takeover, name: str = SIGNERS[0]) -> tuple[int, bytes]:
    """What a signer says that it is bound to."""
    asked = EpochsShow(os.urandom(16), 0)
    (letter,) = takeover.world.plane.signer(name).call(asked)
    shown = open_envelope(letter, takeover.world.plane.roster, Header(name, EVERYONE, asked.digest(), 0, 0))
    body = EpochShown.decoded(shown)
    return body.epoch, body.super_root


def test_a_quorum_attests_and_anybody_verifies(takeover: Takeover) -> None:
    plane = takeover.world.plane
    with transaction(plane.engine) as connection:
        certificate = vault_certificate(connection, VAULT)
    epochs = chain(3)
    group_key = group_key_of(takeover)
    for number in range(1, 4):
        clients = plane.signers(QUORUM if number < 3 else tuple(SIGNERS[2:]))
        signature = attest(clients, plane.roster, certificate, epochs[:number])
        key = derive_output_key(group_key.verifying_key, list(OWNERSHIP_PATH))
        assert key == group_key.output_key(list(OWNERSHIP_PATH))
        verify(key, epochs[number - 1].ownership_message(), signature)
        with pytest.raises(SignatureInvalid):
            verify(key, epochs[number % 3].ownership_message(), signature)
    # The two that had missed the first epochs were shown them.
    assert newest(takeover, SIGNERS[4]) == (3, epochs[2].super_root())
    assert newest(takeover, SIGNERS[0]) == (2, epochs[1].super_root())


def test_no_address_of_the_vault_has_that_key(takeover: Takeover) -> None:
    key = group_key_of(takeover)
    attesting = key.output_key(list(OWNERSHIP_PATH))
    assert all(key.output_key([branch, position]) != attesting for branch in (0, 1) for position in range(20))


def test_an_epoch_has_one_super_root_for_ever(takeover: Takeover) -> None:
    first, second = chain(2)
    assert newest(takeover) == (0, NO_EPOCH)
    assert ask(takeover, first) == "bound"
    assert ask(takeover, first) == "bound"
    assert ask(takeover, header(at_s=NOW_S)) == "epoch.taken"
    assert ask(takeover, second) == "bound"
    assert ask(takeover, first) == "bound"
    assert ask(takeover, replace(second, at_s=NOW_S)) == "epoch.taken"
    assert newest(takeover) == (2, second.super_root())


def test_epochs_follow_one_another(takeover: Takeover) -> None:
    first, second, third = chain(3)
    assert ask(takeover, second) == "epoch.chain_broken"
    assert ask(takeover, first, third) == "epoch.chain_broken"
    # A refusal binds nothing.
    assert newest(takeover) == (0, NO_EPOCH)
    assert ask(takeover, first, second, third) == "bound"
    assert newest(takeover) == (3, third.super_root())
    assert ask(takeover, header(5, third.super_root())) == "epoch.chain_broken"
    assert ask(takeover, header(4, second.super_root())) == "epoch.chain_broken"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"venue": "Another Exchange"}, "epoch.venue_foreign"),
        ({"network": "main"}, "epoch.venue_foreign"),
    ],
)
def test_another_house_s_epoch_is_refused(takeover: Takeover, changed: dict[str, Any], code: str) -> None:
    assert ask(takeover, header(**changed)) == code
    assert newest(takeover) == (0, NO_EPOCH)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"vault": "cold"}, "key.epoch_unknown"),
        ({"committee_epoch": 2}, "key.epoch_unknown"),
        ({"quorum": QUORUM[:2]}, "signer.quorum_invalid"),
        ({"quorum": (*QUORUM[:2], QUORUM[1])}, "signer.quorum_invalid"),
        ({"quorum": (*QUORUM[:2], "nobody")}, "signer.quorum_invalid"),
        ({"quorum": tuple(SIGNERS[1:4])}, "signer.quorum_invalid"),
    ],
)
def test_another_key_or_quorum_is_refused(takeover: Takeover, changed: dict[str, Any], code: str) -> None:
    assert ask(takeover, header(), **changed) == code
    assert newest(takeover) == (0, NO_EPOCH)


def test_each_epoch_is_of_a_later_time_and_a_higher_block(takeover: Takeover) -> None:
    """Or one block's coins could cover two sets of books under two numbers."""
    first, second = chain(2)
    assert ask(takeover, first) == "bound"
    later: tuple[dict[str, Any], ...] = (
        {"height": first.height},
        {"height": 0},
        {"at_s": first.at_s},
        {"at_s": first.at_s - 1},
    )
    for changed in later:
        assert ask(takeover, replace(second, **changed)) == "epoch.chain_broken"
    assert newest(takeover) == (1, first.super_root())
    assert ask(takeover, second) == "bound"


def test_an_epoch_s_time_is_near_the_signer_s_clock(takeover: Takeover) -> None:
    clock = takeover.world.clock
    for at_s in (1, NOW_S - 3_601, NOW_S + 3_601, 2**37 - 1):
        assert ask(takeover, header(at_s=at_s)) == "epoch.time_off"
    assert newest(takeover) == (0, NO_EPOCH)
    first, second, third = chain(3)
    assert ask(takeover, first) == "bound"
    # What is bound is attested again, however old; what is new must be of now, and those missed before it need not.
    clock.advance(86_400)
    assert ask(takeover, first) == "bound"
    assert ask(takeover, second) == "epoch.time_off"
    assert ask(takeover, second, replace(third, at_s=clock.now_s())) == "bound"


@pytest.mark.parametrize(
    "changed",
    [
        {"at_s": 2**37},
        {"height": 2**53},
        {"epoch": 2**53},
        {"epoch": 2},
        {"previous": b"\1" * 32},
        {"assets": ()},
        {"assets": (TREE, TREE)},
    ],
)
def test_no_header_is_out_of_the_format(changed: dict[str, Any]) -> None:
    with pytest.raises(HoldfastError) as refused:
        header(**changed)
    assert refused.value.exit_status == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"decimals": 2},
        {"asset": "DOGE"},
        {"asset": "ETH"},
        {"leaves": 3},
        {"leaves": 1},
        {"leaves": 2**33},
        {"total": -1},
        {"total": 10**36 + 1},
    ],
)
def test_no_tree_is_out_of_the_format(changed: dict[str, Any]) -> None:
    with pytest.raises(HoldfastError):
        replace(TREE, **changed)
    # Nor is one that a relay has put together past its own checks.
    forged = object.__new__(AssetTree)
    for name in ("asset", "decimals", "root", "total", "leaves"):
        object.__setattr__(forged, name, changed.get(name, getattr(TREE, name)))
    past = header()
    object.__setattr__(past, "assets", (forged,))
    asked = OwnershipRequest(VAULT, 1, (past,), QUORUM, bytes(16)).encoded()
    with pytest.raises(HoldfastError):
        OwnershipRequest.decoded(asked)


def test_a_signer_shows_what_it_is_bound_to(takeover: Takeover) -> None:
    epochs = chain(3)
    assert ask(takeover, *epochs) == "bound"
    asked = EpochsShow(os.urandom(16), 1)
    (letter,) = takeover.world.plane.signer(SIGNERS[0]).call(asked)
    place = Header(SIGNERS[0], EVERYONE, asked.digest(), 0, 0)
    shown = EpochShown.decoded(open_envelope(letter, takeover.world.plane.roster, place))
    assert (shown.epoch, shown.headers) == (3, tuple(epochs[1:]))
    with pytest.raises(EncodingError):
        EpochsShow(bytes(16), -1)


def test_a_request_names_an_epoch() -> None:
    with pytest.raises(EncodingError):
        OwnershipRequest(VAULT, 1, (), QUORUM, bytes(16))
    with pytest.raises(EncodingError):
        OwnershipRequest(VAULT, 2**63, (header(),), QUORUM, bytes(16))


def test_a_session_has_one_try_and_its_nonces_are_burned(takeover: Takeover) -> None:
    asked = OwnershipRequest(VAULT, 1, (header(),), QUORUM, os.urandom(16))
    letters = tuple(takeover.world.plane.signer(name).call(asked)[0] for name in QUORUM)
    finish = SigningFinish(asked.session(), letters)
    client = takeover.world.plane.signer(QUORUM[0])
    client.call(finish)
    with pytest.raises(SignerRefused) as refused:
        client.call(finish)
    assert refused.value.refusal.code == "signer.session_unknown"


def test_what_was_bound_outlives_a_restart(takeover: Takeover) -> None:
    first, second = chain(2)
    assert ask(takeover, first) == "bound"
    takeover.restart(SIGNERS[0])
    assert ask(takeover, header(at_s=NOW_S)) == "epoch.taken"
    assert ask(takeover, second) == "bound"
