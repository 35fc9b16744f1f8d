"""The embedded node: Bitcoin's rules hold in it, and what it told survives whatever happens to its process."""

import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from embit.transaction import Transaction as EmbitTransaction

from chains.chain_rigs import open_spend
from holdfast.chains import BlockRef, BlockUnknown, BroadcastRefused, ChainUnavailable
from holdfast.chains.bitcoin import (
    BitcoinRpc,
    Outpoint,
    Output,
    UnixEndpoint,
    parse_block,
    read_transaction,
    script_to_address,
)
from holdfast.clock import ManualClock
from holdfast.demo.bitcoin_node import (
    NODE_SCRIPT,
    BlockRejected,
    EmbeddedNode,
    JournalCorrupt,
    NodeControl,
    NodeDirectoryInUse,
    NodeFundsInsufficient,
    NodeServer,
)

PAYEE_SCRIPT = b"\x00\x14" + bytes(range(20))


@pytest.fixture
def node(tmp_path: Path) -> Iterator[EmbeddedNode]:
    """A fresh node."""
    with EmbeddedNode(tmp_path / "node") as made:
        yield made


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A directory whose path leaves room for a Unix socket's name."""
    with tempfile.TemporaryDirectory(prefix="hf-") as directory:
        yield Path(directory)


def pay(coin: Outpoint, held_sat: int, *paid_sat: int, script: bytes = NODE_SCRIPT) -> bytes:
    """A transaction from a node's own kind of coin."""
    return open_spend([(coin, held_sat)], [Output(script, each) for each in paid_sat])


def confirmations(node: EmbeddedNode, txid: str) -> int | None:
    """How deep a transaction is; None if the node does not know it."""
    status = node.transaction(txid)
    return None if status is None else status.confirmations


# Blocks


def test_a_block_that_breaks_consensus_is_rejected_and_changes_nothing(node: EmbeddedNode, tmp_path: Path) -> None:
    node.generate(1)
    tip = node.tip()
    (next_hash,) = node.mine_on(tip.hash, 1)
    good = node.raw_block(next_hash)
    assert good is not None
    with EmbeddedNode(tmp_path / "other") as other:
        first = node.raw_block(tip.hash)
        assert first is not None
        other.submit_block(first)
        for position in (4, 40, len(good) - 40):
            forged = bytearray(good)
            forged[position] ^= 0xFF
            with pytest.raises(BlockRejected):
                other.submit_block(bytes(forged))
        for raw in (b"", good[:-1], good + b"\x00"):
            with pytest.raises(BlockRejected):
                other.submit_block(raw)
        assert other.tip() == tip
        assert other.submit_block(good) == next_hash
        assert other.tip().hash == next_hash


def test_a_block_that_pays_its_miner_too_much_is_rejected(node: EmbeddedNode, monkeypatch: pytest.MonkeyPatch) -> None:
    from holdfast.demo.bitcoin_node import assembly

    node.generate(1)
    with monkeypatch.context() as patch:
        patch.setattr(assembly, "subsidy_sat", lambda _height: 50 * 10**8 + 1)
        with pytest.raises(BlockRejected) as refused:
            node.generate(1)
    assert "consensus" in str(refused.value)
    assert node.tip().height == 1
    node.generate(1)
    assert node.tip().height == 2


def test_a_transaction_whose_coin_is_gone_cannot_be_mined(node: EmbeddedNode) -> None:
    raw = pay(Outpoint("22" * 32, 0), 10_000, 9_000)
    with pytest.raises(BlockRejected):
        node.mine_on(node.tip().hash, 1, [raw])
    with pytest.raises(BlockUnknown):
        node.mine_on("33" * 32, 1)


@pytest.mark.parametrize("count", [0, -1, 1_001])
def test_only_a_sane_number_of_blocks_is_mined(node: EmbeddedNode, count: int) -> None:
    with pytest.raises(BlockRejected):
        node.generate(count)


