"""A signer on its Unix socket: who can open it, and what peers that stall, lie about lengths or hang up achieve."""

import contextlib
import socket
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from holdfast.demo.deployment import SIGNERS
from holdfast.signer import (
    InProcessTransport,
    Reply,
    SignerClient,
    SignerServer,
    SignerUnavailable,
    StatusRequest,
    UnixSocketTransport,
)
from holdfast.signer import server as serving
from holdfast.signer.transport import MAX_FRAME_BYTES
from signer_rig import SIGNED, Takeover

STATUS = StatusRequest(b"nonce").encoded()


@contextlib.contextmanager
def served(takeover: Takeover, name: str, path: Path) -> Iterator[SignerServer]:
    """A signer on a socket."""
    with SignerServer(takeover.world.signers[name], path) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def bern(shared: Takeover, tmp_path: Path) -> Iterator[Path]:
    """The socket of a signer at work, with little patience."""
    patience_s, serving.REQUEST_TIMEOUT_S = serving.REQUEST_TIMEOUT_S, 0.3
    with served(shared, "bern", tmp_path / "bern.sock"):
        yield tmp_path / "bern.sock"
    serving.REQUEST_TIMEOUT_S = patience_s


@contextlib.contextmanager
def connected(path: Path) -> Iterator[socket.socket]:
    """A raw connection to a socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(5)
        connection.connect(str(path))
        yield connection


def requires_an_answer(path: Path) -> None:
    """The signer still answers, and rightly."""
    assert Reply.decoded(UnixSocketTransport(path).call(STATUS)).refusal is None


def is_dropped(connection: socket.socket) -> bool:
    """Whether the signer hangs up without a word."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_only_its_own_user_can_open_the_socket(bern: Path) -> None:
    assert stat.S_IMODE(bern.stat().st_mode) == 0o600


def test_both_transports_carry_the_same(shared: Takeover, bern: Path) -> None:
    in_process = InProcessTransport(shared.world.signers["bern"])
    assert UnixSocketTransport(bern).call(STATUS) == in_process.call(STATUS)
    assert UnixSocketTransport(bern).call(b"nonsense") == in_process.call(b"nonsense")


def test_socket_of_a_dead_process_is_taken_over(shared: Takeover, tmp_path: Path) -> None:
    path = tmp_path / "stale.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left_behind:
        left_behind.bind(str(path))
    with served(shared, "bern", path):
        requires_an_answer(path)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\x00",
        b"\x00\x00\x00",
        len(STATUS).to_bytes(4, "big") + STATUS[:-1],
        (MAX_FRAME_BYTES + 1).to_bytes(4, "big"),
        b"\xff\xff\xff\xff" + STATUS,
    ],
    ids=["nothing", "no length", "half a length", "a frame cut short", "a frame too long", "four gigabytes"],
)
def test_bad_frame_is_dropped_and_nobody_else_is(bern: Path, sent: bytes) -> None:
    with connected(bern) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        assert is_dropped(connection)
    requires_an_answer(bern)


def test_empty_request_is_refused(shared: Takeover, bern: Path) -> None:
    reply = Reply.decoded(UnixSocketTransport(bern).call(b""))
    assert reply.refusal is not None


def test_peer_that_stalls_is_dropped(bern: Path) -> None:
    with connected(bern) as connection:
        connection.sendall(b"\x00\x00")
        assert is_dropped(connection)


def test_peer_that_drips_is_dropped_too(bern: Path) -> None:
    # A byte now and then is no progress: the whole frame has one deadline.
    began = time.monotonic()
    with connected(bern) as connection:
        connection.sendall((100_000).to_bytes(4, "big"))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for _ in range(100):
                connection.sendall(b"x")
                time.sleep(0.05)
    assert time.monotonic() - began < 3
    requires_an_answer(bern)


def test_stalled_peers_do_not_keep_others_out(bern: Path) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(serving.MAX_CONNECTIONS - 1):
            stack.enter_context(connected(bern)).sendall(b"\x00")
        requires_an_answer(bern)


def test_peer_that_does_not_wait_for_its_answer_harms_nobody(bern: Path) -> None:
    for _ in range(10):
        with connected(bern) as connection:
            connection.sendall(len(STATUS).to_bytes(4, "big") + STATUS)
    requires_an_answer(bern)


def test_caller_does_not_wait_for_ever(shared: Takeover, tmp_path: Path) -> None:
    path = tmp_path / "silent.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as silent:
        silent.bind(str(path))
        silent.listen()
        with pytest.raises(SignerUnavailable):
            UnixSocketTransport(path, timeout_s=0.05).call(STATUS)


def test_caller_sends_no_frame_that_is_too_long(bern: Path) -> None:
    with pytest.raises(SignerUnavailable):
        UnixSocketTransport(bern).call(bytes(MAX_FRAME_BYTES + 1))


def test_signer_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(SignerUnavailable):
        UnixSocketTransport(tmp_path / "nobody.sock").call(STATUS)


class Lying:
    """A wire that answers with bytes of its own."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    def call(self, request: bytes) -> bytes:
        """Anything but the signer's answer."""
        return self._answer


def test_only_the_signers_own_answer_counts(shared: Takeover) -> None:
    geneva = InProcessTransport(shared.world.signers["geneva"])
    refused = geneva.call(b"nonsense")
    answered = geneva.call(STATUS)
    for answer in (b"", b"nonsense", refused, answered, Reply((), None).encoded()):
        with pytest.raises(SignerUnavailable):
            SignerClient("geneva", Lying(answer), shared.plane.roster).status()
    # Bern's name on Geneva's wire.
    with pytest.raises(SignerUnavailable):
        SignerClient("bern", geneva, shared.plane.roster).status()


def test_quorum_over_sockets_signs(takeover: Takeover, tmp_path: Path) -> None:
    movement = takeover.movement(takeover.world.approved("socketed", 20_000_000))
    with contextlib.ExitStack() as stack:
        for name in SIGNERS:
            stack.enter_context(served(takeover, name, tmp_path / f"{name}.sock"))
        takeover.with_transports(**{name: UnixSocketTransport(tmp_path / f"{name}.sock") for name in SIGNERS})
        assert takeover.sign(movement) == {SIGNED}
