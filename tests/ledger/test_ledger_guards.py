"""The triggers in the database are the ones this version expects."""

import pytest
from sqlalchemy import Engine

from holdfast.ledger import LedgerBroken, check
from holdfast.ledger.guards import FINGERPRINTS, fingerprint
from holdfast.store import snapshot, transaction


def test_the_fingerprint_is_of_what_the_schema_installs(database: Engine) -> None:
    with snapshot(database) as connection:
        assert fingerprint(connection) == FINGERPRINTS[database.dialect.name], "after a change, write the new value"


ALTERATIONS = {
    "sqlite": ["DROP TRIGGER ledger_hold_delete", "CREATE TRIGGER x AFTER INSERT ON ledger_hold BEGIN SELECT 1; END"],
    "postgresql": [
        "DROP TRIGGER ledger_hold_change ON ledger_hold",
        "ALTER TABLE ledger_hold DISABLE TRIGGER ledger_hold_change",
        "CREATE OR REPLACE FUNCTION ledger_refuse(rule text) RETURNS void LANGUAGE plpgsql AS 'BEGIN END'",
        "CREATE OR REPLACE FUNCTION ledger_units(hi bigint, lo bigint) RETURNS numeric LANGUAGE sql IMMUTABLE RETURN 1",
    ],
}


@pytest.mark.parametrize("which", range(4))
def test_altered_triggers_are_noticed(funded: Engine, which: int) -> None:
    with snapshot(funded) as connection:
        check(connection)
    alterations = ALTERATIONS[funded.dialect.name]
    with transaction(funded) as connection:
        connection.exec_driver_sql(alterations[which % len(alterations)])
    with snapshot(funded) as connection, pytest.raises(LedgerBroken, match="guards_altered"):
        check(connection)
