"""The ledger's values: accounts, balances, and entries of transfers."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from holdfast.amounts import Amount, asset_named
from holdfast.encoding import Canonical
from holdfast.ledger.errors import EntryMalformed

MAX_TRANSFERS = 1000
"""The most transfers of one entry."""

MAX_HOLD_TRANSFERS = 8
"""The most transfers of an entry that settles a hold."""

MAX_TEXT = 200
"""The most characters of a code, kind, reference or idempotency key."""


class OwnerClass(StrEnum):
    """Whose money, or whose claim, an account stands for."""

    CUSTOMER = "customer"
    """What is owed to a customer. Credit-normal."""

    HOUSE = "house"
    """What of the coins in the vaults is the exchange's own. Credit-normal, so the house cannot spend more."""

    EXTERNAL = "external"
    """What is on its way from or to somebody outside: seen and unconfirmed, or signed and unconfirmed."""

    VAULT = "vault"
    """Coins under the exchange's keys. Debit-normal."""


class NormalSide(StrEnum):
    """The side on which an account grows."""

    DEBIT = "debit"
    CREDIT = "credit"


NORMAL_SIDES: dict[OwnerClass, tuple[NormalSide, ...]] = {
    OwnerClass.CUSTOMER: (NormalSide.CREDIT,),
    OwnerClass.HOUSE: (NormalSide.CREDIT,),
    OwnerClass.EXTERNAL: (NormalSide.DEBIT, NormalSide.CREDIT),
    OwnerClass.VAULT: (NormalSide.DEBIT,),
}
"""The sides that accounts of a class may have."""


def require_text(text: str, what: str) -> None:
    """Refuse text that is empty, too long, or holds characters that do not print."""
    if not 1 <= len(text) <= MAX_TEXT or not text.isprintable():
        raise EntryMalformed(f"{what} must be 1 to {MAX_TEXT} printable characters")


@dataclass(frozen=True, slots=True)
class Account:
    """An account: one code, such as ``customer:alice``, in one asset."""

    id: int
    code: str
    asset: str
    owner_class: OwnerClass
    normal_side: NormalSide

    def __post_init__(self) -> None:
        """Refuse an unknown asset, a code that is no text, or a side that the class does not have."""
        asset_named(self.asset)
        require_text(self.code, "an account's code")
        if self.normal_side not in NORMAL_SIDES[self.owner_class]:
            raise EntryMalformed(f"an account of class {self.owner_class} is not {self.normal_side}-normal")


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account has: in total, and how much of that is held."""

    account: Account
    total: Amount
    held: Amount

    @property
    def available(self) -> Amount:
        """What may be spent or held now."""
        return self.total - self.held


@dataclass(frozen=True, slots=True)
class Transfer:
    """An amount, debited to one account and credited to another of its asset, both by code."""

    debit: str
    credit: str
    amount: Amount

    def __post_init__(self) -> None:
        """Refuse an amount of zero, and an account against itself."""
        require_text(self.debit, "an account's code")
        require_text(self.credit, "an account's code")
        self.amount.positive()
        if self.debit == self.credit:
            raise EntryMalformed(f"a transfer needs two accounts, not {self.debit} twice")


@dataclass(frozen=True)
class Entry(Canonical):
    """A journal entry: transfers that are posted together or not at all, in this order.

    ``kind`` says what happened (``deposit``, ``withdrawal``, ``fee``), ``reference`` what it belongs to.
    """

    DOMAIN: ClassVar[str] = "holdfast.ledger.entry"

    kind: str
    reference: str
    idempotency_key: str
    transfers: tuple[Transfer, ...]

    def __post_init__(self) -> None:
        """Refuse an entry without transfers, with too many, or with texts that are none."""
        require_text(self.kind, "an entry's kind")
        require_text(self.reference, "an entry's reference")
        require_text(self.idempotency_key, "an idempotency key")
        if not 1 <= len(self.transfers) <= MAX_TRANSFERS:
            raise EntryMalformed(f"an entry has 1 to {MAX_TRANSFERS} transfers, not {len(self.transfers)}")


class HoldState(StrEnum):
    """What has become of a hold."""

    OPEN = "open"
    POSTED = "posted"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True)
class Hold:
    """An amount that an account keeps back until it is posted or voided."""

    id: int
    account: Account
    amount: Amount
    reference: str
    state: HoldState
