"""The store: engines, transactions, schema revisions, and amounts in columns."""

from holdfast.store.engine import open_engine
from holdfast.store.errors import (
    DatabaseBusy,
    DatabaseCorrupt,
    DatabaseUnavailable,
    DatabaseUrlInvalid,
    LimbsOutOfRange,
    SchemaNewer,
    SchemaOutdated,
    StoreError,
)
from holdfast.store.limbs import LIMB, amount_columns, limbs, summed_units, unit_sums, units
from holdfast.store.migrate import CONTROL_PLANE, require_current, run_environment, run_sql_file, upgrade
from holdfast.store.private_files import read_private, write_new_private
from holdfast.store.schema import INTEGER, NAMING, metadata
from holdfast.store.transactions import run_transaction, snapshot, transaction

__all__ = [
    "CONTROL_PLANE",
    "INTEGER",
    "LIMB",
    "NAMING",
    "DatabaseBusy",
    "DatabaseCorrupt",
    "DatabaseUnavailable",
    "DatabaseUrlInvalid",
    "LimbsOutOfRange",
    "SchemaNewer",
    "SchemaOutdated",
    "StoreError",
    "amount_columns",
    "limbs",
    "metadata",
    "open_engine",
    "read_private",
    "require_current",
    "run_environment",
    "run_sql_file",
    "run_transaction",
    "snapshot",
    "summed_units",
    "transaction",
    "unit_sums",
    "units",
    "upgrade",
    "write_new_private",
]
