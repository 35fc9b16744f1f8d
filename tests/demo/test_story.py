"""The whole story, told once on real processes: every promise kept, and a whole deployment left to serve."""

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from holdfast.audit import SignatureRefused, audit, entries, verify_export
from holdfast.authority import Genesis
from holdfast.custody import GENESIS, PayoutState, open_control_plane, payout_views, withdrawal_views
from holdfast.demo import CHAPTERS, DemoResult, StepOutcome, run
from holdfast.demo.deployment import SIGNERS
from holdfast.ledger import check
from holdfast.store import snapshot

pytest.importorskip("pbk", reason="the embedded chain needs py-bitcoinkernel")


class Listener:
    """A reporter that remembers what it was told."""

    def __init__(self) -> None:
        self.chapters: list[str] = []
        self.steps: list[str] = []
        self.outcomes: list[StepOutcome] = []

    def chapter(self, title: str) -> None:
        self.chapters.append(title)

    def step(self, words: str) -> None:
        self.steps.append(words)

    def detail(self, words: str) -> None:
        assert words

    def done(self, outcome: StepOutcome) -> None:
        self.outcomes.append(outcome)


@pytest.fixture(scope="module")
def listener() -> Listener:
    return Listener()


@pytest.fixture(scope="module")
def told(listener: Listener) -> Iterator[DemoResult]:
    """The story, told; its processes go on."""
    # Not pytest's own folder: a socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="hf-") as parent, run(Path(parent) / "house", report=listener) as result:
        yield result


def step(told: DemoResult, chapter: str, name: str) -> dict[str, Any]:
    (found,) = [each for each in told.steps if (each.chapter, each.name) == (chapter, name)]
    return found.data


def test_every_step_ends_as_promised(told: DemoResult, listener: Listener) -> None:
    assert [each for each in told.steps if not each.ok] == []
    assert told.ok
    assert tuple(dict.fromkeys(each.chapter for each in told.steps)) == CHAPTERS
    assert [title.split(".")[0] for title in listener.chapters] == [str(n) for n in range(1, len(CHAPTERS) + 1)]
    assert tuple(listener.outcomes) == told.steps
    assert len(listener.steps) == len(told.steps)


def test_the_outcome_fits_into_json(told: DemoResult) -> None:
    assert json.loads(json.dumps([each.data for each in told.steps])) == [each.data for each in told.steps]


def test_a_key_is_made_before_there_is_an_address(told: DemoResult) -> None:
    assert step(told, "genesis", "no-address-yet")["code"] == "vault.unknown"
    assert len(step(told, "genesis", "found")["words"].split()) == 12


@pytest.mark.parametrize(
    ("chapter", "name", "code"),
    [
        ("newcomer", "refused", "attestation.forbids"),
        ("takeover", "destination", "transaction.destination_differs"),
        ("takeover", "intent", "order.mismatch"),
        ("takeover", "fee", "assertion.of_another"),
        ("twice", "second-intent", "intent.conflict_key_taken"),
    ],
)
def test_every_signer_refuses_what_it_must(told: DemoResult, chapter: str, name: str, code: str) -> None:
    assert step(told, chapter, name)["signers"] == dict.fromkeys(SIGNERS, code)


def test_a_sanctioned_address_is_blocked_with_its_code(told: DemoResult) -> None:
    assert step(told, "sanctions", "blocked")["code"] == "screening.destination_sanctioned"


def test_three_signers_away_is_undetermined_and_two_are_not(told: DemoResult) -> None:
    assert step(told, "outage", "three-away")["code"] == "signing.quorum_unavailable"
    assert step(told, "outage", "two-away")["txid"] != step(told, "outage", "resumes")["txid"]


def test_two_quorums_and_a_crash_pay_once(told: DemoResult) -> None:
    first, second = step(told, "twice", "two-quorums")["quorums"]
    assert set(first) != set(second)
    assert step(told, "twice", "two-quorums")["txids"] == [step(told, "twice", "one-payment")["txid"]]
    assert step(told, "crash", "killed")["txid"] == step(told, "crash", "recovered")["txid"]


def test_the_export_is_verified_again_without_the_database(told: DemoResult) -> None:
    genesis = Genesis.decoded((told.control / GENESIS).read_bytes())
    keys = {name: genesis.roster.signer(name).signing_key for name in SIGNERS}
    export = Path(step(told, "log", "verified")["export"])
    report = verify_export(export, log_key=genesis.log_key, cosigners=keys, minimum_cosigners=len(SIGNERS))
    assert report.entries == step(told, "log", "verified")["entries"]


def test_what_it_leaves_can_be_served(told: DemoResult) -> None:
    pids = told.keep_running().keep_running()._stage.processes.pids()
    assert set(SIGNERS) < set(pids)
    plane = open_control_plane(told.control)
    assert {plane.signer(name).status().signer for name in SIGNERS} == set(SIGNERS)
    with snapshot(plane.engine) as connection:
        check(connection)
        audit(connection, plane.genesis.log_name, plane.genesis.log_key)
        states = [payout.state for payout in payout_views(connection)]
        assert len(list(withdrawal_views(connection))) == len(states) + 2
        refusals = [event for event in entries(connection, 0, 500) if isinstance(event.opened(), SignatureRefused)]
    assert states.count(PayoutState.CONFIRMED) == len(states) - 1
    assert states.count(PayoutState.REFUSED) == 1
    assert len(refusals) == 5 * len(SIGNERS)
    plane.engine.dispose()


def test_closing_ends_every_process_and_keeps_a_given_folder(told: DemoResult) -> None:
    pids = told.keep_running()._stage.processes.pids().values()
    assert len(pids) == len(SIGNERS) + 1
    told.close()
    told.close()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert (told.directory / "logs" / "bern.log").exists()
    assert list(told.directory.glob("*.sock")) == []
