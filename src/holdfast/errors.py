"""The one base of every error that Holdfast raises on purpose.

Each domain derives its own base and names its faults. ``code`` is stable: it reaches the command line, the
API and the audit log unchanged, and tests and operators match on it.
"""

from typing import ClassVar


class HoldfastError(Exception):
    """A refusal or a fault with one clear line and a stable code.

    ``exit_status`` is what the command line returns for it: 1 checked and false, or refused; 2 malformed
    input or wrong use; 3 undetermined (something needed is unavailable, or an internal fault).
    """

    code: ClassVar[str] = "holdfast.fault"
    exit_status: ClassVar[int] = 1
