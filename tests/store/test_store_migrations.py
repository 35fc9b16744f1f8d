"""Schema revisions: all or nothing, never from the future, and exactly what the models say."""

import importlib
from pathlib import Path
from types import ModuleType

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect

import holdfast
from holdfast.store import (
    DatabaseCorrupt,
    SchemaNewer,
    SchemaOutdated,
    metadata,
    open_engine,
    require_current,
    transaction,
    upgrade,
)

ENV = "from holdfast.store import run_environment\n\nrun_environment()\n"
REVISION = '''"""A revision."""

from alembic import op

from holdfast.store import run_sql_file

revision = "{revision}"
down_revision = {down}


def upgrade() -> None:
    """Run the SQL beside."""
    run_sql_file(op.get_bind(), __file__)
'''


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree of revisions of its own."""
    path = tmp_path / "stamps"
    (path / "versions").mkdir(parents=True)
    (path / "env.py").write_text(ENV)
    return path


def add_revision(tree: Path, revision: str, down: str | None, sql: str) -> None:
    """A revision that runs some SQL on both databases."""
    stem = tree / "versions" / f"{revision}_step"
    stem.with_suffix(".py").write_text(REVISION.format(revision=revision, down=repr(down)))
    for dialect in ("sqlite", "postgresql"):
        stem.with_suffix(f".{dialect}.sql").write_text(sql)


def tables(engine: Engine) -> set[str]:
    """The tables there are."""
    with transaction(engine) as connection:
        return set(inspect(connection).get_table_names())


def _models() -> list[ModuleType]:
    folders = sorted(path.parent.name for path in Path(holdfast.__file__).parent.glob("*/models.py"))
    # A signer's tables are in a database and a tree of their own.
    return [importlib.import_module(f"holdfast.{folder}.models") for folder in folders if folder != "signer"]


def test_the_migrated_schema_is_what_the_models_say(database: Engine) -> None:
    assert "holdfast.ledger.models" in [module.__name__ for module in _models()]
    with transaction(database) as connection:
        differences = compare_metadata(
            MigrationContext.configure(
                connection,
                opts={"include_object": lambda _o, name, kind, *_: kind != "table" or not _is_version_table(name)},
            ),
            metadata,
        )
    assert differences == []


def _is_version_table(name: str | None) -> bool:
    return name is not None and name.endswith("_schema_version")


def test_every_table_is_strict_on_sqlite(sqlite_database: Engine) -> None:
    with transaction(sqlite_database) as connection:
        rows = connection.exec_driver_sql("SELECT name, strict FROM pragma_table_list WHERE type = 'table'").all()
    lax = {name for name, strict in rows if not strict and not name.startswith("sqlite_")}
    assert lax == {"store_schema_version"}


def test_upgrading_again_changes_nothing(database: Engine) -> None:
    before = tables(database)
    upgrade(database)
    require_current(database)
    assert tables(database) == before


def test_an_empty_or_older_database_is_outdated(empty_database_url: str, tree: Path) -> None:
    engine = open_engine(empty_database_url)
    add_revision(tree, "a1", None, "CREATE TABLE one (id INTEGER);")
    with pytest.raises(SchemaOutdated, match="revision none; this version needs a1"):
        require_current(engine, str(tree))
    upgrade(engine, str(tree))
    require_current(engine, str(tree))
    add_revision(tree, "a2", "a1", "CREATE TABLE two (id INTEGER);")
    with pytest.raises(SchemaOutdated, match="revision a1; this version needs a2"):
        require_current(engine, str(tree))
    upgrade(engine, str(tree))
    require_current(engine, str(tree))
    assert tables(engine) == {"one", "two", "stamps_schema_version"}
    engine.dispose()


def test_a_newer_database_is_refused(empty_database_url: str, tree: Path) -> None:
    engine = open_engine(empty_database_url)
    add_revision(tree, "a1", None, "CREATE TABLE one (id INTEGER);")
    upgrade(engine, str(tree))
    with transaction(engine) as connection:
        connection.exec_driver_sql("UPDATE stamps_schema_version SET version_num = 'a9'")
    for use in (upgrade, require_current):
        with pytest.raises(SchemaNewer, match="a9") as fault:
            use(engine, str(tree))
        assert (fault.value.code, fault.value.exit_status) == ("store.schema_newer", 3)
    engine.dispose()


def test_a_failing_upgrade_leaves_nothing(empty_database_url: str, tree: Path) -> None:
    engine = open_engine(empty_database_url)
    add_revision(tree, "a1", None, "CREATE TABLE one (id INTEGER);")
    add_revision(tree, "a2", "a1", "CREATE TABLE two (id INTEGER);\nCREATE TABLE one (id INTEGER);")
    with pytest.raises(Exception, match="one"):
        upgrade(engine, str(tree))
    assert tables(engine) == set()
    engine.dispose()


def test_another_trees_database_is_refused(database: Engine, tree: Path) -> None:
    add_revision(tree, "0001", None, "CREATE TABLE one (id INTEGER);")
    for use in (upgrade, require_current):
        with pytest.raises(DatabaseCorrupt, match="another part's database"):
            use(database, str(tree))
    assert "one" not in tables(database)


def test_scripts_may_hold_triggers_comments_and_signs(sqlite_url: str, empty_database_url: str, tree: Path) -> None:
    engine = open_engine(empty_database_url)
    script = "-- 100 % sure; :really\nCREATE TABLE one (word TEXT);\n\nINSERT INTO one VALUES ('a%b:c;d');\n-- end\n"
    add_revision(tree, "a1", None, script)
    upgrade(engine, str(tree))
    with transaction(engine) as connection:
        assert connection.exec_driver_sql("SELECT word FROM one").scalar() == "a%b:c;d"
    engine.dispose()


def test_a_script_that_ends_within_a_statement_is_refused(tmp_path: Path, tree: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'x.db'}")
    add_revision(tree, "a1", None, "CREATE TABLE one (id INTEGER);\nCREATE TABLE two (id")
    with pytest.raises(ValueError, match="ends within a statement"):
        upgrade(engine, str(tree))
    engine.dispose()
