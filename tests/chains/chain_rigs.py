"""Real nodes under one set of verbs, so that one contract can be run over every backend."""

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

from holdfast.chains import ChainUnavailable
from holdfast.chains.bitcoin import (
    BitcoinChain,
    BitcoinRpc,
    LoopbackEndpoint,
    Outpoint,
    Output,
    UnixEndpoint,
    read_transaction,
    script_to_address,
)
from holdfast.demo.bitcoin_node import NODE_SCRIPT, EmbeddedNode, NodeControl, NodeServer, with_open_witnesses

REPLACEABLE = 0xFFFFFFFD


class Rig(Protocol):
    """A backend, and what its network can be made to do."""

    @property
    def chain(self) -> BitcoinChain:
        """The backend under test."""
        ...

    def generate(self, count: int) -> None:
        """Mine blocks on the best one, the first with everything that waits."""
        ...

    def fund(self, script: bytes, value_sat: int) -> Outpoint:
        """A confirmed coin on a script."""
        ...

    def reorganise(self, depth: int, transactions: Sequence[bytes] = ()) -> None:
        """Replace the last ``depth`` blocks by one more, which hold nothing but these."""
        ...


def open_spend(coins: Sequence[tuple[Outpoint, int]], outputs: Sequence[Output], sequence: int = REPLACEABLE) -> bytes:
    """A valid transaction from coins on ``NODE_SCRIPT``, whose every outpoint is given with its value."""
    from holdfast._core import build_transaction

    return with_open_witnesses(
        build_transaction(
            [(outpoint.txid, outpoint.vout, sequence) for outpoint, _ in coins],
            [(output.value_sat, output.script) for output in outputs],
            0,
        )
    )


class EmbeddedRig:
    """The embedded node, called in this process."""

    def __init__(self, node: EmbeddedNode) -> None:
        self.chain = node

    def generate(self, count: int) -> None:
        self.chain.generate(count)

    def fund(self, script: bytes, value_sat: int) -> Outpoint:
        return self.chain.fund(script, value_sat)

    def reorganise(self, depth: int, transactions: Sequence[bytes] = ()) -> None:
        fork = self.chain.block_hash(self.chain.tip().height - depth)
        assert fork is not None
        self.chain.mine_on(fork, depth + 1, transactions)


class SocketRig:
    """The embedded node, asked over its Unix socket."""

    def __init__(self, socket_path: Path) -> None:
        self.chain = BitcoinRpc(UnixEndpoint(socket_path), "regtest", timeout_s=10)
        self._control = NodeControl(self.chain)

    def generate(self, count: int) -> None:
        self._control.generate(count)

    def fund(self, script: bytes, value_sat: int) -> Outpoint:
        return self._control.fund(script, value_sat)

    def reorganise(self, depth: int, transactions: Sequence[bytes] = ()) -> None:
        fork = self.chain.block_hash(self.chain.tip().height - depth)
        assert fork is not None
        self._control.mine_on(fork, depth + 1, tuple(transactions))


class FullNodeRig:
    """A full node in a process of its own, asked over loopback."""

    def __init__(self, chain: BitcoinRpc) -> None:
        self.chain = chain
        self._address = script_to_address(NODE_SCRIPT, "regtest")
        self._next_coinbase_height = 1

    def generate(self, count: int) -> None:
        self.chain.call("generatetoaddress", count, self._address)

    def fund(self, script: bytes, value_sat: int) -> Outpoint:
        while self.chain.tip().height < self._next_coinbase_height + 100:
            self.generate(50)
        block_hash = self.chain.block_hash(self._next_coinbase_height)
        assert block_hash is not None
        self._next_coinbase_height += 1
        coinbase = read_transaction(self.chain.block(block_hash).transactions[0])
        held_sat = coinbase.outputs[0].value_sat
        change = Output(NODE_SCRIPT, held_sat - value_sat - 20_000)
        raw = open_spend([(Outpoint(coinbase.txid, 0), held_sat)], [Output(script, value_sat), change])
        txid = self.chain.broadcast(raw)
        self.generate(1)
        return Outpoint(txid, 0)

    def reorganise(self, depth: int, transactions: Sequence[bytes] = ()) -> None:
        left = self.chain.block_hash(self.chain.tip().height - depth + 1)
        self.chain.call("invalidateblock", left)
        # Paid elsewhere, or an empty block mined in the same second would be the very one that was invalidated.
        elsewhere = script_to_address(b"\x00\x20" + os.urandom(32), "regtest")
        self.chain.call("generateblock", elsewhere, [raw.hex() for raw in transactions])
        for _ in range(depth):
            self.chain.call("generateblock", elsewhere, [])


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_until_ready(chain: BitcoinRpc) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            chain.tip()
        except (ChainUnavailable, FileNotFoundError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


@contextmanager
def full_node(binary: str, directory: Path) -> Iterator[FullNodeRig]:
    """A running bitcoind on a fresh regtest."""
    port = _free_port()
    options = ["-regtest", f"-datadir={directory}", f"-rpcport={port}", "-txindex=1", "-listen=0", "-printtoconsole=0"]
    process = subprocess.Popen([binary, *options])
    try:
        endpoint = LoopbackEndpoint(port, cookie_file=directory / "regtest" / ".cookie")
        chain = BitcoinRpc(endpoint, "regtest", timeout_s=30)
        _wait_until_ready(chain)
        yield FullNodeRig(chain)
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def rig_named(name: str, directory: Path) -> Iterator[Rig]:
    """The rig of one of :data:`RIG_NAMES`, on a chain of its own."""
    with ExitStack() as stack:
        if name == "full-node":
            yield stack.enter_context(full_node(os.environ["HOLDFAST_BITCOIND"], directory))
            return
        node = stack.enter_context(EmbeddedNode(directory / "node"))
        if name == "embedded":
            yield EmbeddedRig(node)
            return
        # A Unix socket's path must be short, which a test's own directory need not be.
        short = stack.enter_context(tempfile.TemporaryDirectory(prefix="hf-"))
        stack.enter_context(NodeServer(node, Path(short) / "node"))
        yield SocketRig(Path(short) / "node")


RIG_NAMES = ["embedded", "socket", *(["full-node"] if "HOLDFAST_BITCOIND" in os.environ else [])]
