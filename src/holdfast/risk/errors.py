"""What can be wrong with a risk decision's inputs or its key."""

from typing import ClassVar

from holdfast.errors import HoldfastError


class RiskError(HoldfastError):
    """Base of this domain's refusals."""

    code: ClassVar[str] = "risk.refused"


class FactsMalformed(RiskError):
    """Facts that cannot be: a negative count, another asset, a time after the withdrawal."""

    code = "risk.facts_malformed"
    exit_status = 2


class RiskKeyUnsafe(RiskError):
    """The engine's key file is missing, damaged, exists already, or others may read it."""

    code = "risk.key_unsafe"
    exit_status = 3
