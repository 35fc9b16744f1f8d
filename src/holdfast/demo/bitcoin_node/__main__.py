"""``python -m holdfast.demo.bitcoin_node --directory D --socket S``: the node as a process of its own."""

import argparse
import signal
import sys
from pathlib import Path

from holdfast.demo.bitcoin_node.node import EmbeddedNode
from holdfast.demo.bitcoin_node.server import NodeServer
from holdfast.errors import HoldfastError


def main() -> int:
    """Serve until SIGTERM or SIGINT; print one line when ready. Exit 3 if the directory cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m holdfast.demo.bitcoin_node", description=main.__doc__)
    parser.add_argument("--directory", type=Path, required=True, help="where the node keeps its chain")
    parser.add_argument("--socket", type=Path, required=True, help="the Unix socket to serve")
    arguments = parser.parse_args()
    # Blocked before any thread starts, so that only sigwait below receives them.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    try:
        with EmbeddedNode(arguments.directory) as node, NodeServer(node, arguments.socket):
            sys.stdout.write(f"ready at {arguments.socket}\n")
            sys.stdout.flush()
            signal.sigwait({signal.SIGTERM, signal.SIGINT})
    except HoldfastError as fault:
        sys.stderr.write(f"{fault.code}: {fault}\n")
        return fault.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main())
