"""A node that lies, stalls or rambles: whatever it answers, the client says so in its own words and ends in time."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from chains.chain_rigs import open_spend
from holdfast.chains import (
    BlockMalformed,
    BlockRef,
    BroadcastRefused,
    ChainEndpointInvalid,
    ChainOfOtherNetwork,
    ChainUnavailable,
    TransactionStatus,
)
from holdfast.chains.bitcoin import (
    BitcoinRpc,
    FeeRateBounds,
    LoopbackEndpoint,
    NodeRefusal,
    Outpoint,
    Output,
    UnixEndpoint,
    read_transaction,
)
from holdfast.demo.bitcoin_node import NODE_SCRIPT, EmbeddedNode

INFO = {"chain": "regtest", "blocks": 7, "bestblockhash": "ab" * 32}


class HostileNode(ThreadingHTTPServer):
    """An HTTP server that answers as it was told, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self, answer: Callable[[str, list[Any]], Any]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.asked: list[tuple[str, str | None]] = []
        self.raw_answer: bytes | None = None
        self.status = 200
        self.drip = threading.Event()
        self.thread = threading.Thread(target=self.serve_forever, args=(0.01,))
        self.thread.start()

    def rpc(self, **options: Any) -> BitcoinRpc:
        """A client of this node."""
        endpoint = LoopbackEndpoint(self.server_port, user="holdfast", password="not for repr")  # noqa: S106
        return BitcoinRpc(endpoint, options.pop("network", "regtest"), **options)

    def stop(self) -> None:
        """Let the clients go."""
        self.drip.set()
        self.shutdown()
        self.thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: HostileNode

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((request["method"], self.headers.get("Authorization")))
        body = self.server.raw_answer
        if body is None:
            answer = INFO if request["method"] == "getblockchaininfo" else None
            told = self.server.answer(request["method"], request["params"])
            answer = told if told is not None else answer
            body = json.dumps(answer if "id" in (answer or {}) else {"id": request["id"], "result": answer}).encode()
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *_arguments: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def hostile() -> Iterator[HostileNode]:
    """A node that knows nothing until a test tells it what to say."""
    server = HostileNode(lambda _method, _params: None)
    yield server
    server.stop()


def test_the_credentials_are_sent_and_never_shown(hostile: HostileNode, tmp_path: Path) -> None:
    assert hostile.rpc().tip().height == 7
    assert hostile.asked == [("getblockchaininfo", "Basic aG9sZGZhc3Q6bm90IGZvciByZXBy")]
    endpoint = LoopbackEndpoint(1, user="holdfast", password="not for repr")  # noqa: S106
    assert "not for repr" not in repr(endpoint) + str(endpoint)
    cookie = tmp_path / ".cookie"
    for content, header in (("__cookie__:one", "X19jb29raWVfXzpvbmU="), ("__cookie__:two", "X19jb29raWVfXzp0d28=")):
        cookie.write_text(content)
        BitcoinRpc(LoopbackEndpoint(hostile.server_port, cookie_file=cookie), "regtest").tip()
        assert hostile.asked[-1][1] == f"Basic {header}", "the cookie is read at each call"


@pytest.mark.parametrize(
    "options",
    [
        {"host": "192.0.2.1", "user": "a", "password": "b"},
        {"host": "node.example", "user": "a", "password": "b"},
        {},
        {"user": "a"},
        {"password": "b"},
        {"user": "a", "password": "b", "cookie_file": Path("cookie")},
    ],
)
def test_credentials_go_nowhere_but_to_loopback_and_are_of_one_kind(options: dict[str, Any]) -> None:
    with pytest.raises(ChainEndpointInvalid):
        LoopbackEndpoint(8332, **options)


