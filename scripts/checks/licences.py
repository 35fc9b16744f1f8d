"""Every Python package that Holdfast installs carries a licence from the list below.

``scripts/checks/licences.py`` reads the metadata of the running environment (core metadata 2.4, PEP 639): the
``License-Expression`` where there is one, else the trove classifiers, else the free text of ``License``.
Rust's crates are checked by cargo-deny with ``deny.toml``.
"""

import re
import sys
from collections.abc import Iterable
from importlib.metadata import Distribution, distributions

from packaging.utils import canonicalize_name

ALLOWED = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
        "HPND",
        "ISC",
        "MIT",
        "MIT-0",
        "MPL-2.0",
        "PSF-2.0",
        "Python-2.0",
        "Unlicense",
        "Zlib",
    }
)

# Free text and classifiers to identifiers; the first pattern that matches names the licence.
SPELLINGS = (
    (re.compile(r"apache", re.IGNORECASE), "Apache-2.0"),
    (re.compile(r"mozilla|\bmpl\b", re.IGNORECASE), "MPL-2.0"),
    (re.compile(r"\bbsd\b", re.IGNORECASE), "BSD"),
    (re.compile(r"\bmit\b", re.IGNORECASE), "MIT"),
    (re.compile(r"\bisc\b", re.IGNORECASE), "ISC"),
    (re.compile(r"python software foundation|\bpsf", re.IGNORECASE), "PSF-2.0"),
)

# Packages outside the list, each with the reason why it may stay.
EXCEPTIONS = {
    "axe-playwright-python": "states none; its text is MIT, and its axe-core MPL-2.0; tests only, never shipped",
    "docutils": "public domain and BSD-2-Clause but for one GPL editor mode that nothing imports; documentation only",
    "frost-rs": "its package states none; the benchmark's peer, never shipped",
    "psycopg": "LGPL-3.0: imported unmodified, replaceable by the user",
    "psycopg-binary": "LGPL-3.0: imported unmodified, replaceable by the user",
}


def licences_of(distribution: Distribution) -> list[str]:
    """The licence identifiers that a distribution states, all of which apply; a choice is one item with `` OR ``."""
    metadata = distribution.metadata
    if "License-Expression" in metadata:
        expression = metadata["License-Expression"]
        return [part.strip("() ") for part in re.split(r"\bAND\b", expression)]
    free_text = " ".join(metadata.get_all("License") or [])
    stated: Iterable[str] = [line for line in metadata.get_all("Classifier") or [] if line.startswith("License ::")]
    # "License :: OSI Approved" alone says nothing; some packages state the licence as free text only.
    stated = [line for line in stated if line.count("::") > 1] or [free_text[:100]]
    return [next((name for pattern, name in SPELLINGS if pattern.search(line)), line) for line in stated]


def refused(distribution: Distribution) -> str | None:
    """Why a distribution may not be used, or None."""
    name = canonicalize_name(distribution.metadata["Name"])
    if name in EXCEPTIONS:
        return None
    for licence in licences_of(distribution):
        if not any(option.strip("() ") in ALLOWED for option in re.split(r"\bOR\b", licence)):
            return f"{name} {distribution.version}: licence {licence or 'not stated'!r} is not on the list"
    return None


def main() -> int:
    """Print every package whose licence is not allowed; 1 if there is one."""
    faults = sorted(fault for fault in map(refused, distributions()) if fault)
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
