"""Events of no particular meaning, for tests of the log itself."""

from holdfast.audit import FreezeSet


def frozen(number: int, person: str) -> FreezeSet:
    """One of as many different events as are wanted."""
    return FreezeSet(number.to_bytes(32, "big"), person, "bern", "a drill")
