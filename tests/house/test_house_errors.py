"""Every deliberate error has a code of its own, an exit status and a sentence that says what happened."""

import importlib
import pkgutil
import re

import pytest

import holdfast
from holdfast.errors import HoldfastError


def error_classes() -> list[type[HoldfastError]]:
    """Every error class of every module (migrations are run by their own tool, not imported)."""
    for info in pkgutil.walk_packages(holdfast.__path__, "holdfast."):
        if not {"migrations", "__main__"} & set(info.name.split(".")):
            importlib.import_module(info.name)
    found = [HoldfastError]
    for kind in found:
        found.extend(child for child in kind.__subclasses__() if child not in found)
    return [kind for kind in found if kind.__module__.startswith("holdfast.")]


@pytest.fixture(scope="module")
def errors() -> list[type[HoldfastError]]:
    """Every error class."""
    return error_classes()


def test_there_are_errors_of_many_domains(errors: list[type[HoldfastError]]) -> None:
    assert len({kind.code.split(".", maxsplit=1)[0] for kind in errors}) > 3


def test_codes_are_unique(errors: list[type[HoldfastError]]) -> None:
    by_code: dict[str, set[str]] = {}
    for kind in errors:
        by_code.setdefault(kind.code, set()).add(f"{kind.__module__}.{kind.__qualname__}")
    assert {code: kinds for code, kinds in by_code.items() if len(kinds) > 1} == {}


def test_codes_are_a_domain_and_a_fault(errors: list[type[HoldfastError]]) -> None:
    assert [kind for kind in errors if not re.fullmatch(r"[a-z][a-z_]*\.[a-z0-9_]+", kind.code)] == []


def test_exit_status_is_one_of_three(errors: list[type[HoldfastError]]) -> None:
    assert [kind for kind in errors if kind.exit_status not in (1, 2, 3)] == []


def test_every_error_says_what_happened(errors: list[type[HoldfastError]]) -> None:
    assert [kind for kind in errors if not (kind.__dict__.get("__doc__") or "").strip()] == []


def test_a_package_has_one_base_error(errors: list[type[HoldfastError]]) -> None:
    bases: dict[str, list[str]] = {}
    for kind in errors:
        if kind.__base__ is HoldfastError:
            bases.setdefault(kind.__module__.split(".")[1], []).append(kind.__qualname__)
    assert {package: kinds for package, kinds in bases.items() if len(kinds) > 1} == {}
