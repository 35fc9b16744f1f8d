"""Schema revisions, run from code: Alembic without an ini file.

A *tree* is a folder of a package that holds ``env.py`` and ``versions/``, named like
``holdfast:store/migrations``. Each tree records its revision in a table of its own, so a signer's database
is never mistaken for the control plane's.
"""

import sqlite3
from pathlib import Path

from alembic import command, context
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, inspect

from holdfast.store.errors import DatabaseCorrupt, SchemaNewer, SchemaOutdated
from holdfast.store.schema import NAMING
from holdfast.store.transactions import transaction

CONTROL_PLANE = "holdfast:store/migrations"
"""The tree of the control plane's database."""

# Any constant that nothing else on the server locks: the first eight bytes of SHA-256("holdfast schema upgrade").
_UPGRADE_LOCK = 0x5721215605520F12

_VERSION_SUFFIX = "_schema_version"


def _version_table(script_location: str) -> str:
    """``holdfast:signer/migrations`` records its revision in ``signer_schema_version``."""
    folders = [folder for folder in script_location.replace(":", "/").split("/") if folder not in ("", "migrations")]
    return folders[-1] + _VERSION_SUFFIX


def _config(script_location: str) -> Config:
    config = Config()
    config.set_main_option("script_location", script_location)
    config.set_main_option("path_separator", "os")
    return config


def _current(connection: Connection, script_location: str) -> set[str]:
    """The revisions this database is at; refuses another tree's database."""
    table = _version_table(script_location)
    others = {name for name in inspect(connection).get_table_names() if name.endswith(_VERSION_SUFFIX)} - {table}
    if others:
        raise DatabaseCorrupt(f"this is another part's database: it has {min(others)}, not {table}")
    migrations = MigrationContext.configure(connection, opts={"version_table": table})
    return set(migrations.get_current_heads())


def _refuse_newer(current: set[str], scripts: ScriptDirectory) -> None:
    known = {script.revision for script in scripts.walk_revisions()}
    if not current <= known:
        newer = ", ".join(sorted(current - known))
        raise SchemaNewer(f"a newer version of Holdfast wrote this database (revision {newer}): install that version")


def upgrade(engine: Engine, script_location: str = CONTROL_PLANE) -> None:
    """Bring the database to the newest revision of the tree: all of it or nothing.

    Safe to call from several processes at once: one upgrades, the others wait and find it done.

    :raises SchemaNewer: the database is beyond every revision that this version knows.
    """
    config = _config(script_location)
    scripts = ScriptDirectory.from_config(config)
    with transaction(engine) as connection:
        # SQLite's write lock is already held (BEGIN IMMEDIATE).
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})")
        _refuse_newer(_current(connection, script_location), scripts)
        config.attributes["connection"] = connection
        command.upgrade(config, "heads")


def require_current(engine: Engine, script_location: str = CONTROL_PLANE) -> None:
    """Refuse a database whose revision is not exactly the newest of the tree.

    :raises SchemaNewer: a newer version wrote it.
    :raises SchemaOutdated: it was never set up, or needs :func:`upgrade`.
    """
    scripts = ScriptDirectory.from_config(_config(script_location))
    with transaction(engine) as connection:
        current = _current(connection, script_location)
    _refuse_newer(current, scripts)
    if current != set(scripts.get_heads()):
        at = ", ".join(sorted(current)) or "none"
        raise SchemaOutdated(f"the database is at revision {at}; this version needs {', '.join(scripts.get_heads())}")


def run_environment() -> None:
    """The whole of a tree's ``env.py``: run the asked revisions on the caller's connection and transaction."""
    config = context.config
    location = config.get_main_option("script_location") or CONTROL_PLANE
    context.configure(
        connection=config.attributes["connection"],
        version_table=_version_table(location),
        # Only for the names of constraints in revisions.
        target_metadata=MetaData(naming_convention=NAMING),
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_sql_file(connection: Connection, revision_file: str) -> None:
    """Run the SQL beside a revision: ``0002_x.sqlite.sql`` or ``0002_x.postgresql.sql`` for ``0002_x.py``.

    Triggers and functions differ too much between the databases for one spelling. In a revision, call
    ``run_sql_file(op.get_bind(), __file__)``.
    """
    path = Path(revision_file).with_suffix(f".{connection.dialect.name}.sql")
    script = path.read_text(encoding="utf-8")
    for statement in _statements(script) if connection.dialect.name == "sqlite" else [script]:
        # Without parameters a per cent sign is only itself, and PostgreSQL takes many statements at once.
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def _statements(script: str) -> list[str]:
    """Split SQLite's script where SQLite itself sees statements end, so that triggers stay whole."""
    statements, gathered = [], ""
    for line in script.splitlines(keepends=True):
        gathered += line
        if sqlite3.complete_statement(gathered):
            statements.append(gathered.strip())
            gathered = ""
    if any(line.strip() and not line.lstrip().startswith("--") for line in gathered.splitlines()):
        raise ValueError("the script ends within a statement")
    return statements
