"""Long computations in a process of their own: however large the books are, the pages stay quick."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from typing import Any, ClassVar, TypeVar

from holdfast.errors import HoldfastError
from holdfast.web.errors import WebError

_ENDS_WITHIN_S = 5
_POLITE = 10

Value = TypeVar("Value")


class ComputationLost(WebError):
    """The process that computed went away without an answer."""

    code: ClassVar[str] = "web.computation_lost"
    exit_status: ClassVar[int] = 3


@dataclass(frozen=True)
class _Refused:
    code: str
    message: str


def run_apart(work: Callable[..., Value], *arguments: object) -> Value:
    """What ``work(*arguments)`` returns, computed at a low priority in a fresh process that ends with this one.

    :param work: a module's function; its arguments and its value can be pickled.
    :raises WebError: with the code of the deliberate error that ``work`` raised.
    :raises ComputationLost: no answer came.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(sender, work, arguments), daemon=True)
    process.start()
    sender.close()
    try:
        outcome: Any = receiver.recv()
    except EOFError:
        raise ComputationLost("the process that computed ended without an answer") from None
    finally:
        receiver.close()
        process.join(_ENDS_WITHIN_S)
    if isinstance(outcome, _Refused):
        refusal = WebError(outcome.message)
        # An instance's own code: the class of the error stayed in the other process.
        refusal.code = outcome.code  # type: ignore[misc]
        raise refusal
    value: Value = outcome
    return value


def _answer(sender: "Pipe[Any, Any]", work: Callable[..., Any], arguments: tuple[object, ...]) -> None:
    # Ctrl-C is for the process that serves; this one ends with it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_POLITE)
    try:
        outcome = work(*arguments)
    except HoldfastError as refusal:
        outcome = _Refused(refusal.code, str(refusal))
    # A fault's text may hold anything, and would be printed by a process that dies of it: only its kind is told.
    except Exception as fault:  # noqa: BLE001
        outcome = _Refused(ComputationLost.code, type(fault).__name__)
    sender.send(outcome)