def test_blocks_follow_the_clock_but_never_go_back(tmp_path: Path) -> None:
    clock = ManualClock()
    with EmbeddedNode(tmp_path / "node", clock) as node:
        node.generate(12)
        clock.advance(1_000)
        node.generate(1)
        assert node.block(node.tip().hash).time_s == clock.now_s()
        clock.advance(-100_000)
        node.generate(12)
        assert node.tip().height == 25


def test_the_miner_collects_subsidy_and_fees_and_the_subsidy_halves(node: EmbeddedNode) -> None:
    coin = node.fund(NODE_SCRIPT, 100_000)
    node.broadcast(pay(coin, 100_000, 93_000))
    node.generate(1)
    node.generate(60)
    rewards = {
        height: read_transaction(node.block(node.block_hash(height) or "").transactions[0]).outputs[0].value_sat
        for height in (102, 149, 150)
    }
    assert rewards == {102: 50 * 10**8 + 7_000, 149: 50 * 10**8, 150: 25 * 10**8}


def test_a_branch_must_be_longer_to_win_and_an_equal_one_waits_beside(node: EmbeddedNode) -> None:
    node.generate(3)
    tip, parent = node.tip(), node.block_hash(2)
    assert parent is not None
    (rival,) = node.mine_on(parent, 1)
    assert node.tip() == tip
    assert node.block(rival).ref == BlockRef(3, rival)
    (winner,) = node.mine_on(rival, 1)
    assert node.tip() == BlockRef(4, winner)
    assert node.block_hash(3) == rival


# What waits


def test_a_coinbase_must_mature(node: EmbeddedNode) -> None:
    node.generate(100)
    coinbase = read_transaction(node.block(node.block_hash(1) or "").transactions[0])
    raw = pay(Outpoint(coinbase.txid, 0), 50 * 10**8, 49 * 10**8)
    second = read_transaction(node.block(node.block_hash(2) or "").transactions[0])
    young = pay(Outpoint(second.txid, 0), 50 * 10**8, 49 * 10**8)
    with pytest.raises(BroadcastRefused, match="premature"):
        node.broadcast(young)
    assert node.broadcast(raw)
    node.generate(1)
    assert node.broadcast(young)


def test_a_chain_of_waiting_transactions_confirms_together(node: EmbeddedNode) -> None:
    coin = node.fund(NODE_SCRIPT, 1_000_000)
    held_sat, txids = 1_000_000, []
    for _ in range(10):
        txids.append(node.broadcast(pay(coin, held_sat, held_sat - 1_000)))
        coin, held_sat = Outpoint(txids[-1], 0), held_sat - 1_000
    node.generate(1)
    assert [confirmations(node, txid) for txid in txids] == [1] * 10


def test_a_replacement_takes_descendants_along_and_must_pay_for_them(node: EmbeddedNode) -> None:
    coin = node.fund(NODE_SCRIPT, 1_000_000)
    parent = node.broadcast(pay(coin, 1_000_000, 998_000))
    child = node.broadcast(pay(Outpoint(parent, 0), 998_000, 988_000))
    with pytest.raises(BroadcastRefused, match="insufficient fee"):
        node.broadcast(pay(coin, 1_000_000, 991_000))
    node.broadcast(pay(coin, 1_000_000, 980_000))
    assert node.transaction(parent) is None
    assert node.transaction(child) is None


def test_a_larger_replacement_must_also_pay_a_higher_rate(node: EmbeddedNode) -> None:
    coins = [(node.fund(NODE_SCRIPT, 100_000), 100_000) for _ in range(10)]
    replaced = node.broadcast(pay(coins[0][0], 100_000, 90_000))
    with pytest.raises(BroadcastRefused, match="insufficient fee"):
        node.broadcast(open_spend(coins, [Output(NODE_SCRIPT, 1_000_000 - 20_000)]))
    assert node.transaction(replaced) is not None
    node.broadcast(open_spend(coins, [Output(NODE_SCRIPT, 1_000_000 - 80_000)]))
    assert node.transaction(replaced) is None


