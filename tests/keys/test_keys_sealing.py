"""Shares at rest: they open with their KEK and context, and with nothing else."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast import keys
from keys.key_rigs import committee, signature

CONTEXT = b"vault 7, signer 1, epoch 1"


@pytest.fixture
def sealer(tmp_path: Path) -> keys.FileKeySealer:
    """A new KEK in a file."""
    return keys.FileKeySealer.create(tmp_path / "kek")


def test_a_share_comes_back_and_signs(sealer: keys.FileKeySealer, tmp_path: Path) -> None:
    shares = dict(committee())
    envelope = keys.seal_share(sealer, shares[1], CONTEXT)
    shares[1] = keys.unseal_share(keys.FileKeySealer(tmp_path / "kek"), envelope, CONTEXT)
    assert shares[1].identifier == 1
    assert shares[1].group_key == shares[2].group_key
    signed = signature(shares, [1, 2, 3], bytes(32), [0, 1])
    keys.verify(shares[1].group_key.output_key([0, 1]), bytes(32), signed)


def test_no_two_seals_are_alike(sealer: keys.FileKeySealer) -> None:
    share = committee()[1]
    assert keys.seal_share(sealer, share, CONTEXT) != keys.seal_share(sealer, share, CONTEXT)


def test_another_context_is_refused(sealer: keys.FileKeySealer) -> None:
    envelope = keys.seal_share(sealer, committee()[1], CONTEXT)
    for other in (b"", CONTEXT + b"0", b"vault 7, signer 1, epoch 2"):
        with pytest.raises(keys.SealBroken):
            keys.unseal_share(sealer, envelope, other)
    with pytest.raises(keys.ParametersInvalid):
        keys.seal_share(sealer, committee()[1], bytes(1025))


def test_another_kek_is_named_as_such(sealer: keys.FileKeySealer, tmp_path: Path) -> None:
    envelope = keys.seal_share(sealer, committee()[1], CONTEXT)
    other = keys.FileKeySealer.create(tmp_path / "other")
    with pytest.raises(keys.WrongKek) as raised:
        keys.unseal_share(other, envelope, CONTEXT)
    assert raised.value.code == "keys.wrong_kek"
    assert other.kek_id != sealer.kek_id


def test_parts_of_two_envelopes_do_not_mix(sealer: keys.FileKeySealer) -> None:
    one = keys.seal_share(sealer, committee()[1], CONTEXT)
    two = keys.seal_share(sealer, committee()[1], CONTEXT)
    middle = len(one) // 3
    with pytest.raises(keys.SealBroken):
        keys.unseal_share(sealer, one[:middle] + two[middle:], CONTEXT)


@settings(max_examples=100)
@given(position=st.integers(0, 10_000), change=st.integers(1, 255))
def test_one_altered_byte_is_noticed(tmp_path_factory: pytest.TempPathFactory, position: int, change: int) -> None:
    sealer = keys.FileKeySealer.create(tmp_path_factory.mktemp("kek") / "kek")
    altered = bytearray(keys.seal_share(sealer, committee()[1], CONTEXT))
    altered[position % len(altered)] ^= change
    with pytest.raises((keys.SealBroken, keys.WrongKek)):
        keys.unseal_share(sealer, bytes(altered), CONTEXT)


@given(st.binary(max_size=600))
def test_bytes_that_are_no_envelope_are_refused(tmp_path_factory: pytest.TempPathFactory, envelope: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed-kek"
    sealer = keys.FileKeySealer(path) if path.exists() else keys.FileKeySealer.create(path)
    header = b"\x01\x17holdfast/share-envelope"
    for hostile in (envelope, header + envelope, header + b"\x00\x70" + b"\x01\x14holdfast/wrapped-key" + envelope):
        with pytest.raises((keys.SealBroken, keys.WrongKek)):
            keys.unseal_share(sealer, hostile, CONTEXT)
    with pytest.raises(keys.SealBroken):
        keys.KeyShare.unseal(envelope, bytes(32), CONTEXT)
    with pytest.raises(keys.SealBroken):
        sealer.data_key(envelope, CONTEXT)


def test_the_file_is_the_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "kek"
    sealer = keys.FileKeySealer.create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.stat().st_size == 32
    assert path.read_bytes().hex() not in repr(sealer)
    with pytest.raises(keys.KekExists):
        keys.FileKeySealer.create(path)
    with pytest.raises(keys.KekUnsafe):
        keys.FileKeySealer.create(tmp_path / "missing" / "kek")


def test_a_kek_that_others_come_to_read_is_refused(sealer: keys.FileKeySealer, tmp_path: Path) -> None:
    envelope = keys.seal_share(sealer, committee()[1], CONTEXT)
    for mode in (0o640, 0o604, 0o660):
        (tmp_path / "kek").chmod(mode)
        with pytest.raises(keys.KekUnsafe):
            keys.unseal_share(sealer, envelope, CONTEXT)
    (tmp_path / "kek").chmod(0o400)
    keys.unseal_share(sealer, envelope, CONTEXT)


def test_a_kek_that_goes_away_is_missed(sealer: keys.FileKeySealer, tmp_path: Path) -> None:
    envelope = keys.seal_share(sealer, committee()[1], CONTEXT)
    (tmp_path / "kek").unlink()
    with pytest.raises(keys.KekMissing):
        keys.unseal_share(sealer, envelope, CONTEXT)
    with pytest.raises(keys.KekMissing):
        keys.seal_share(sealer, committee()[1], CONTEXT)
    with pytest.raises(keys.KekMissing):
        keys.FileKeySealer(tmp_path / "kek")


def test_what_is_no_kek_file_is_refused(tmp_path: Path) -> None:
    real = tmp_path / "real"
    keys.FileKeySealer.create(real)
    (tmp_path / "link").symlink_to(real)
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "directory").mkdir(mode=0o700)
    for name in ("link", "pipe", "directory"):
        with pytest.raises(keys.KekUnsafe):
            keys.FileKeySealer(tmp_path / name)
    for length in (0, 31, 33):
        real.write_bytes(bytes(length))
        with pytest.raises(keys.KekMalformed):
            keys.FileKeySealer(real)


def test_data_keys_are_wiped_after_use(sealer: keys.FileKeySealer) -> None:
    handed_out: list[bytearray] = []

    class Watching:
        """The same sealer, remembering what it gave out."""

        def new_data_key(self, context: bytes) -> tuple[bytearray, bytes]:
            data_key, wrapped = sealer.new_data_key(context)
            handed_out.append(data_key)
            return data_key, wrapped

        def data_key(self, wrapped: bytes, context: bytes) -> bytearray:
            handed_out.append(sealer.data_key(wrapped, context))
            return handed_out[-1]

    envelope = keys.seal_share(Watching(), committee()[1], CONTEXT)
    keys.unseal_share(Watching(), envelope, CONTEXT)
    with pytest.raises(keys.SealBroken):
        keys.unseal_share(Watching(), envelope[:-1], CONTEXT)
    assert handed_out == [bytearray(32)] * 3


def test_a_data_key_has_32_bytes() -> None:
    for data_key in (b"", bytes(31), bytearray(33)):
        with pytest.raises(keys.ParametersInvalid):
            committee()[1].seal(data_key, CONTEXT)
    with pytest.raises(TypeError):
        committee()[1].seal("k" * 32, CONTEXT)  # type: ignore[arg-type]
