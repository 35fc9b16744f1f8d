"""Proof of reserves: an epoch published, verified on bare Python, then lied about."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from holdfast.demo.chapters.deposit import ALICE, BOB
from holdfast.demo.errors import PromiseBroken
from holdfast.demo.stage import Stage
from holdfast.demo.steps import Step
from holdfast.ledger import OwnerClass, standings
from holdfast.reserves import (
    MANIFEST,
    NONCE_BYTES,
    EpochView,
    Proof,
    check_epoch,
    prove,
    publish_epoch,
    reserves_directory,
    set_customer_nonce,
    verify_proof,
)
from holdfast.store import snapshot, transaction

PROOF = "proof-alice.json"
VERIFIER = "verify_reserves.py"
_PATIENCE_S = 60


def play(stage: Stage) -> None:
    """Publish, verify, tamper, leave a customer out."""
    step = stage.telling.step
    with step("published", "The house publishes what it owes and what it holds, attested by the signers") as told:
        view = _publish(stage, told)
    with step(
        "verified", "Alice verifies her own proof, on bare Python, with one short file that anybody can read"
    ) as told:
        _verify(stage, view, told)
    with step("tampered", "Somebody changes one digit of the proof, then one of the manifest") as told:
        _tamper(stage, view, told)
    with step("left-out", "Suppose the house had left Bob out: it shows him Alice's leaves in his own name") as told:
        _leave_out(stage, view, told)
    with step("checked", "The house checks the epoch against its ledger and the chain") as told:
        report = check_epoch(stage.plane, _epochs(stage))
        told.require(not report.findings, f"it agrees with both, {[str(each) for each in report.findings]}")
        told.say(f"{report.customers} customers, every balance derived again from the ledger's transfers.")
        told.data["customers"] = report.customers


def _epochs(stage: Stage) -> Path:
    return reserves_directory(stage.deployment.control)


def _publish(stage: Stage, told: Step) -> EpochView:
    with transaction(stage.plane.engine) as connection:
        set_customer_nonce(connection, ALICE, os.urandom(NONCE_BYTES))
    stage.follow()
    view = publish_epoch(stage.plane, _epochs(stage))
    with snapshot(stage.plane.engine) as connection:
        owed = sum(each.total.units for each in standings(connection, OwnerClass.CUSTOMER))
    (cover,) = view.assets
    told.require(cover.liabilities.units == owed, "the published total is what the ledger owes customers")
    told.require(cover.covered, "the coins cover it")
    told.say(
        f"Epoch {view.epoch} as of block {view.block.height}: customers are owed {cover.liabilities}, and "
        f"{cover.coin_count} coins are worth {cover.coins}. Names and balances are in none of its files."
    )
    told.say(
        "A quorum of signers has bound itself, for ever, to this super-root for this number, and to no higher number "
        "as of an earlier time or block. A second set of books under another number is seen by whoever is not in it."
    )
    told.data |= {
        "epoch": view.epoch,
        "super_root": view.super_root.hex(),
        "owed": str(cover.liabilities),
        "held": str(cover.coins),
        "public": str(view.public),
    }
    return view


def _verify(stage: Stage, view: EpochView, told: Step) -> None:
    proof = stage.directory / PROOF
    proof.write_bytes(prove(_epochs(stage), ALICE, view.epoch))
    status, said = _run(view, view.public / MANIFEST, proof)
    balance = stage.balance(ALICE).total
    told.require(status == 0 and "VERIFIED" in said, f"verified, it said: {said[:200]}")
    told.require(f"  {balance}\n" in said.replace(",", ""), f"Alice reads her own {balance} in it")
    told.say(f"python3 -I {VERIFIER} {MANIFEST} {PROOF}: verified; her balance by it is {balance}, as she knows it.")
    told.say("It also says what it cannot know: that others see the same super-root is for them to compare.")
    told.data |= {"status": status, "proof": str(proof), "balance": str(balance)}


def _tamper(stage: Stage, view: EpochView, told: Step) -> None:
    proof, manifest = stage.directory / PROOF, view.public / MANIFEST
    altered = stage.directory / "altered.json"
    statuses = []
    for original in (proof, manifest):
        content = original.read_bytes()
        at = content.index(b'"value":"') + len(b'"value":"')
        altered.write_bytes(content[:at] + (b"9" if content[at : at + 1] != b"9" else b"8") + content[at + 1 :])
        files = (altered, proof) if original is manifest else (manifest, altered)
        status, said = _run(view, *files)
        told.require(status in (1, 2) and "VERIFIED" not in said, f"refused, it said: {said[:200]}")
        told.say(f"{original.name}: {said.splitlines()[0]}.")
        statuses.append(status)
    altered.unlink()
    told.data["statuses"] = statuses


def _leave_out(stage: Stage, view: EpochView, told: Step) -> None:
    # The house relabels the proof of somebody whom it did count.
    forged = replace(Proof.decoded(prove(_epochs(stage), ALICE, view.epoch)), customer=BOB).encoded()
    manifest = (view.public / MANIFEST).read_bytes()
    refused = told.refusal("reserves.proof_invalid", lambda: verify_proof(manifest, forged))
    told.say(
        f"Refused ({refused.code}): {refused}. Leaves commit to a customer, and to a nonce that their page chose: a "
        "house has nothing to show to somebody whom it did not count."
    )
    absent = told.refusal("reserves.customer_not_in_epoch", lambda: prove(_epochs(stage), "carol", view.epoch))
    told.say(f"Whoever is not counted gets no proof at all ({absent.code}), and that is how they know.")
    told.data |= {"code": refused.code, "absent": absent.code}


def _run(view: EpochView, manifest: Path, proof: Path) -> tuple[int, str]:
    """The published verifier, isolated from everything of ours: its exit status and what it printed."""
    command = [sys.executable, "-I", "-S", str(view.public / VERIFIER), str(manifest), str(proof)]
    try:
        ran = subprocess.run(  # noqa: S603 -- our own interpreter, and files that this chapter made
            command, cwd=view.public, capture_output=True, text=True, timeout=_PATIENCE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise PromiseBroken(f"the published verifier did not run: {fault}") from None
    return ran.returncode, ran.stdout
