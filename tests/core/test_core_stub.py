"""The typed stub says what the compiled module is: names, signatures, and each exception's stable code."""

import inspect
import subprocess
import sys
from pathlib import Path

from holdfast import _core
from holdfast.errors import HoldfastError

STUB = Path(inspect.getfile(HoldfastError)).with_name("_core.pyi")


def test_stub_matches_the_module() -> None:
    configuration = Path(__file__).parents[2] / "pyproject.toml"
    command = [sys.executable, "-m", "mypy.stubtest", "holdfast._core", "--mypy-config-file", str(configuration)]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_every_exception_has_its_own_code_and_the_stub_names_it() -> None:
    faults = [value for value in vars(_core).values() if isinstance(value, type) and issubclass(value, HoldfastError)]
    assert len(faults) == 25
    assert len({fault.code for fault in faults}) == len(faults)
    for fault in faults:
        assert fault.__module__ == "holdfast._core"
        assert fault.exit_status in (1, 2, 3)
        assert f"``{fault.code}``" in STUB.read_text(encoding="utf-8")


def test_everything_public_is_described() -> None:
    undescribed = [name for name in _core.__all__ if not (getattr(_core, name).__doc__ or "").strip()]
    assert undescribed == []