def test_a_node_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    for endpoint in (
        UnixEndpoint(tmp_path / "nothing"),
        UnixEndpoint(tmp_path / ("long" * 60)),
        LoopbackEndpoint(1, user="a", password="b"),  # noqa: S106
        LoopbackEndpoint(1, cookie_file=tmp_path / "nothing"),
    ):
        with pytest.raises(ChainUnavailable) as refused:
            BitcoinRpc(endpoint, "regtest").tip()
        assert (refused.value.code, refused.value.exit_status) == ("chains.unavailable", 3)


def test_a_node_of_another_network_is_refused_before_anything_is_told_to_it(hostile: HostileNode) -> None:
    rpc = hostile.rpc(network="main")
    raw = open_spend([(Outpoint("11" * 32, 0), 10_000)], [Output(NODE_SCRIPT, 9_000)])
    for call in (rpc.tip, lambda: rpc.broadcast(raw), lambda: rpc.transaction("11" * 32), lambda: rpc.block_hash(0)):
        with pytest.raises(ChainOfOtherNetwork) as refused:
            call()
        assert refused.value.exit_status == 2
    assert {method for method, _ in hostile.asked} == {"getblockchaininfo"}


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"not JSON",
        b"[" * 100_000,
        b"[]",
        b"{}",
        b'{"id": 1}',
        b'{"id": 2, "result": {"chain": "regtest", "blocks": 7, "bestblockhash": "ab"}}',
        b'{"id": 1, "result": null}',
        b'{"id": 1, "result": {"chain": 7}}',
        b'{"id": 1, "result": {"chain": "regtest", "blocks": "7", "bestblockhash": ""}}',
        b'{"id": 1, "result": {"chain": "regtest", "blocks": true, "bestblockhash": ""}}',
        b'{"id": 1, "result": null, "error": "text"}',
        b'{"id": 1, "result": null, "error": {"code": "x"}}',
        b'{"id": 1, "result": null, "error": {"code": -28, "message": "Loading block index"}}',
        b"\xff\xfe",
    ],
)
def test_an_answer_that_makes_no_sense_is_no_answer(hostile: HostileNode, answer: bytes) -> None:
    hostile.raw_answer = answer
    with pytest.raises(ChainUnavailable):
        hostile.rpc().tip()


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_are_named(hostile: HostileNode, status: int) -> None:
    hostile.status = status
    with pytest.raises(ChainUnavailable, match="credentials"):
        hostile.rpc().tip()


