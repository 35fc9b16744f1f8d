"""The embedded node on a Unix socket: the part of bitcoind's JSON-RPC that Holdfast uses, and three calls more.

``mineon PARENT COUNT [RAW...]`` and ``fund SCRIPT SATOSHI`` are the test network's own; ``setfeerate`` sets what
``estimatesmartfee`` answers.
"""

import json
import socketserver
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from holdfast._core import address_script
from holdfast.chains import BlockUnknown, BroadcastRefused
from holdfast.demo.bitcoin_node.node import EmbeddedNode
from holdfast.errors import HoldfastError

MAX_REQUEST_BYTES = 9_000_000

_WAITING_CONNECTIONS = 128

_NOT_FOUND, _OUT_OF_RANGE, _REJECTED, _METHOD_UNKNOWN, _REQUEST_INVALID = -5, -8, -26, -32601, -32600


class _Refusal(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.answer = {"code": code, "message": message}


class _Calls:
    """One method for each call, its name the call's."""

    def __init__(self, node: EmbeddedNode) -> None:
        self._node = node

    def getblockchaininfo(self) -> Any:
        tip = self._node.tip()
        return {"chain": self._node.network, "blocks": tip.height, "bestblockhash": tip.hash}

    def getblockhash(self, height: int) -> Any:
        found = self._node.block_hash(height)
        if found is None:
            raise _Refusal(_OUT_OF_RANGE, "Block height out of range")
        return found

    def getblockheader(self, block_hash: str) -> Any:
        block = self._node.block(block_hash)
        is_on_best_chain = self._node.block_hash(block.ref.height) == block_hash
        return {
            "hash": block_hash,
            "height": block.ref.height,
            "previousblockhash": block.previous_hash,
            "time": block.time_s,
            "confirmations": self._node.tip().height - block.ref.height + 1 if is_on_best_chain else -1,
        }

    def getblock(self, block_hash: str, verbosity: int) -> Any:
        if verbosity != 0:
            raise _Refusal(_OUT_OF_RANGE, "this node serves verbosity 0 only")
        raw = self._node.raw_block(block_hash)
        if raw is None:
            raise _Refusal(_NOT_FOUND, "Block not found")
        return raw.hex()

    def getrawtransaction(self, txid: str, verbose: bool = False) -> Any:
        status = self._node.transaction(txid)
        if status is None:
            raise _Refusal(_NOT_FOUND, "No such mempool or blockchain transaction")
        if not verbose:
            return status.raw.hex()
        place = {} if status.block is None else {"blockhash": status.block.hash, "confirmations": status.confirmations}
        return {"hex": status.raw.hex(), "txid": txid} | place

    def getmempoolentry(self, txid: str) -> Any:
        waiting = self._node.waiting(txid)
        if waiting is None:
            raise _Refusal(_NOT_FOUND, "Transaction not in mempool")
        return {"vsize": waiting.transaction.vsize, "weight": waiting.transaction.weight, "fee_sat": waiting.fee_sat}

    def sendrawtransaction(self, raw: str) -> Any:
        return self._node.broadcast(bytes.fromhex(raw))

    def estimatesmartfee(self, target_blocks: int) -> Any:
        return {"feerate": self._node.fee_rate_sat_per_kvb(target_blocks) / 10**8, "blocks": target_blocks}

    def setfeerate(self, sat_per_kvb: int) -> Any:
        self._node.advertised_fee_rate_sat_per_kvb = sat_per_kvb

    def generatetoaddress(self, count: int, address: str) -> Any:
        return self._node.generate(count, address_script(address, self._node.network))

    def submitblock(self, raw: str) -> Any:
        self._node.submit_block(bytes.fromhex(raw))

    def mineon(self, parent_hash: str, count: int, *raw: str) -> Any:
        return self._node.mine_on(parent_hash, count, [bytes.fromhex(each) for each in raw])

    def fund(self, script: str, value_sat: int) -> Any:
        outpoint = self._node.fund(bytes.fromhex(script), value_sat)
        return {"txid": outpoint.txid, "vout": outpoint.vout}


def _answer(calls: _Calls, method: object, params: object) -> Any:
    if not isinstance(method, str) or not isinstance(params, list):
        raise _Refusal(_REQUEST_INVALID, "a request has a method and a list of parameters")
    call: Callable[..., Any] | None = None if method.startswith("_") else getattr(calls, method, None)
    if call is None:
        raise _Refusal(_METHOD_UNKNOWN, "Method not found")
    try:
        return call(*params)
    except BroadcastRefused as refused:
        raise _Refusal(_REJECTED, refused.reason) from None
    except BlockUnknown:
        raise _Refusal(_NOT_FOUND, "Block not found") from None
    except HoldfastError as fault:
        raise _Refusal(_REJECTED, f"{fault.code}: {fault}") from None
    except (TypeError, ValueError, AttributeError, OverflowError) as fault:
        raise _Refusal(_OUT_OF_RANGE, f"a parameter of the wrong kind: {fault}") from None


class _Handler(BaseHTTPRequestHandler):
    timeout = 30
    server: "NodeServer"

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or int(length) > MAX_REQUEST_BYTES:
            self.send_error(413)
            return
        request_id: object = None
        try:
            request = json.loads(self.rfile.read(int(length)))
            request_id = request.get("id")
            result = _answer(self.server.calls, request.get("method"), request.get("params"))
            self._send(200, {"result": result, "error": None, "id": request_id})
        except (ValueError, AttributeError, RecursionError):
            self._send(500, {"result": None, "error": {"code": -32700, "message": "Parse error"}, "id": None})
        except _Refusal as refusal:
            self._send(500, {"result": None, "error": refusal.answer, "id": request_id})

    def _send(self, status: int, answer: object) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet: a caller's every request is not news."""


class NodeServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Serves a node on a Unix socket, one thread a connection, from construction until :meth:`stop`."""

    def __init__(self, node: EmbeddedNode, socket_path: Path) -> None:
        # Only this process has the node's directory, so a socket file that is there already is a dead one's.
        socket_path.unlink(missing_ok=True)
        super().__init__(str(socket_path), _Handler)
        socket_path.chmod(0o600)
        # The default of five waiting connections lets a burst of callers be turned away.
        self.socket.listen(_WAITING_CONNECTIONS)
        self.calls = _Calls(node)
        self._socket_path = socket_path
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), name="bitcoin-node-server")
        self._thread.start()

    def stop(self) -> None:
        """Take no more connections, let those that are open finish, and remove the socket."""
        self.shutdown()
        self._thread.join()
        self.server_close()
        self._socket_path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()
