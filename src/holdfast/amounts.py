"""Amounts of assets: an asset and a whole number of its base units, never a float."""

from dataclasses import dataclass
from typing import ClassVar

from holdfast.errors import HoldfastError

MAX_UNITS = 10**36
"""The largest amount, in base units. Beyond it every constructor refuses, so that no store ever rounds."""


GROUPS_APART = "\N{NARROW NO-BREAK SPACE}"
"""What stands between groups of three digits on pages."""


class AmountError(HoldfastError):
    """An amount that cannot be: base of this module's errors."""

    code: ClassVar[str] = "amount.invalid"
    exit_status: ClassVar[int] = 2


class AssetUnknown(AmountError):
    """The asset is not one that this version handles."""

    code = "amount.asset_unknown"


class AmountOutOfRange(AmountError):
    """Negative, or above :data:`MAX_UNITS`."""

    code = "amount.out_of_range"


class AmountNotPositive(AmountError):
    """Zero or negative where something must move."""

    code = "amount.not_positive"


class AmountMalformed(AmountError):
    """Text that is not a plain decimal number of the asset, or is finer than its base unit."""

    code = "amount.malformed"


class AssetMismatch(AmountError):
    """Two amounts of different assets were added, subtracted or compared."""

    code = "amount.asset_mismatch"


@dataclass(frozen=True, slots=True)
class Asset:
    """An asset: its symbol and how many decimal places one whole coin has."""

    symbol: str
    decimals: int


ASSETS: dict[str, Asset] = {asset.symbol: asset for asset in (Asset("BTC", 8), Asset("ETH", 18))}


def asset_named(symbol: str) -> Asset:
    """The asset with this symbol, or :class:`AssetUnknown`."""
    asset = ASSETS.get(symbol)
    if asset is None:
        raise AssetUnknown(f"unknown asset {symbol[:20]!r}; known: {', '.join(sorted(ASSETS))}")
    return asset


@dataclass(frozen=True, slots=True)
class Amount:
    """``units`` base units (satoshi, wei) of ``asset``, from 0 to :data:`MAX_UNITS`."""

    asset: str
    units: int

    def __post_init__(self) -> None:
        """Refuse what cannot be an amount."""
        asset_named(self.asset)
        # bool is an int to Python; True satoshi is a bug somewhere else.
        if type(self.units) is not int or not 0 <= self.units <= MAX_UNITS:
            raise AmountOutOfRange(f"an amount of {self.asset} is a whole number of base units from 0 to 10^36")

    @classmethod
    def from_text(cls, text: str, asset: str) -> "Amount":
        """Read a plain decimal such as ``0.015`` in whole coins.

        :raises AmountMalformed: signs, exponents, or more decimal places than the asset has.
        """
        decimals = asset_named(asset).decimals
        whole, point, fraction = text.strip().partition(".")
        digits_only = all(part.isascii() and part.isdigit() for part in (whole, *([fraction] if point else [])))
        if len(text) > 80 or not digits_only:
            raise AmountMalformed(f"{text[:40]!r} is not an amount of {asset}: write it like 0.015")
        if len(fraction) > decimals:
            raise AmountMalformed(f"{asset} has {decimals} decimal places; {text[:40]!r} has {len(fraction)}")
        return cls(asset, int(whole) * 10**decimals + int(fraction.ljust(decimals, "0") or "0"))

    def positive(self) -> "Amount":
        """This amount, or :class:`AmountNotPositive` if nothing would move."""
        if self.units == 0:
            raise AmountNotPositive(f"the amount must be more than 0 {self.asset}")
        return self

    def _same_asset(self, other: "Amount") -> None:
        if self.asset != other.asset:
            raise AssetMismatch(f"{self.asset} and {other.asset} do not mix")

    def __add__(self, other: "Amount") -> "Amount":
        self._same_asset(other)
        return Amount(self.asset, self.units + other.units)

    def __sub__(self, other: "Amount") -> "Amount":
        self._same_asset(other)
        return Amount(self.asset, self.units - other.units)

    def __lt__(self, other: "Amount") -> bool:
        self._same_asset(other)
        return self.units < other.units

    def __le__(self, other: "Amount") -> bool:
        self._same_asset(other)
        return self.units <= other.units

    def __str__(self) -> str:
        """Whole coins with every decimal place that matters: ``0.015 BTC``."""
        scale = 10 ** asset_named(self.asset).decimals
        whole, fraction = divmod(self.units, scale)
        decimals = str(fraction).rjust(len(str(scale)) - 1, "0").rstrip("0")
        return f"{whole:,}{'.' + decimals if decimals else ''} {self.asset}"

    def on_page(self) -> str:
        """The same as pages show it: a comma reads as a decimal point in half of the world, a thin blank nowhere."""
        return str(self).replace(",", GROUPS_APART)
