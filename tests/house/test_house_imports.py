"""The import contracts of ``pyproject.toml`` hold, and they do refuse what they are for."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the contracts of ``folder/pyproject.toml`` on the packages of ``folder/src``."""
    return subprocess.run(
        [str(LINT_IMPORTS), "--no-cache", "--config", str(folder / "pyproject.toml")],
        cwd=folder / "src",
        env={"PYTHONPATH": str(folder / "src"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the Python sources and their contracts, free to be broken."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    return tmp_path


def test_contracts_hold() -> None:
    checked = lint(ROOT)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("amounts.py", "import holdfast.store"),
        ("amounts.py", "import holdfast.encoding"),
        ("signer/__init__.py", "import fastapi"),
        ("store/__init__.py", "import dbos"),
    ],
    ids=["upwards", "sideways", "a web framework in a signer", "a workflow engine below a signer"],
)
def test_contract_refuses(copy: Path, module: str, line: str) -> None:
    path = copy / "src" / "holdfast" / module
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")
    checked = lint(copy)
    assert checked.returncode == 1
    assert "BROKEN" in checked.stdout


def test_a_new_package_must_take_its_place(copy: Path) -> None:
    (copy / "src" / "holdfast" / "newcomer.py").write_text('"""No layer names this."""\n', encoding="utf-8")
    checked = lint(copy)
    assert checked.returncode == 1
    assert "newcomer" in checked.stdout
