"""Names that people choose: plain enough to be read aloud, and to stand in any order, log line or address."""

import re

from holdfast.demo.exchange.errors import NameInvalid

_NAME = re.compile(r"[a-z0-9](?:-?[a-z0-9]){2,31}")


def name_from_text(wanted: str) -> str:
    """The name that somebody typed, in lower case.

    :raises NameInvalid: not 3 to 32 letters from a to z, digits, and single hyphens between them.
    """
    name = wanted.strip().lower()
    if not 3 <= len(name) <= 32 or not _NAME.fullmatch(name):
        raise NameInvalid("a name has 3 to 32 letters from a to z, digits, and single hyphens between them")
    return name
