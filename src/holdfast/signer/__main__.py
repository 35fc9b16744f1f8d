"""``python -m holdfast.signer --home DIR --socket PATH``: one signer as a process of its own."""

import argparse
import signal
import sys
from pathlib import Path

import structlog

from holdfast.errors import HoldfastError
from holdfast.signer.server import serve


def main() -> int:
    """Serve until SIGTERM or SIGINT; print one line when ready. Log lines are JSON, on stderr."""
    parser = argparse.ArgumentParser(prog="python -m holdfast.signer", description=main.__doc__)
    parser.add_argument("--home", type=Path, required=True, help="the signer's folder, with a genesis pinned")
    parser.add_argument("--socket", type=Path, required=True, help="the Unix socket to serve")
    parser.add_argument("--page", action="store_true", help="serve its page too, on loopback at its origin's own port")
    arguments = parser.parse_args()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        with serve(arguments.home, arguments.socket, page_port=0 if arguments.page else None):
            sys.stdout.write(f"ready at {arguments.socket}\n")
            sys.stdout.flush()
            signal.sigwait({signal.SIGTERM, signal.SIGINT})
    except HoldfastError as fault:
        sys.stderr.write(f"{fault.code}: {fault}\n")
        return fault.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main())
