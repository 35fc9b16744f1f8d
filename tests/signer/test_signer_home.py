"""A signer's folder: what happens when its files are lost, damaged, swapped or altered; and what it never forgets."""

import dataclasses
import os
import shutil
import sqlite3
import stat
from pathlib import Path

import pytest

from holdfast.clock import ManualClock
from holdfast.encoding import EncodingError
from holdfast.errors import HoldfastError
from holdfast.keys import KekMissing, KekUnsafe, SealBroken, WrongKek
from holdfast.signer import GenesisMismatch, SignerHome, SignerHomeInvalid, SignerNode, SignerUnavailable
from holdfast.store import DatabaseCorrupt, StoreError
from signer_rig import SIGNED, Takeover, row_counts


@pytest.fixture
def folder(signer_template: Path, tmp_path: Path) -> Path:
    """The folder of a signer that has made a key and not signed with it yet, at rest."""
    copied: Path = shutil.copytree(signer_template / "signers" / "bern", tmp_path / "bern")
    return copied


def test_folder_is_private(folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for file in folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


def test_signer_is_made_once(folder: Path) -> None:
    with pytest.raises(SignerHomeInvalid):
        SignerHome.create(folder, "bern", "http://localhost:8411")


def test_secrets_do_not_show(takeover: Takeover) -> None:
    home = takeover.world.signers["bern"].home
    assert "redacted" in repr(home.keys)
    assert home.keys.signing.private_bytes_raw().hex() not in repr(home)
    with pytest.raises(TypeError):
        home.keys.__reduce__()


# The key-encryption key


def test_another_kek_opens_nothing(folder: Path) -> None:
    (folder / "kek").write_bytes(os.urandom(32))
    with pytest.raises(WrongKek):
        SignerHome.open(folder)


def test_lost_kek_opens_nothing(folder: Path) -> None:
    (folder / "kek").unlink()
    with pytest.raises(KekMissing):
        SignerHome.open(folder)


def test_kek_that_others_can_read_is_not_used(folder: Path) -> None:
    (folder / "kek").chmod(0o640)
    with pytest.raises(KekUnsafe):
        SignerHome.open(folder)


def test_kek_destroyed_while_running_ends_what_is_not_open_yet(takeover: Takeover) -> None:
    movement = takeover.movement(takeover.world.approved("honest", 20_000_000))
    takeover.restart("bern")
    (takeover.world.deployment.signer("bern") / "kek").unlink()
    assert takeover.ask("bern", takeover.request("bern", movement)) == "keys.kek_missing"


# The identity


def test_every_bit_of_the_identity_counts(folder: Path) -> None:
    whole = (folder / "identity.cbor").read_bytes()
    for position in range(0, len(whole), 7):
        altered = bytearray(whole)
        altered[position] ^= 1
        (folder / "identity.cbor").write_bytes(altered)
        with pytest.raises(HoldfastError) as refusal:
            SignerHome.open(folder).pinned()
        assert isinstance(refusal.value, EncodingError | SignerHomeInvalid | SealBroken | WrongKek | GenesisMismatch), (
            refusal.value.code
        )


@pytest.mark.parametrize("keep", [0, 1, 100])
def test_truncated_identity_opens_nothing(folder: Path, keep: int) -> None:
    whole = (folder / "identity.cbor").read_bytes()
    (folder / "identity.cbor").write_bytes(whole[:keep])
    with pytest.raises(EncodingError):
        SignerHome.open(folder)


def test_folder_without_an_identity_holds_no_signer(folder: Path) -> None:
    (folder / "identity.cbor").unlink()
    with pytest.raises(SignerHomeInvalid):
        SignerHome.open(folder)


# The database


def test_lost_database_is_not_begun_anew(folder: Path) -> None:
    # A fresh one would know of no burned nonce, no bound conflict key and no counted movement.
    for file in folder.glob("signer.sqlite*"):
        file.unlink()
    with pytest.raises(SignerHomeInvalid):
        SignerHome.open(folder)


@pytest.mark.parametrize("keep", [0, 10, 5_000, 0.5])
def test_truncated_database_opens_nothing(folder: Path, keep: float) -> None:
    database = folder / "signer.sqlite"
    _checkpoint(database)
    whole = database.read_bytes()
    database.write_bytes(whole[: int(keep if keep > 1 or keep == 0 else len(whole) * keep)])
    with pytest.raises(StoreError):
        SignerHome.open(folder)


def test_damaged_database_opens_nothing(folder: Path) -> None:
    database = folder / "signer.sqlite"
    _checkpoint(database)
    whole = bytearray(database.read_bytes())
    whole[100:4_096] = os.urandom(3_996)
    database.write_bytes(whole)
    with pytest.raises(DatabaseCorrupt):
        SignerHome.open(folder)


def _checkpoint(database: Path) -> None:
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    for suffix in ("-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)


def test_no_row_is_ever_changed_or_removed(takeover: Takeover) -> None:
    assert takeover.sign(takeover.movement(takeover.world.approved("honest", 20_000_000))) == {SIGNED}
    database = takeover.database("bern")
    # What waits on a signer's page ends with its time.
    passing = {"signer_schema_version", "proposals", "page_approvals", "set_aside", "invitations", "candidates"}
    filled = {name: rows for name, rows in row_counts(database).items() if name not in passing}
    # Freezes, roster changes and reserve epochs are what has not happened to this signer.
    assert {name for name, rows in filled.items() if not rows} == {
        "freezes",
        "lifted_freezes",
        "rosters",
        "roster_readies",
        "attested_epochs",
    }
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("INSERT INTO freezes VALUES (x'00', 'ada', x'00', 1)")
    connection.execute("INSERT INTO lifted_freezes VALUES (x'00', x'00', 1)")
    connection.execute("INSERT INTO rosters VALUES (2, x'00', x'00', 1)")
    connection.execute("INSERT INTO roster_readies VALUES (2, x'00', 1)")
    connection.execute("INSERT INTO attested_epochs VALUES (1, x'00', x'00', 1)")
    for name in filled:
        (column,) = connection.execute(f"SELECT name FROM pragma_table_info('{name}') LIMIT 1").fetchone()
        for statement in (f"DELETE FROM {name}", f"UPDATE {name} SET {column} = {column}"):
            with pytest.raises(sqlite3.IntegrityError, match=rf"signer\.append_only: {name}$"):
                connection.execute(statement)
    connection.close()


def test_replacing_a_row_is_refused_too(takeover: Takeover) -> None:
    # INSERT OR REPLACE deletes without firing the triggers of deletion, unless the connection asks for them.
    engine = takeover.world.signers["bern"].home.engine
    with engine.connect() as connection, pytest.raises(Exception, match=r"signer\.append_only: pins"):
        connection.exec_driver_sql("INSERT OR REPLACE INTO pins SELECT id, x'00', policy FROM pins")


def test_another_signers_database_is_not_adopted(takeover: Takeover) -> None:
    deployment = takeover.world.deployment
    movement = takeover.movement(takeover.world.approved("honest", 20_000_000))
    for name in ("bern", "geneva"):
        takeover.world.signers[name].home.engine.dispose()
        _checkpoint(takeover.database(name))
    shutil.copy(takeover.database("geneva"), takeover.database("bern"))
    takeover.restart("bern")
    # Each share is sealed under its own signer's key, for its own signer.
    assert takeover.ask("bern", takeover.request("bern", movement)) == "keys.wrong_kek"
    assert SignerHome.open(deployment.signer("bern")).identity.name == "bern"


def test_another_signers_folder_answers_in_its_own_name_only(takeover: Takeover) -> None:
    takeover.with_node("bern", takeover.world.signers["geneva"])
    with pytest.raises(SignerUnavailable):
        takeover.plane.signer("bern").status()


# The pins


def test_pins_are_for_ever(takeover: Takeover) -> None:
    home, genesis, policy = takeover.world.signers["bern"].home, takeover.plane.genesis, takeover.plane.policy
    home.pin(genesis, policy)
    with pytest.raises(GenesisMismatch):
        home.pin(dataclasses.replace(genesis, venue="Another Exchange"), policy)
    with pytest.raises(GenesisMismatch):
        home.pin(genesis, dataclasses.replace(policy, version=2))
    zurich = takeover.world.signers["zurich"].home.identity
    renamed = dataclasses.replace(
        genesis.roster, signers=tuple(each for each in genesis.roster.signers if each.name != "bern")
    )
    assert zurich in renamed.signers
    with pytest.raises(HoldfastError) as refusal:
        home.pin(dataclasses.replace(genesis, roster=renamed), policy)
    assert refusal.value.code == "roster.signer_unknown"


def test_signer_without_a_genesis_does_not_start(tmp_path: Path) -> None:
    SignerHome.create(tmp_path / "new", "new", "http://localhost:9000")
    home = SignerHome.open(tmp_path / "new")
    with pytest.raises(SignerHomeInvalid):
        SignerNode(home, ManualClock())
    home.engine.dispose()