def test_an_answer_without_end_is_cut_off(hostile: HostileNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("holdfast.chains.bitcoin.rpc_transport.MAX_RESPONSE_BYTES", 1_000)
    hostile.raw_answer = b"x" * 1_001
    with pytest.raises(ChainUnavailable, match="more than"):
        hostile.rpc().tip()


def test_a_node_that_drips_does_not_hold_the_caller(hostile: HostileNode, monkeypatch: pytest.MonkeyPatch) -> None:
    def drip(handler: _Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not handler.server.drip.wait(0.05):
            try:
                handler.wfile.write(b" ")
            except OSError:
                return

    monkeypatch.setattr(_Handler, "do_POST", drip)
    with pytest.raises(ChainUnavailable, match="in time"):
        hostile.rpc(timeout_s=0.3).tip()


def test_a_node_that_says_nothing_does_not_hold_the_caller(
    hostile: HostileNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Handler, "do_POST", lambda handler: handler.server.drip.wait(5))
    with pytest.raises(ChainUnavailable):
        hostile.rpc(timeout_s=0.2).tip()


def test_another_block_or_transaction_than_the_one_asked_for_is_refused(
    hostile: HostileNode, node: EmbeddedNode
) -> None:
    coin = node.fund(NODE_SCRIPT, 100_000)
    honest, other = node.block_hash(1), node.block_hash(2)
    assert honest is not None
    assert other is not None
    lies = {
        "getblockheader": {"height": 1, "hash": honest, "confirmations": 5},
        "getblock": (node.raw_block(other) or b"").hex(),
        "getrawtransaction": {"hex": node.block(other).transactions[0].hex(), "blockhash": honest},
    }
    hostile.answer = lambda method, _params: lies.get(method)
    with pytest.raises(BlockMalformed):
        hostile.rpc().block(honest)
    with pytest.raises(ChainUnavailable, match="another transaction"):
        hostile.rpc().transaction(coin.txid)
    lies["getblock"] = "no hexadecimal"
    with pytest.raises(ChainUnavailable):
        hostile.rpc().block(honest)


def test_what_a_node_refuses_because_it_has_it_confirmed_is_broadcast(hostile: HostileNode) -> None:
    raw = open_spend([(Outpoint("11" * 32, 0), 10_000)], [Output(NODE_SCRIPT, 9_000)])
    refusal = {"id": 2, "result": None, "error": {"code": -25, "message": "bad-txns-inputs-missingorspent"}}
    told: dict[str, Any] = {"sendrawtransaction": refusal, "getrawtransaction": {"hex": raw.hex()}}
    hostile.answer = lambda method, _params: told.get(method)
    assert hostile.rpc().broadcast(raw) == read_transaction(raw).txid
    told["getrawtransaction"] = {"id": 3, "result": None, "error": {"code": -5, "message": "No such transaction"}}
    with pytest.raises(BroadcastRefused, match="missingorspent"):
        hostile.rpc().broadcast(raw)


def test_a_transaction_in_a_block_that_the_best_chain_left_is_not_confirmed(hostile: HostileNode) -> None:
    raw = open_spend([(Outpoint("11" * 32, 0), 10_000)], [Output(NODE_SCRIPT, 9_000)])
    txid = read_transaction(raw).txid
    header = {"height": 4, "hash": "cd" * 32, "confirmations": 1}
    told = {"getrawtransaction": {"hex": raw.hex(), "blockhash": "cd" * 32}, "getblockheader": header}
    hostile.answer = lambda method, _params: told.get(method)
    assert hostile.rpc().transaction(txid) == TransactionStatus(raw, BlockRef(4, "cd" * 32), 1)
    header["confirmations"] = -1
    assert hostile.rpc().transaction(txid) is None


def test_a_refusal_that_is_not_about_the_transaction_is_not_a_refusal_of_it(hostile: HostileNode) -> None:
    def answer(method: str, _params: list[Any]) -> Any:
        refusals = {"sendrawtransaction": -4, "getrawtransaction": -5}
        if method not in refusals:
            return None
        # The identifiers count up: the first call asked for the network.
        identifier = {"sendrawtransaction": 2, "getrawtransaction": 3}[method]
        return {"id": identifier, "result": None, "error": {"code": refusals[method], "message": "out of memory"}}

    hostile.answer = answer
    raw = open_spend([(Outpoint("11" * 32, 0), 10_000)], [Output(NODE_SCRIPT, 9_000)])
    with pytest.raises(NodeRefusal) as refused:
        hostile.rpc().broadcast(raw)
    assert (refused.value.node_code, refused.value.exit_status) == (-4, 3)


@pytest.mark.parametrize(
    ("told", "rate"),
    [
        ({"feerate": 0.00012345}, 12_345),
        ({"feerate": 0.000123451}, 12_346),
        ({"feerate": 1}, 500_000),
        ({"feerate": 0.00000001}, 1_000),
        ({"errors": ["Insufficient data or no feerate found"]}, 5_000),
    ],
)
def test_an_estimate_is_held_within_bounds(hostile: HostileNode, told: dict[str, Any], rate: int) -> None:
    hostile.answer = lambda method, _params: told if method == "estimatesmartfee" else None
    assert hostile.rpc().fee_rate_sat_per_kvb(6) == rate


@pytest.mark.parametrize("rate", [-1, "0.1", True, 10**9])
def test_an_estimate_that_cannot_be_is_refused(hostile: HostileNode, rate: object) -> None:
    hostile.answer = lambda method, _params: {"feerate": rate} if method == "estimatesmartfee" else None
    with pytest.raises(ChainUnavailable):
        hostile.rpc(fee_rate_bounds=FeeRateBounds(floor=1)).fee_rate_sat_per_kvb(6)
