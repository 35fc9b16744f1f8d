"""Times and digests as people read them."""

from datetime import UTC, datetime

from holdfast.amounts import GROUPS_APART, Amount

MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400

SHORT = 16

NO_NUL = r"^[^\x00]*$"
"""PostgreSQL's texts hold no NUL: an address or a field with one names nothing."""


def printed(value: object) -> object:
    """What a template prints for a value: amounts as pages show them, all else as it is."""
    return value.on_page() if isinstance(value, Amount) else value


def count(number: int) -> str:
    """A number with its groups of three digits apart."""
    return f"{number:,}".replace(",", GROUPS_APART)


def short(digest: bytes | str) -> str:
    """The beginning of a digest or identifier, enough to tell it from others on one page."""
    text = digest.hex() if isinstance(digest, bytes) else digest
    return text if len(text) <= SHORT else f"{text[:SHORT]}…"


def moment(at_s: int) -> str:
    """A time in UTC, to the second."""
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H:%M:%S")


def machine_moment(at_s: int) -> str:
    """The same for machines (RFC 3339)."""
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def age(seconds: int) -> str:
    """A span in words: its largest unit only."""
    for unit_s, unit in ((DAY_S, "d"), (HOUR_S, "h"), (MINUTE_S, "min")):
        if seconds >= unit_s:
            return f"{seconds // unit_s} {unit}"
    return f"{max(seconds, 0)} s"
