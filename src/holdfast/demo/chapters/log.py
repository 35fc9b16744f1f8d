"""The audit log: verified without the database, then caught with one row altered."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from holdfast.audit import DepositCredited, LogEntry, audit, export, verify_export
from holdfast.custody import cosign_log
from holdfast.demo.deployment import SIGNERS, THRESHOLD
from holdfast.demo.errors import PromiseBroken
from holdfast.demo.stage import Stage
from holdfast.demo.steps import Step
from holdfast.store import open_engine, snapshot

EXPORT = "audit-log.jsonl"
COPY = "altered-copy.sqlite"


def play(stage: Stage) -> None:
    """Cosign, export, verify; copy, alter, catch."""
    step = stage.telling.step
    with step("verified", "The signers cosign the log; it is exported, and verified from that file alone") as told:
        _verify(stage, told)
    with step("guarded", "On a copy of the database, somebody with its password changes a row of the log") as told:
        copy = _copied(stage)
        index = _credit(stage)
        refusal = _update_refused(copy, index)
        told.say(f"The database itself refuses: {refusal}.")
        told.data |= {"copy": str(copy), "entry": index}
    with step(
        "caught", "On that copy they remove the guard first, and make Alice's deposit ten times as large"
    ) as told:
        _alter(stage, copy, index)
        engine = open_engine(f"sqlite:///{copy}")
        try:
            with snapshot(engine) as connection:
                genesis = stage.deployment.genesis
                refused = told.refusal("audit.log_broken", lambda: audit(connection, genesis.log_name, genesis.log_key))
        finally:
            engine.dispose()
        told.require(f"entry {index} " in str(refused), "the altered entry is named")
        told.say(f"Caught ({refused.code}): {refused}. (The house's own database was left as it is.)")
        told.data |= {"code": refused.code, "entry": index}


def _verify(stage: Stage, told: Step) -> None:
    genesis, path = stage.deployment.genesis, stage.directory / EXPORT
    missing = cosign_log(stage.plane)
    told.require(not missing, f"every signer cosigns, {missing} did not")
    with snapshot(stage.plane.engine) as connection, path.open("wb") as file:
        export(connection, file, genesis.log_name, genesis.log_key)
    keys = {name: genesis.roster.signer(name).signing_key for name in SIGNERS}
    report = verify_export(path, log_key=genesis.log_key, cosigners=keys, minimum_cosigners=THRESHOLD)
    told.require(report.entries == stage.log_size(), "the file has the whole log")
    told.say(
        f"{report.entries} entries, {report.checkpoints} signed checkpoints, the last cosigned by "
        f"{len(report.cosigned_at_s)} signers."
    )
    told.say(f"Whoever has that file, {EXPORT}, and the public keys can do the same, without the database.")
    told.data |= {"entries": report.entries, "cosigners": sorted(report.cosigned_at_s), "export": str(path)}


def _copied(stage: Stage) -> Path:
    """A copy of the control plane's database, so that what is shown afterwards stays true."""
    copy = stage.directory / COPY
    source = stage.deployment.control / "control.sqlite"
    with closing(sqlite3.connect(source)) as before, closing(sqlite3.connect(copy)) as after:
        before.backup(after)
    return copy


def _credit(stage: Stage) -> int:
    """Where the log has the first customer's deposit."""
    for index, event in enumerate(stage.events()):
        if isinstance(event, DepositCredited) and event.customer:
            return index
    raise PromiseBroken("the log has a customer's deposit")


def _update_refused(copy: Path, index: int) -> str:
    with closing(sqlite3.connect(copy)) as connection:
        try:
            connection.execute("UPDATE audit_entry SET at_s = at_s + 1 WHERE sequence = ?", (index,))
        except sqlite3.IntegrityError as refusal:
            return str(refusal)
    raise PromiseBroken("the database let a row of the log be changed")


def _alter(stage: Stage, copy: Path, index: int) -> None:
    event = stage.events()[index]
    if not isinstance(event, DepositCredited):
        raise PromiseBroken("the log has a customer's deposit there")
    with closing(sqlite3.connect(copy)) as connection:
        (data,) = connection.execute("SELECT data FROM audit_entry WHERE sequence = ?", (index,)).fetchone()
        altered = replace(LogEntry.decoded(data), event=replace(event, units=10 * event.units).encoded())
        connection.execute("DROP TRIGGER audit_entry_no_update")
        connection.execute("UPDATE audit_entry SET data = ? WHERE sequence = ?", (altered.encoded(), index))
        connection.commit()
