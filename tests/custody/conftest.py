"""A founded and funded deployment for each test, its control plane on SQLite and on PostgreSQL."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url

from world import World, build_template, copy_world, use_database


@pytest.fixture(scope="session")
def sqlite_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A founded deployment on SQLite, to copy."""
    return build_template(tmp_path_factory.mktemp("founded") / "sqlite")


def _on_server(server: str, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def _url(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgresql_world(
    tmp_path_factory: pytest.TempPathFactory, postgresql_server: str, worker_id: str
) -> tuple[Path, str]:
    """A founded deployment on PostgreSQL, to copy: its folder and its database's name."""
    name = f"founded_{worker_id}"
    _on_server(postgresql_server, f"DROP DATABASE IF EXISTS {name}")
    _on_server(postgresql_server, f"CREATE DATABASE {name}")
    directory = tmp_path_factory.mktemp("founded") / "postgresql"
    return build_template(directory, _url(postgresql_server, name)), name


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A deployment of this test's own: once on each database."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_world")
        opened = copy_world(template, tmp_path / "world")
        yield opened
        opened.close()
        return
    template, original = request.getfixturevalue("postgresql_world")
    server: str = request.getfixturevalue("postgresql_server")
    name = f"world_{uuid.uuid4().hex}"
    _on_server(server, f"CREATE DATABASE {name} TEMPLATE {original} STRATEGY FILE_COPY")
    opened = copy_world(template, tmp_path / "world", lambda directory: use_database(directory, _url(server, name)))
    yield opened
    opened.close()
    _on_server(server, f"DROP DATABASE {name} WITH (FORCE)")
