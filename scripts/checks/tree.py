"""What no file of the tree may hold: paths of one machine, references that a reader cannot follow, secrets."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAX_FILE_BYTES = 2_000_000

FORBIDDEN = {
    re.compile(r"(?<![\w.$}/-])/(?:home|root|Users|work)/\w"): "a path of somebody's machine",
    re.compile(r"\b(?:issue|ticket|session) ?#?\d+\b", re.IGNORECASE): "a reference that readers cannot follow",
    re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"): "a private key",
    re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE): "a merge conflict's mark",
}


def tracked_files() -> list[Path]:
    """Every file that git tracks or would track, relative to the root and existing."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    paths = (Path(name) for name in listed.stdout.decode().split("\0") if name)
    return sorted({path for path in paths if (ROOT / path).is_file()})


def faults_in(path: Path) -> Iterator[str]:
    """A line for each forbidden thing in one file; binary files are only weighed."""
    content = (ROOT / path).read_bytes()
    if len(content) > MAX_FILE_BYTES:
        yield f"{path}: {len(content)} bytes; at most {MAX_FILE_BYTES}"
    if b"\0" in content:
        return
    text = content.decode("utf-8", errors="replace")
    for pattern, what in FORBIDDEN.items():
        for found in pattern.finditer(text):
            yield f"{path}:{text.count(chr(10), 0, found.start()) + 1}: {what}: {found.group()!r}"


def main() -> int:
    """Print every fault; 1 if there is one."""
    faults = [fault for path in tracked_files() for fault in faults_in(path)]
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
