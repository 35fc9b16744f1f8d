"""``python -m holdfast.demo.victim``: a control plane that dies the moment after it has committed signed bytes.

It settles one approved payout as any control plane does. A hook on its database connections, set here and not in
the product, watches for the transaction that stores the signed bytes, and kills the process when that is committed.
"""

import argparse
import os
import signal
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from holdfast.custody import durable_database_url, launch, open_control_plane, settle_payout
from holdfast.errors import HoldfastError


def die_after_signed_bytes(engine: Engine) -> None:
    """SIGKILL this process as soon as a transaction that stores signed bytes is committed.

    SQLAlchemy gives a connection back to its pool after the commit, and says so.
    """
    stored: list[bool] = []

    @event.listens_for(engine, "after_cursor_execute")
    def _note(_connection: Any, _cursor: Any, statement: str, *_: object) -> None:
        if statement.startswith("UPDATE draft SET signed"):
            stored.append(True)

    @event.listens_for(engine, "checkin")
    def _die(_connection: Any, _record: Any) -> None:
        if stored:
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> int:
    """Settle the payout of an intent, and die on the way; coming back at all is a fault."""
    parser = argparse.ArgumentParser(prog="python -m holdfast.demo.victim", description=main.__doc__)
    parser.add_argument("--home", type=Path, required=True, help="the control plane's folder")
    parser.add_argument("--name", required=True, help="this control plane's own name")
    parser.add_argument("--intent", required=True, help="the approved intent's digest, in hexadecimal")
    arguments = parser.parse_args()
    try:
        plane = open_control_plane(arguments.home, name=arguments.name)
        die_after_signed_bytes(plane.engine)
        launch(plane, durable_database_url(arguments.home))
        settled = settle_payout(bytes.fromhex(arguments.intent))
    except HoldfastError as fault:
        sys.stderr.write(f"{fault.code}: {fault}\n")
        return fault.exit_status
    sys.stderr.write(f"still alive: {settled}\n")
    return 3


if __name__ == "__main__":
    sys.exit(main())
