"""Transactions from Python: the Rust parser against embit, an independent implementation, and against bad input."""

import threading

import pytest
from coincurve import PrivateKey
from embit import script as embit_script
from embit.transaction import Transaction as EmbitTransaction
from hypothesis import given
from hypothesis import strategies as st

from holdfast import _core
from holdfast.errors import HoldfastError

KEY = PrivateKey(bytes([7]) * 32)
SCRIPT = b"\x51\x20" + KEY.public_key_xonly.format()


def funding(value: int, script: bytes = SCRIPT) -> tuple[bytes, str]:
    """A transaction that pays one output, and its id."""
    raw = _core.build_transaction([("11" * 32, 0, 0)], [(value, script)], 0)
    return raw, _core.parse_transaction(raw).txid


def spend(txid: str, value: int = 9_000, vout: int = 0) -> bytes:
    """An unsigned transaction of one input and one output."""
    return _core.build_transaction([(txid, vout, 0xFFFFFFFD)], [(value, SCRIPT)], 0)


scripts = st.binary(max_size=60)
outpoints = st.tuples(st.binary(min_size=32, max_size=32).map(bytes.hex), st.integers(0, 2**32 - 1))


@given(
    st.lists(outpoints, min_size=1, max_size=10, unique=True),
    st.lists(st.tuples(st.integers(0, 10**9), scripts), min_size=1, max_size=10),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
)
def test_parsing_agrees_with_embit(
    inputs: list[tuple[str, int]], outputs: list[tuple[int, bytes]], sequence: int, lock_time: int
) -> None:
    raw = _core.build_transaction([(txid, vout, sequence) for txid, vout in inputs], outputs, lock_time)
    ours = _core.parse_transaction(raw)
    theirs = EmbitTransaction.parse(raw)
    assert ours.txid == theirs.txid().hex()
    assert (ours.version, ours.lock_time) == (theirs.version, theirs.locktime) == (2, lock_time)
    assert [(each.txid, each.vout, each.sequence) for each in ours.inputs] == [
        (each.txid.hex(), each.vout, each.sequence) for each in theirs.vin
    ]
    assert [(each.value, each.script) for each in ours.outputs] == [
        (each.value, each.script_pubkey.data) for each in theirs.vout
    ]
    assert (ours.weight, ours.vsize, ours.has_witness) == (4 * len(raw), len(raw), False)


@given(st.binary(max_size=300))
def test_bytes_that_are_no_transaction_are_refused_in_one_way(raw: bytes) -> None:
    try:
        parsed = _core.parse_transaction(raw)
    except _core.TransactionMalformed:
        return
    assert EmbitTransaction.parse(raw).txid().hex() == parsed.txid


def test_sighashes_agree_with_embit() -> None:
    previous, txid = funding(10_000)
    other, other_txid = funding(20_000)
    raw = _core.build_transaction([(txid, 0, 1), (other_txid, 0, 2)], [(25_000, SCRIPT)], 500)
    checked = _core.check_spend(raw, [previous, other])
    theirs = EmbitTransaction.parse(raw)
    for index in range(2):
        expected = theirs.sighash_taproot(index, [embit_script.Script(SCRIPT)] * 2, [10_000, 20_000])
        assert checked.taproot_sighashes[index] == expected
    assert checked.fee == 5_000
    assert [each.value for each in checked.spent] == [10_000, 20_000]
    assert checked.transaction == _core.parse_transaction(raw)


def test_a_signed_spend_verifies_until_a_byte_changes() -> None:
    previous, txid = funding(10_000)
    raw = spend(txid)
    [sighash] = _core.check_spend(raw, [previous]).taproot_sighashes
    signature = KEY.sign_schnorr(sighash)
    signed = _core.with_key_spend_witnesses(raw, [signature])
    _core.verify_key_spends(signed, [(10_000, SCRIPT)])
    parsed = _core.parse_transaction(signed)
    assert (parsed.has_witness, parsed.txid) == (True, EmbitTransaction.parse(raw).txid().hex())
    assert parsed.vsize == _core.estimated_vsize(1, [SCRIPT])

    for wrong in (
        _core.with_key_spend_witnesses(raw, [signature[:-1] + bytes([signature[-1] ^ 1])]),
        _core.with_key_spend_witnesses(spend(txid, 8_999), [signature]),
        raw,
    ):
        with pytest.raises(_core.SpendInvalid, match="input 0"):
            _core.verify_key_spends(wrong, [(10_000, SCRIPT)])
    with pytest.raises(_core.SpendInvalid):
        _core.verify_key_spends(signed, [(10_001, SCRIPT)])
    with pytest.raises(_core.SpendInvalid):
        _core.verify_key_spends(signed, [])


