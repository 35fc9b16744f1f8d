"""Are the triggers that enforce the ledger's rules in place, enabled and as they were installed?"""

import hashlib

from sqlalchemy import Connection, text

from holdfast.ledger.report import Findings

# What revision 0002 installs. The test of this module prints the new value when the triggers change.
FINGERPRINTS = {
    "sqlite": "a04856fb3a3b185af0130b65e48516f520e47dcf491b1bf8ccc22fe427488bcc",
    "postgresql": "93df7b11dd08251b7c29363bee693c16346b06fb21b2d1f3f64a71c6e7ded971",
}

_DEFINITIONS = {
    "sqlite": text(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'ledger\\_%' ESCAPE '\\'"
        " ORDER BY name"
    ),
    "postgresql": text(
        "SELECT t.tgname::text AS name, concat_ws('|', c.relname, t.tgenabled, t.tgtype, p.proname) AS sql"
        " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid"
        " WHERE NOT t.tgisinternal AND c.relname LIKE 'ledger\\_%'"
        " UNION ALL"
        " SELECT p.proname::text, concat_ws('|', p.prosecdef, p.proconfig, p.prosrc, pg_get_function_sqlbody(p.oid))"
        " FROM pg_proc p WHERE p.proname LIKE 'ledger\\_%' AND p.pronamespace = 'public'::regnamespace"
        " ORDER BY 1, 2"
    ),
}


def fingerprint(connection: Connection) -> str:
    """SHA-256, in hex, over the definitions of the ledger's triggers in this database."""
    rows = connection.execute(_DEFINITIONS[connection.dialect.name])
    definitions = sorted(f"{row.name}\x00{row.sql}\x00" for row in rows)
    return hashlib.sha256("".join(definitions).encode()).hexdigest()


def examine_guards(connection: Connection, findings: Findings) -> None:
    """Note it when the triggers are not the ones that the schema revision installed."""
    if fingerprint(connection) != FINGERPRINTS[connection.dialect.name]:
        findings.add("guards_altered", "triggers", "the database's rules for the ledger are not those installed")
