"""Sanctions lists: signed by enough pinned keys, newer than the last, in one order, and not too old."""

import dataclasses

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from holdfast.screening import (
    RELEASE_KEY,
    ListSignature,
    SanctionedAddress,
    SanctionsSnapshot,
    Screen,
    SignedSnapshot,
    SnapshotForged,
    SnapshotMalformed,
    SnapshotRolledBack,
    SnapshotStale,
    packaged_snapshot,
    require_newer,
    require_signed,
    sign_snapshot,
)

DAY_S = 86_400
AS_OF_S = 1_742_428_800
ENTRY = SanctionedAddress("BTC", "12t9YDPgwueZ9NyMgw519p7AA8isjr6SMw", "76a91414")
LIST = SanctionsSnapshot("a test", AS_OF_S, 7, (ENTRY, dataclasses.replace(ENTRY, asset="ETH")))
OFFICERS = [Ed25519PrivateKey.generate() for _ in range(3)]
KEYS = tuple(officer.public_key().public_bytes_raw() for officer in OFFICERS)


def test_enough_pinned_officers_sign() -> None:
    require_signed(sign_snapshot(LIST, *OFFICERS[:2]), KEYS, 2)
    require_signed(sign_snapshot(LIST, OFFICERS[0]).signed_also_by(OFFICERS[2]), KEYS, 2)


def test_a_stranger_s_signature_counts_for_nothing_and_harms_nothing() -> None:
    stranger = Ed25519PrivateKey.generate()
    require_signed(sign_snapshot(LIST, stranger, *OFFICERS[:2]), KEYS, 2)
    with pytest.raises(SnapshotForged, match="1 of 2"):
        require_signed(sign_snapshot(LIST, stranger, OFFICERS[0]), KEYS, 2)


def test_too_few_one_twice_or_forged() -> None:
    signed = sign_snapshot(LIST, *OFFICERS[:2])
    other = dataclasses.replace(LIST, entries=(ENTRY,))
    bad = ListSignature(KEYS[2], bytes(64))
    for forged in (
        sign_snapshot(LIST),
        sign_snapshot(LIST, OFFICERS[0]),
        sign_snapshot(LIST, OFFICERS[0], OFFICERS[0]),
        dataclasses.replace(signed, snapshot=other),
        dataclasses.replace(signed, signatures=(*signed.signatures, bad)),
        dataclasses.replace(signed, signatures=signed.signatures * 33),
    ):
        with pytest.raises(SnapshotForged):
            require_signed(forged, KEYS, 2)
    with pytest.raises(SnapshotForged):
        require_signed(signed, KEYS, 0)


def test_a_list_ends_with_its_signers_keys() -> None:
    signed = sign_snapshot(LIST, *OFFICERS[:2])
    require_signed(signed, KEYS, 2)
    with pytest.raises(SnapshotForged):
        require_signed(signed, KEYS[1:], 2)


@pytest.mark.parametrize("number", [6, 7])
def test_an_older_list_does_not_come_back(number: int) -> None:
    require_newer(LIST, 6)
    with pytest.raises(SnapshotRolledBack):
        require_newer(dataclasses.replace(LIST, number=number), 7)


def test_a_list_grows_stale() -> None:
    screen = Screen(LIST)
    assert screen.date == "2025-03-20"
    for now_s in (AS_OF_S - DAY_S, AS_OF_S, AS_OF_S + 7 * DAY_S):
        screen.require_fresh(now_s, 7 * DAY_S)
    for now_s in (AS_OF_S - DAY_S - 1, AS_OF_S + 7 * DAY_S + 1):
        with pytest.raises(SnapshotStale, match="2025-03-20"):
            screen.require_fresh(now_s, 7 * DAY_S)


@pytest.mark.parametrize(
    "change",
    [
        {"entries": (ENTRY, ENTRY)},
        {"entries": (dataclasses.replace(ENTRY, asset="ETH"), ENTRY)},
        {"number": 0},
        {"as_of_s": -1},
        {"as_of_s": 2**255},
    ],
)
def test_a_list_has_one_order_a_number_and_a_date(change: dict[str, object]) -> None:
    with pytest.raises(SnapshotMalformed):
        dataclasses.replace(LIST, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "x" * 201, "é", "a\nb"])
def test_an_entry_is_printable(text: str) -> None:
    for field in ("asset", "address", "destination_key"):
        with pytest.raises(SnapshotMalformed):
            dataclasses.replace(ENTRY, **{field: text})


def test_the_packaged_list_is_the_released_one() -> None:
    signed = packaged_snapshot()
    require_signed(signed, (RELEASE_KEY,), 1)
    assert (signed.snapshot.number, len(signed.snapshot.entries), Screen(signed.snapshot).date) == (
        1,
        654,
        "2025-03-20",
    )
    # The same list, written down once and compared with every build of the file.
    assert signed.snapshot.digest().hex() == "2b221440c0d941d55fe6c620a0f1dd4fe3e01215e06fd2c8ae1bda5d580cd528"
    shorter = dataclasses.replace(signed.snapshot, entries=signed.snapshot.entries[1:])
    with pytest.raises(SnapshotForged):
        require_signed(SignedSnapshot(shorter, signed.signatures), (RELEASE_KEY,), 1)
