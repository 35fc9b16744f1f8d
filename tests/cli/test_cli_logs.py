"""No secret reaches a log or an output: the guard itself, and every command on a real deployment."""

import base64
import json
import logging
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import structlog

from cli_rig import Shell, signers_served
from holdfast.cli.logs import REDACTED, configure_logs, redact
from world import World

SEED = bytes(range(32))


def redacted(**event: Any) -> dict[str, Any]:
    return dict(redact(None, "info", event))


@pytest.mark.parametrize(
    "name",
    ["seed", "private_key", "log_seed", "kek", "share", "signing_shares", "password", "nonce", "api_token", "Secret"],
)
def test_a_value_under_a_secrets_name_is_dropped(name: str) -> None:
    assert redacted(**{name: "value"}) == {name: REDACTED}
    assert redacted(outer={name: "value"}) == {"outer": {name: REDACTED}}


def test_plain_values_stay() -> None:
    event = {"event": "signer.refused", "code": "cap.exceeded", "size": 7, "ok": True, "rate": 0.5, "txid": "ab" * 32}
    assert redacted(**event) == event


@pytest.mark.parametrize("value", [SEED, bytearray(SEED), memoryview(SEED)], ids=lambda value: type(value).__name__)
def test_raw_bytes_leave_their_length_only(value: object) -> None:
    assert redacted(value=value) == {"value": "<32 bytes>"}
    assert redacted(values=[value]) == {"values": ["<32 bytes>"]}


def test_objects_leave_their_type_only() -> None:
    class Holder:
        def __repr__(self) -> str:
            return SEED.hex()

    assert redacted(value=Holder(), values={"a": Holder()}) == {"value": "<Holder>", "values": {"a": "<Holder>"}}


def test_passwords_in_addresses_are_cut_out() -> None:
    found = redacted(event="cannot reach postgresql://house:hunter2@db.example/holdfast now")
    assert found == {"event": f"cannot reach postgresql://house:{REDACTED}@db.example/holdfast now"}


def test_exceptions_leave_their_type_only() -> None:
    fault = ValueError(SEED.hex())
    assert redacted(event="x", exc_info=fault) == {"event": "x", "fault": "ValueError"}
    assert redacted(event="x", exc_info=(ValueError, fault, None)) == {"event": "x", "fault": "ValueError"}


def test_endless_values_are_cut() -> None:
    assert len(redacted(value="x" * 10_000)["value"]) == 1_000
    assert len(redacted(value=list(range(10_000)))["value"]) == 50


def test_libraries_logs_take_the_same_path(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(json_lines=True)
    structlog.get_logger().info("ours", seed="x")
    logging.getLogger("a.library").warning("theirs %s", "postgresql://u:hunter2@h/d", extra={"share": "x"})
    logging.getLogger("a.library").error("failed", exc_info=ValueError(SEED.hex()))
    logged = capsys.readouterr().err
    ours, theirs, failed = map(json.loads, logged.splitlines())
    assert (ours["event"], ours["seed"]) == ("ours", REDACTED)
    assert "hunter2" not in theirs["event"]
    assert failed["fault"] == "ValueError"
    assert SEED.hex() not in logged


def test_a_librarys_own_handler_does_not_write_past_the_guard(capsys: pytest.CaptureFixture[str]) -> None:
    library = logging.getLogger("a.library.with.its.own.handler")
    library.addHandler(logging.StreamHandler())
    library.propagate = False
    configure_logs(json_lines=True)
    library.warning("once")
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["event"] == "once"


def test_people_get_warnings_and_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(json_lines=False)
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("heard", code="x.y")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert "heard" in printed.err


def secrets_of(home: Path) -> dict[str, bytes]:
    """Every key that lies in a deployment's folder: raw files, sealed blobs, and the scalars inside key files."""
    found: dict[str, bytes] = {}
    for path in home.rglob("*"):
        name = str(path.relative_to(home))
        if path.name == "kek" or path.suffix == ".key":
            found[name] = path.read_bytes()[-32:]
        elif path.name == "identity.cbor":
            found[name] = path.read_bytes()[-80:-16]
        elif path.parent.name == "people":
            found[name] = path.read_bytes()[-40:]
        elif path.name == "signer.sqlite":
            database = sqlite3.connect(path)
            for (sealed,) in database.execute("SELECT sealed_share FROM keys"):
                found[f"{name} share"] = sealed[-64:]
            database.close()
    return found


def spellings(secret: bytes) -> list[str]:
    """How a secret could be written down; the middle of it, for the edges depend on what stands around it."""
    middle = secret[3:-3]
    return [
        middle.hex(),
        middle.hex().upper(),
        *(base64.b64encode(secret[start:]).decode()[4:-6] for start in range(3)),
        repr(middle)[2:-1],
        str(list(middle))[1:-1],
    ]


def test_no_command_shows_a_key(shell: Shell, world: World, tmp_path: Path) -> None:
    secrets = secrets_of(shell.home)
    assert len(secrets) >= 2 + 3 * 5 + 5
    printed = []
    with signers_served(world):
        for words in (
            ("vault", "show", "hot"),
            ("withdrawal", "list"),
            ("withdrawal", "show", "w-paid"),
            ("withdrawal", "cancel", "w-waiting"),
            ("ledger", "check"),
            ("signer", "status"),
            ("freeze", "status"),
            ("policy", "simulate", "--amount", "1 BTC"),
            ("audit", "export", "--out", str(tmp_path / "log.jsonl")),
            ("audit", "verify", str(tmp_path / "log.jsonl")),
        ):
            for form in ((), ("--json",)):
                ran = shell.at_home(*words, *form)
                printed += [ran.out, ran.err]
    printed.append((tmp_path / "log.jsonl").read_text(encoding="utf-8"))
    signers = shell.home / "signers"
    shutil.copy(signers / "geneva" / "kek", signers / "bern" / "kek")
    for path in (signers / "bern", signers / "geneva" / "kek", shell.home / "people"):
        ran = shell("signer", "serve", "--home", path)
        assert ran.status != 0
        printed += [ran.out, ran.err]
    (shell.home / "control" / "log.key").write_bytes((shell.home / "control" / "log.key").read_bytes() + b"x")
    printed += [shell.at_home("signer", "status").err]
    everything = "\n".join(printed)
    shown = [name for name, secret in secrets.items() if any(text in everything for text in spellings(secret))]
    assert shown == []