def test_a_replacement_cannot_spend_what_it_replaces(node: EmbeddedNode) -> None:
    coin = node.fund(NODE_SCRIPT, 1_000_000)
    parent = node.broadcast(pay(coin, 1_000_000, 998_000))
    both = open_spend([(coin, 1_000_000), (Outpoint(parent, 0), 998_000)], [Output(NODE_SCRIPT, 1_900_000)])
    with pytest.raises(BroadcastRefused, match="conflicting"):
        node.broadcast(both)


@pytest.mark.parametrize(("sequence", "word"), [(1, "BIP68"), (0x00400001, "BIP68")])
def test_a_relative_lock_is_refused(node: EmbeddedNode, sequence: int, word: str) -> None:
    coin = node.fund(NODE_SCRIPT, 100_000)
    with pytest.raises(BroadcastRefused, match=word):
        node.broadcast(open_spend([(coin, 100_000)], [Output(NODE_SCRIPT, 90_000)], sequence))


def test_an_absolute_lock_holds_until_its_height(node: EmbeddedNode) -> None:
    coin = node.fund(NODE_SCRIPT, 100_000)
    locked_until = node.tip().height + 2
    raw = pay(coin, 100_000, 90_000)[:-4] + locked_until.to_bytes(4, "little")
    with pytest.raises(BroadcastRefused, match="non-final"):
        node.broadcast(raw)
    node.generate(2)
    node.broadcast(raw)
    node.generate(1)
    assert confirmations(node, read_transaction(raw).txid) == 1


def test_the_same_coin_twice_and_a_coinbase_are_refused(node: EmbeddedNode) -> None:
    coin = node.fund(NODE_SCRIPT, 100_000)
    twice = EmbitTransaction.parse(pay(coin, 100_000, 90_000))
    twice.vin.append(twice.vin[0])
    with pytest.raises(BroadcastRefused, match="inputs-duplicate"):
        node.broadcast(twice.serialize())
    unseen_coinbase = node.block(node.tip().hash).transactions[0][:-4] + b"\x01\x00\x00\x00"
    with pytest.raises(BroadcastRefused, match="coinbase"):
        node.broadcast(unseen_coinbase)


def test_funding_pays_exactly_and_mines_what_it_lacks(node: EmbeddedNode) -> None:
    outpoints = [node.fund(PAYEE_SCRIPT, value_sat) for value_sat in (1_000, 60 * 10**8, 294)]
    for outpoint, value_sat in zip(outpoints, (1_000, 60 * 10**8, 294), strict=True):
        status = node.transaction(outpoint.txid)
        assert status is not None
        output = read_transaction(status.raw).outputs[outpoint.vout]
        assert (output.script, output.value_sat) == (PAYEE_SCRIPT, value_sat)


def test_funding_more_than_there_will_be_is_refused(node: EmbeddedNode) -> None:
    with pytest.raises(NodeFundsInsufficient):
        node.fund(PAYEE_SCRIPT, 21_000_000 * 10**8)


# What survives


def test_chain_branches_and_waiting_transactions_survive_a_restart(tmp_path: Path) -> None:
    with EmbeddedNode(tmp_path) as node:
        coin = node.fund(NODE_SCRIPT, 100_000)
        fork = node.tip()
        left = node.generate(2)
        node.mine_on(fork.hash, 3)
        replaced = node.broadcast(pay(coin, 100_000, 98_000))
        waiting = node.broadcast(pay(coin, 100_000, 90_000))
        tip = node.tip()
    with EmbeddedNode(tmp_path) as again:
        assert again.tip() == tip
        assert again.block(left[-1]).ref == BlockRef(fork.height + 2, left[-1])
        assert confirmations(again, coin.txid) == 4
        assert confirmations(again, waiting) == 0
        assert again.transaction(replaced) is None
        again.generate(1)
        assert confirmations(again, waiting) == 1
    with EmbeddedNode(tmp_path) as third:
        assert confirmations(third, waiting) == 1


def test_a_second_node_on_the_same_directory_is_refused_until_the_first_leaves(tmp_path: Path) -> None:
    with EmbeddedNode(tmp_path) as node:
        node.generate(1)
        with pytest.raises(NodeDirectoryInUse) as refused:
            EmbeddedNode(tmp_path)
        assert refused.value.exit_status == 3
    with EmbeddedNode(tmp_path) as again:
        assert again.tip().height == 1


