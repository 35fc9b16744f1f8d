"""Opening what a command works on: a control plane's folder, its books only, or its genesis only."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from holdfast.authority import Genesis
from holdfast.cli.errors import DatabaseMissing, FileUnavailable, HomeNotGiven
from holdfast.custody import (
    CONFIGURATION,
    GENESIS,
    POLICY,
    ControlPlane,
    HomeInvalid,
    database_url,
    durable_database_url,
    open_control_plane,
    read_configuration,
)
from holdfast.encoding import MAX_BYTES
from holdfast.policy import Policy
from holdfast.store import open_engine, require_current

CONTROL_FOLDER = "control"
"""Where a deployment's folder holds its control plane."""

SQLITE = "sqlite:///"


def control_home(home: Path | None) -> Path:
    """The control plane's folder: the one given, or the one inside the deployment's folder that was given.

    :raises HomeNotGiven: none was.
    """
    if home is None:
        raise HomeNotGiven("say which deployment: --home DIR, or HOLDFAST_HOME")
    inside = home / CONTROL_FOLDER
    return inside if not (home / CONFIGURATION).exists() and (inside / CONFIGURATION).exists() else home


def own_database_url(folder: Path) -> str:
    """The address of the control plane's database.

    :raises HomeInvalid: no control plane's folder.
    :raises DatabaseMissing: the file is not there; opening it would make an empty one.
    """
    url = database_url(folder, read_configuration(folder))
    if url.startswith(SQLITE) and not Path(url.removeprefix(SQLITE)).exists():
        raise DatabaseMissing(f"{folder} has no database: it was never set up, or it is lost")
    return url


@contextmanager
def opened_books(home: Path | None) -> Iterator[Engine]:
    """The control plane's database alone: no keys, no node, no signers."""
    engine = open_engine(own_database_url(control_home(home)))
    try:
        require_current(engine)
        yield engine
    finally:
        engine.dispose()


@contextmanager
def opened_plane(home: Path | None) -> Iterator[ControlPlane]:
    """The control plane, whole."""
    folder = control_home(home)
    own_database_url(folder)
    plane = open_control_plane(folder)
    try:
        yield plane
    finally:
        plane.engine.dispose()


def home_genesis(home: Path | None) -> Genesis:
    """The genesis in the control plane's folder.

    :raises FileUnavailable: it cannot be read.
    :raises EncodingError: it is none.
    """
    path = control_home(home) / GENESIS
    try:
        with path.open("rb") as file:
            return Genesis.decoded(file.read(MAX_BYTES + 1))
    except OSError as fault:
        raise FileUnavailable(f"the genesis {path} cannot be read: {fault.strerror}") from None


def home_policy(home: Path | None) -> Policy:
    """The policy in the control plane's folder, once it is seen to be the one that the genesis pins.

    :raises FileUnavailable: it cannot be read.
    :raises HomeInvalid: it is another one.
    """
    path = control_home(home) / POLICY
    try:
        with path.open("rb") as file:
            policy = Policy.decoded(file.read(MAX_BYTES + 1))
    except OSError as fault:
        raise FileUnavailable(f"the policy {path} cannot be read: {fault.strerror}") from None
    if policy.digest() != home_genesis(home).policy:
        raise HomeInvalid(f"the policy {path} is not the one that the genesis pins")
    return policy


def durable_url(folder: Path) -> str:
    """Where durable work keeps its own tables: beside a SQLite database, or in the PostgreSQL database itself."""
    url = own_database_url(folder)
    return durable_database_url(folder) if url.startswith(SQLITE) else url
