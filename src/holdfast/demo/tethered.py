"""``python -m holdfast.demo.tethered MODULE [ARGUMENT...]``: run a module that ends when its parent does.

The parent holds the other end of this process's standard input. However the parent ends, SIGKILL included, the
system closes it; so the demonstration leaves no process behind. Losing a process in an instant is what every part
is built for, so nothing is tidied first.
"""

import os
import runpy
import signal
import sys
import threading


def _end_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Watch standard input from a thread of its own and run the module as ``__main__``."""
    # The watching thread starts with every signal blocked, so that none meant for the module is delivered to it.
    previous = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    threading.Thread(target=_end_with_parent, name="tether", daemon=True).start()
    signal.pthread_sigmask(signal.SIG_SETMASK, previous)
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