def test_a_journal_torn_at_any_byte_of_its_last_record_keeps_all_before_it(tmp_path: Path) -> None:
    with EmbeddedNode(tmp_path / "whole") as node:
        node.generate(1)
        kept = node.tip()
        kept_bytes = (tmp_path / "whole" / "journal").stat().st_size
        node.generate(1)
    whole = (tmp_path / "whole" / "journal").read_bytes()
    torn = tmp_path / "torn"
    torn.mkdir()
    for length in range(kept_bytes, len(whole), 41):
        (torn / "journal").write_bytes(whole[:length])
        with EmbeddedNode(torn) as node:
            assert node.tip() == kept
            node.generate(1)
        with EmbeddedNode(torn) as node:
            assert node.tip().height == 2


def test_a_journal_damaged_in_the_middle_is_refused_not_shortened(tmp_path: Path) -> None:
    with EmbeddedNode(tmp_path) as node:
        node.generate(3)
    journal = tmp_path / "journal"
    damaged = bytearray(journal.read_bytes())
    damaged[100] ^= 1
    journal.write_bytes(damaged)
    with pytest.raises(JournalCorrupt):
        EmbeddedNode(tmp_path)
    assert journal.read_bytes() == damaged
    journal.write_bytes(b"something else altogether")
    with pytest.raises(JournalCorrupt):
        EmbeddedNode(tmp_path)


# The server


