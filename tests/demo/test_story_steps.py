"""Steps are held to their promises, and listeners are told in their own way."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from holdfast.amounts import Amount
from holdfast.demo import JsonReporter, PromiseBroken, RichReporter, StepOutcome
from holdfast.demo.steps import Step, StoryStopped, Telling

TXID = "2ceb91028e7701f06c6bd616d63966d4ebaeca76581ae5b0d87adb78037955f8"


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def telling(stream: io.StringIO) -> Telling:
    telling = Telling(RichReporter(Console(file=stream, width=80, highlight=False)))
    telling.begin("money", "1. Money moves")
    return telling


def test_a_step_that_keeps_its_promise(telling: Telling, stream: io.StringIO) -> None:
    with telling.step("paid", "Alice is paid") as step:
        step.require(True, "the chain paid once")
        step.say(f"One payment: {TXID}")
        step.data["txid"] = TXID
    assert telling.outcomes == [StepOutcome("money", "paid", True, f"One payment: {TXID}", {"txid": TXID})]
    assert stream.getvalue() == f"\n1. Money moves\n  ✓ Alice is paid\n      One payment:\n      {TXID}\n"


def test_a_step_with_nothing_to_add_tells_its_own_words(telling: Telling) -> None:
    with telling.step("paid", "Alice is paid"):
        pass
    assert telling.outcomes[0].detail == "Alice is paid"


def test_a_broken_promise_stops_the_story(telling: Telling, stream: io.StringIO) -> None:
    with pytest.raises(StoryStopped), telling.step("paid", "Alice is paid") as step:
        step.require(False, "the chain paid once")
    (outcome,) = telling.outcomes
    assert not outcome.ok
    assert outcome.detail == "demo.promise_broken: it should be so, and is not: the chain paid once"
    assert "  ✗ Alice is paid\n      demo.promise_broken" in stream.getvalue()


def test_a_broken_promise_says_where_the_logs_are(tmp_path: Path) -> None:
    telling = Telling(JsonReporter(io.StringIO()), tmp_path)
    with pytest.raises(StoryStopped), telling.step("paid", "Alice is paid") as step:
        step.require(False, "the chain paid once")
    assert telling.outcomes[0].detail.endswith(f"the chain paid once (logs: {tmp_path})")


def test_a_refusal_that_nobody_promised_stops_the_story(telling: Telling) -> None:
    with pytest.raises(StoryStopped), telling.step("paid", "Alice is paid"):
        Amount("BTC", 0).positive()
    assert telling.outcomes[0].detail.startswith("amount.not_positive: ")


def test_ctrl_c_ends_the_step_and_goes_on_up(telling: Telling) -> None:
    with pytest.raises(KeyboardInterrupt), telling.step("paid", "Alice is paid"):
        raise KeyboardInterrupt
    assert telling.outcomes == [StepOutcome("money", "paid", False, "interrupted by KeyboardInterrupt", {})]


def test_a_refusal_is_expected_by_its_code() -> None:
    refused = Step.refusal("amount.not_positive", lambda: Amount("BTC", 0).positive())
    assert refused.code == "amount.not_positive"
    with pytest.raises(PromiseBroken, match=r"refused with amount\.not_positive instead of amount\.malformed"):
        Step.refusal("amount.malformed", lambda: Amount("BTC", 0).positive())
    with pytest.raises(PromiseBroken, match="it went through"):
        Step.refusal("amount.not_positive", lambda: Amount("BTC", 1).positive())


def test_no_colours_and_no_spinner_where_no_terminal_is(telling: Telling, stream: io.StringIO) -> None:
    with telling.step("paid", "Alice is paid"):
        pass
    assert "\x1b" not in stream.getvalue()


def test_a_terminal_gets_colours_and_a_spinner_that_ends() -> None:
    stream = io.StringIO()
    telling = Telling(RichReporter(Console(file=stream, width=80, force_terminal=True, color_system="standard")))
    with telling.step("paid", "Alice is paid"):
        pass
    shown = stream.getvalue()
    assert "\x1b[32m  ✓ \x1b[0mAlice is paid" in shown
    # The cursor that the spinner hid is back.
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")


def test_an_old_encoding_gets_letters_for_ticks() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    telling = Telling(RichReporter(Console(file=stream, width=80)))
    with telling.step("paid", "Alice is paid"):
        pass
    stream.flush()
    assert raw.getvalue() == b"  ok Alice is paid\n"


def test_beside_a_json_document_progress_is_plain_lines(stream: io.StringIO) -> None:
    telling = Telling(JsonReporter(stream))
    telling.begin("money", "1. Money moves")
    with telling.step("paid", "Alice is paid") as step:
        step.say("for the document only")
    with pytest.raises(StoryStopped), telling.step("again", "Alice is paid again") as step:
        step.require(False, "it is refused")
    assert stream.getvalue().splitlines() == [
        "1. Money moves",
        "  Alice is paid",
        "  Alice is paid again",
        "  not as promised: demo.promise_broken: it should be so, and is not: it is refused",
    ]