def test_each_lie_about_what_is_spent_has_its_error() -> None:
    previous, txid = funding(10_000)
    forged, _ = funding(99_999)
    for raw, given_previous in (
        (spend(txid), [forged]),
        (spend(txid), []),
        (spend(txid), [previous, previous]),
        (spend(txid, vout=1), [previous]),
    ):
        with pytest.raises(_core.PreviousTransactionMismatch):
            _core.check_spend(raw, given_previous)
    with pytest.raises(_core.SpendInvalid, match="10001"):
        _core.check_spend(spend(txid, 10_001), [previous])
    bare, bare_txid = funding(10_000, b"\x51")
    with pytest.raises(_core.SpendInvalid, match="taproot"):
        _core.check_spend(spend(bare_txid), [bare])
    with pytest.raises(_core.TransactionMalformed):
        _core.check_spend(spend(txid), [previous + b"\x00"])
    signed = _core.with_key_spend_witnesses(spend(txid), [bytes(64)])
    with pytest.raises(_core.SpendInvalid, match="already"):
        _core.check_spend(signed, [previous])


@pytest.mark.parametrize(
    ("inputs", "outputs", "lock_time", "fault"),
    [
        ([("11" * 32, -1, 0)], [(1, b"")], 0, _core.NumberOutOfRange),
        ([("11" * 32, 0, 2**32)], [(1, b"")], 0, _core.NumberOutOfRange),
        ([("11" * 32, 0, 0)], [(2**64, b"")], 0, _core.NumberOutOfRange),
        ([("11" * 32, 0, 0)], [(21 * 10**14 + 1, b"")], 0, _core.TransactionMalformed),
        ([("11" * 32, 0, 0)], [(1, b"")], 10**30, _core.NumberOutOfRange),
        ([("11" * 31, 0, 0)], [(1, b"")], 0, _core.TransactionMalformed),
        ([("zz" * 32, 0, 0)], [(1, b"")], 0, _core.TransactionMalformed),
        ([], [(1, b"")], 0, _core.TransactionMalformed),
        ([("11" * 32, 0, 0)], [], 0, _core.TransactionMalformed),
        ([("11" * 32, 0, 0)] * 2, [(1, b"")], 0, _core.TransactionMalformed),
        ([("11" * 32, 0, 0)], [(1, bytes(400_000))], 0, _core.TransactionMalformed),
    ],
)
def test_what_cannot_be_built_is_refused(
    inputs: list[tuple[str, int, int]], outputs: list[tuple[int, bytes]], lock_time: int, fault: type[HoldfastError]
) -> None:
    with pytest.raises(fault):
        _core.build_transaction(inputs, outputs, lock_time)


def test_a_value_is_frozen_and_compares() -> None:
    raw, _ = funding(10_000)
    one, two = _core.parse_transaction(raw), _core.parse_transaction(raw)
    assert one == two
    assert hash(one) == hash(two)
    assert one.outputs[0] == two.outputs[0]
    assert one != _core.parse_transaction(funding(10_001)[0])
    with pytest.raises(AttributeError):
        one.lock_time = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        _core.parse_transaction("00")  # type: ignore[arg-type]


def test_threads_check_at_the_same_time() -> None:
    previous, txid = funding(10_000)
    raw = spend(txid)
    expected = _core.check_spend(raw, [previous])
    wrong: list[_core.CheckedSpend] = []

    def work() -> None:
        for _ in range(200):
            checked = _core.check_spend(raw, [previous])
            if checked != expected:
                wrong.append(checked)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