@contextmanager
def running(directory: Path) -> Iterator[tuple[subprocess.Popen[str], NodeControl, BitcoinRpc]]:
    """A node as a process of its own."""
    command = [sys.executable, "-m", "holdfast.demo.bitcoin_node", "--directory", str(directory / "node")]
    process = subprocess.Popen([*command, "--socket", str(directory / "s")], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ready")
        rpc = BitcoinRpc(UnixEndpoint(directory / "s"), "regtest", timeout_s=10)
        yield process, NodeControl(rpc), rpc
    finally:
        process.kill()
        process.communicate(timeout=10)


def test_a_killed_process_loses_nothing_that_it_told(short_path: Path) -> None:
    with running(short_path) as (process, control, rpc):
        coin = control.fund(NODE_SCRIPT, 100_000)
        waiting = rpc.broadcast(pay(coin, 100_000, 90_000))
        tip = rpc.tip()
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        with pytest.raises(ChainUnavailable):
            rpc.tip()
    with running(short_path) as (process, control, rpc):
        assert rpc.tip() == tip
        control.generate(1)
        status = rpc.transaction(waiting)
        assert status is not None
        assert status.confirmations == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert not (short_path / "s").exists()


def test_a_process_that_cannot_have_the_directory_says_so_and_exits(short_path: Path) -> None:
    with EmbeddedNode(short_path / "node"):
        command = [sys.executable, "-m", "holdfast.demo.bitcoin_node", "--directory", str(short_path / "node")]
        ended = subprocess.run(
            [*command, "--socket", str(short_path / "s")], capture_output=True, text=True, check=False, timeout=30
        )
    assert ended.returncode == 3
    assert ended.stderr.startswith("bitcoin_node.directory_in_use: ")


def ask(socket_path: Path, body: bytes, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    """Send any bytes as a request."""
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(socket_path))
    try:
        connection.request("POST", "/", body, headers or {})
        with connection.getresponse() as response:
            return response.status, response.read()
    finally:
        connection.close()


def test_the_socket_is_for_its_owner_only_and_goes_with_the_server(node: EmbeddedNode, short_path: Path) -> None:
    path = short_path / "s"
    path.touch()
    with NodeServer(node, path):
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert not path.exists()


def test_every_call_answers_as_bitcoind_would(node: EmbeddedNode, short_path: Path) -> None:
    with NodeServer(node, short_path / "s"):
        rpc = BitcoinRpc(UnixEndpoint(short_path / "s"), "regtest")
        assert len(rpc.call("generatetoaddress", 3, script_to_address(PAYEE_SCRIPT, "regtest"))) == 3
        coin = NodeControl(rpc).fund(NODE_SCRIPT, 100_000)
        raw = pay(coin, 100_000, 90_000)
        txid = rpc.call("sendrawtransaction", raw.hex())
        assert rpc.call("getmempoolentry", txid)["fee_sat"] == 10_000
        assert rpc.call("getrawtransaction", txid) == raw.hex()
        rpc.call("setfeerate", 7_700)
        assert rpc.fee_rate_sat_per_kvb(2) == 7_700
        block_hash = rpc.call("getblockhash", 1)
        raw_block = bytes.fromhex(rpc.call("getblock", block_hash, 0))
        assert parse_block(raw_block, BlockRef(1, block_hash)) == node.block(block_hash)
        assert rpc.call("submitblock", raw_block.hex()) is None


@pytest.mark.parametrize(
    ("request_body", "code"),
    [
        (b"not JSON", -32700),
        (b"[]", -32700),
        (b"[" * 100_000, -32700),
        (b'{"method": "getblockhash", "params": {}}', -32600),
        (b'{"method": 7, "params": []}', -32600),
        (b'{"method": "_node", "params": []}', -32601),
        (b'{"method": "__init__", "params": []}', -32601),
        (b'{"method": "stop", "params": []}', -32601),
        (b'{"method": "getblockhash", "params": []}', -8),
        (b'{"method": "getblockhash", "params": ["x"]}', -8),
        (b'{"method": "getblockhash", "params": [1000000]}', -8),
        (b'{"method": "getblock", "params": ["00", 0]}', -5),
        (b'{"method": "getblock", "params": ["00", 1]}', -8),
        (b'{"method": "getmempoolentry", "params": ["00"]}', -5),
        (b'{"method": "sendrawtransaction", "params": ["xyz"]}', -8),
        (b'{"method": "sendrawtransaction", "params": ["00"]}', -26),
        (b'{"method": "submitblock", "params": ["00"]}', -26),
        (b'{"method": "generatetoaddress", "params": [1, "nowhere"]}', -26),
        (b'{"method": "fund", "params": ["51", -5]}', -26),
        (b'{"method": "fund", "params": ["51", 99999999999999999999]}', -26),
    ],
)
def test_a_bad_request_gets_an_error_and_the_server_lives_on(
    node: EmbeddedNode, short_path: Path, request_body: bytes, code: int
) -> None:
    with NodeServer(node, short_path / "s"):
        status, answer = ask(short_path / "s", request_body)
        assert (status, json.loads(answer)["error"]["code"]) == (500, code)
        assert BitcoinRpc(UnixEndpoint(short_path / "s"), "regtest").tip() == node.tip()


@pytest.mark.parametrize("length", ["9000001", "-1", "x", ""])
def test_a_request_of_no_sane_length_is_refused_unread(node: EmbeddedNode, short_path: Path, length: str) -> None:
    with NodeServer(node, short_path / "s"):
        status, _ = ask(short_path / "s", b"", {"Content-Length": length})
        assert status == 413


def test_many_callers_at_once_see_one_chain(node: EmbeddedNode, short_path: Path) -> None:
    coins = [node.fund(NODE_SCRIPT, 100_000) for _ in range(8)]
    height = node.tip().height
    faults: list[BaseException] = []
    with NodeServer(node, short_path / "s"):

        def work(coin: Outpoint) -> None:
            try:
                rpc = BitcoinRpc(UnixEndpoint(short_path / "s"), "regtest")
                rpc.broadcast(pay(coin, 100_000, 90_000))
                NodeControl(rpc).generate(1)
                assert rpc.block(rpc.tip().hash).transactions
            except BaseException as fault:  # noqa: BLE001 - it is raised again below, in the test's own thread
                faults.append(fault)

        threads = [threading.Thread(target=work, args=(coin,)) for coin in coins]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert faults == []
    assert node.tip().height == height + 8
