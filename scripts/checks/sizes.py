"""Source files of at most 500 lines, functions of at most 70 (Rust's functions: clippy's ``too_many_lines``)."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from tree import tracked_files

MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 70
LONGER_FILES = {
    # One file by design: whoever verifies reserves with it reads one program and runs it alone.
    Path("src/holdfast/reserves/published/verify_reserves.py"): 620,
    # One module has one stub.
    Path("src/holdfast/_core.pyi"): 700,
}
SOURCE_SUFFIXES = frozenset({".py", ".pyi", ".rs", ".sh", ".sql", ".js", ".css", ".html"})


def long_functions(path: Path, source: str) -> Iterator[str]:
    """A line for each function of the Python file that does not fit a screen, docstring included."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MAX_FUNCTION_LINES:
                yield f"{path}:{node.lineno}: {node.name} has {lines} lines; at most {MAX_FUNCTION_LINES}"


def oversized(path: Path) -> Iterator[str]:
    """What is too long in one source file."""
    source = path.read_text(encoding="utf-8")
    lines = source.count("\n")
    most = LONGER_FILES.get(path, MAX_FILE_LINES)
    if lines > most:
        yield f"{path}: {lines} lines; at most {most}"
    if path.suffix == ".py":
        yield from long_functions(path, source)


def main() -> int:
    """Print every oversized file and function; 1 if there is one."""
    sources = [path for path in tracked_files() if path.suffix in SOURCE_SUFFIXES and "vendor" not in path.parts]
    faults = [fault for path in sources for fault in oversized(path)]
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
