"""Logs: structlog to stderr, JSON Lines for servers, and a guard that lets no secret through.

Libraries that log in the standard way (the page's server, durable work) take the same path.
"""

import logging
import re
import sys
import threading
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_SECRET_NAME = re.compile(
    r"secret|private|passw|seed|kek|share|nonce|token|credential|scalar|authorization", re.IGNORECASE
)
_URL_PASSWORD = re.compile(r"(?P<before>\w://[^/\s:@]*:)[^/\s@]+(?=@)")

MAX_TEXT = 1_000
"""The most characters of one value that are logged."""

MAX_ITEMS = 50
"""The most items of one list or mapping that are logged."""

REDACTED = "<redacted>"


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A structlog processor: keep names and plain values, drop whatever could carry a secret.

    Dropped are values under a name that sounds secret, all raw bytes (only their length stays), passwords in
    addresses, objects of any other type than plain ones, and the text and traceback of exceptions (their type stays).
    """
    fault = event.pop("exc_info", None)
    if fault:
        event["fault"] = _fault_name(fault)
    event.pop("stack_info", None)
    return {name: _redacted(name, value) for name, value in event.items()}


def _fault_name(fault: object) -> str:
    if isinstance(fault, BaseException):
        return type(fault).__name__
    kind = fault[0] if isinstance(fault, tuple) and fault else sys.exc_info()[0]
    return getattr(kind, "__name__", "unknown")


def _redacted(name: str, value: object) -> object:
    if _SECRET_NAME.search(name):
        return REDACTED
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return _URL_PASSWORD.sub(rf"\g<before>{REDACTED}", value)[:MAX_TEXT]
        case bytes() | bytearray() | memoryview():
            return f"<{len(value)} bytes>"
        case list() | tuple():
            return [_redacted(name, item) for item in value[:MAX_ITEMS]]
        case dict():
            return {str(key): _redacted(str(key), item) for key, item in list(value.items())[:MAX_ITEMS]}
        case _:
            return f"<{type(value).__name__}>"


def configure_logs(*, json_lines: bool) -> None:
    """Send every log of this process to stderr: JSON Lines from ``info`` up, or text for people from ``warning`` up."""
    level = logging.INFO if json_lines else logging.WARNING
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer(default=lambda value: f"<{type(value).__name__}>")
        if json_lines
        else structlog.processors.KeyValueRenderer(key_order=["event"], drop_missing=True)
    )
    structlog.configure(
        processors=[*shared, redact, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redact, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in list(logging.root.manager.loggerDict):
        # A library that brought its own handler would write past the guard, in a form of its own.
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
    threading.excepthook = _log_thread_fault


def _log_thread_fault(arguments: Any) -> None:
    """In place of a traceback, whose lines could hold what was being worked on."""
    if arguments.exc_type is not SystemExit:
        structlog.get_logger().error("thread.fault", fault=arguments.exc_type.__name__)
