"""A control plane's folder: its configuration, its public pins, and two keys: the log's and the risk engine's.

Neither key moves money. (A larger deployment runs the risk engine, with its key, on a host of its own.)
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError

from holdfast.audit import GenesisAdopted, LogSigner, append, log_size
from holdfast.authority import Genesis
from holdfast.chains.bitcoin import BitcoinChain, BitcoinRpc, UnixEndpoint
from holdfast.clock import Clock, SystemClock
from holdfast.custody.control_plane import ControlPlane, RosterInForce
from holdfast.custody.errors import HomeInvalid
from holdfast.custody.rosters import newest_roster
from holdfast.policy import Policy
from holdfast.risk import RiskEngine, load_risk_key
from holdfast.screening import Screen, SignedSnapshot, require_signed
from holdfast.signer import SignerTransport, UnixSocketTransport
from holdfast.store import open_engine, require_current, transaction, upgrade

CONFIGURATION = "control.toml"
GENESIS = "genesis.cbor"
POLICY = "policy.cbor"
SANCTIONS = "sanctions.cbor"
LOG_KEY = "log.key"
RISK_KEY = "risk.key"


class Configuration(BaseModel):
    """``control.toml``. Paths are relative to the folder.

    ``name`` is unique among the control planes of one database, and stable over restarts.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str
    database: str = "sqlite:///control.sqlite"
    node: str
    signers: dict[str, str]
    confirmations: int = 3


def read_configuration(home: Path) -> Configuration:
    """Read ``control.toml``.

    :raises HomeInvalid: missing, or not what it may be; the message names the key.
    """
    path = home / CONFIGURATION
    try:
        return Configuration.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError:
        raise HomeInvalid(f"{home} holds no control plane: there is no {CONFIGURATION}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise HomeInvalid(f"{path} is not TOML: {fault}") from None
    except ValidationError as fault:
        first = fault.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise HomeInvalid(f"{path}: {where}: {first['msg']}") from None


def database_url(home: Path, configuration: Configuration) -> str:
    """The database's address; a relative SQLite file lies in the folder."""
    prefix = "sqlite:///"
    if configuration.database.startswith(prefix):
        return prefix + str(home / configuration.database.removeprefix(prefix))
    return configuration.database


def _read(home: Path, name: str) -> bytes:
    try:
        return (home / name).read_bytes()
    except OSError:
        raise HomeInvalid(f"{home} has no {name}") from None


def set_up(home: Path, clock: Clock) -> None:
    """Bring the database to this version's schema and begin the log with the genesis; again is no change."""
    configuration = read_configuration(home)
    genesis = Genesis.decoded(_read(home, GENESIS))
    engine = open_engine(database_url(home, configuration))
    upgrade(engine)
    with transaction(engine) as connection:
        if log_size(connection) == 0:
            append(connection, GenesisAdopted(genesis.digest(), genesis.venue), clock.now_s())
    engine.dispose()


def open_control_plane(
    home: Path,
    *,
    name: str | None = None,
    clock: Clock | None = None,
    chain: BitcoinChain | None = None,
    transports: Mapping[str, SignerTransport] | None = None,
) -> ControlPlane:
    """Open the control plane of a folder.

    :param chain: another way to a chain than the configured node's socket, and likewise ``transports`` to signers.
    :raises HomeInvalid: something is missing, or the policy is not the one that the genesis pins.
    :raises SnapshotForged: the sanctions list is not signed by the genesis's compliance keys.
    """
    configuration, ticking = read_configuration(home), clock or SystemClock()
    genesis, policy = Genesis.decoded(_read(home, GENESIS)), Policy.decoded(_read(home, POLICY))
    if policy.digest() != genesis.policy:
        raise HomeInvalid("the policy in the folder is not the one that the genesis pins")
    snapshot = SignedSnapshot.decoded(_read(home, SANCTIONS))
    require_signed(snapshot, genesis.screening_keys, genesis.screening_threshold)
    engine = open_engine(database_url(home, configuration))
    require_current(engine)
    with transaction(engine) as connection:
        roster = newest_roster(connection) or genesis.roster
    return ControlPlane(
        name=name or configuration.name,
        engine=engine,
        chain=chain or BitcoinRpc(UnixEndpoint(home / configuration.node), genesis.network),
        transports=transports
        or {signer: UnixSocketTransport(home / path) for signer, path in configuration.signers.items()},
        genesis=genesis,
        policy=policy,
        screen=Screen(snapshot.snapshot),
        risk=RiskEngine(load_risk_key(home / RISK_KEY), ticking),
        log_signer=LogSigner.load(home / LOG_KEY),
        clock=ticking,
        confirmations=configuration.confirmations,
        in_force=RosterInForce(roster),
    )
