"""Computations in a process of their own: their refusals, their faults, and their ends without an answer."""

import os

import pytest

from holdfast.ledger.types import require_text
from holdfast.web.apart import ComputationLost, run_apart
from holdfast.web.errors import WebError


def test_a_refusal_comes_back_with_its_code_and_a_fault_without_its_text() -> None:
    with pytest.raises(WebError) as refused:
        run_apart(require_text, "", "a code")
    assert refused.value.code == "ledger.malformed"
    with pytest.raises(WebError) as failed:
        run_apart(int, "a secret")
    assert (failed.value.code, str(failed.value)) == (ComputationLost.code, "ValueError")


def test_a_process_that_is_gone_is_said_to_be() -> None:
    with pytest.raises(ComputationLost):
        run_apart(os._exit, 3)
