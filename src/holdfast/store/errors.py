"""What can be wrong with a database."""

from typing import ClassVar

from holdfast.errors import HoldfastError


class StoreError(HoldfastError):
    """Base of the store's faults."""

    code: ClassVar[str] = "store.fault"
    exit_status: ClassVar[int] = 3


class DatabaseUrlInvalid(StoreError):
    """Not an address of a database that Holdfast can use."""

    code = "store.url_invalid"
    exit_status = 2


class DatabaseCorrupt(StoreError):
    """The file is damaged, truncated, or not one of Holdfast's databases."""

    code = "store.corrupt"
    exit_status = 2


class DatabaseUnavailable(StoreError):
    """The database cannot be reached, opened or written now."""

    code = "store.unavailable"


class DatabaseBusy(StoreError):
    """Other transactions stood in the way for longer than the bounded number of attempts."""

    code = "store.busy"


class SchemaNewer(StoreError):
    """A newer version of Holdfast has upgraded this database."""

    code = "store.schema_newer"


class SchemaOutdated(StoreError):
    """The database lacks tables that this version needs."""

    code = "store.schema_outdated"


class LimbsOutOfRange(StoreError):
    """Two integers that are not the limbs of an amount from 0 to 10^36."""

    code = "store.limbs_out_of_range"
