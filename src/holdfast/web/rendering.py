"""Templates to text: everything escaped, nothing undefined; and how states, amounts and spans read."""

import functools
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

import holdfast
from holdfast.amounts import Amount, asset_named
from holdfast.pages import age, count, machine_moment, moment, printed, short
from holdfast.web.reading.policy import span

STATE_TONES = {
    "screened": "wait",
    "batched": "wait",
    "awaiting": "watch",
    "approved": "wait",
    "signed": "wait",
    "broadcast": "wait",
    "open": "watch",
    "done": "good",
    "paid": "good",
    "confirmed": "good",
    "refused": "bad",
    "expired": "bad",
    "ended": "plain",
    "cancelled": "plain",
}
"""How a state looks; the word itself always stands beside it."""

_ALIGNED_DECIMALS = 8
"""How many decimal places an amount's column is wide: a bitcoin's."""


class AmountParts(NamedTuple):
    """An amount as it is set: the digits that matter, the zeros that keep the column straight, the asset."""

    digits: str
    zeros: str
    asset: str


def amount_parts(amount: Amount) -> AmountParts:
    """Digits, filling and asset; ``digits`` alone is what is read aloud and copied."""
    digits, asset = amount.on_page().split(" ")
    _, point, fraction = digits.partition(".")
    missing = min(_ALIGNED_DECIMALS, asset_named(asset).decimals) - len(fraction)
    return AmountParts(digits, ("" if point else ".") + "0" * missing if missing > 0 else "", asset)


def amount_value(amount: Amount) -> str:
    """The amount in whole coins for a chart: plain digits, no separators and no asset."""
    return str(amount).split(" ")[0].replace(",", "")


def origin(address: str) -> str:
    """Where a page is: scheme, host and port of its address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def signed_units(units: int, asset: str) -> str:
    """A difference in base units as a signed amount, with a true minus sign."""
    sign = "\N{MINUS SIGN}" if units < 0 else "+" if units else ""
    return f"{sign}{Amount(asset, abs(units)).on_page()}"


def per_cent(per_myriad: int) -> str:
    """Parts of ten thousand as per cent, with what decimals matter."""
    whole, part = divmod(per_myriad, 100)
    return f"{count(whole)}{f'.{part:02}'.rstrip('0') if part else ''} %"


def took(seconds: int) -> str:
    """A span in its two largest units: ``2 h 5 min``."""
    parts: list[str] = []
    for unit_s, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        count, seconds = divmod(seconds, unit_s)
        if count or (unit == "s" and not parts):
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])


def day(day_number: int) -> str:
    """A day since 1970 as a date."""
    return moment(day_number * 86_400)[:10]


def url_value(text: str) -> str:
    """Text as the value of a query's parameter, every special character spelt out."""
    return quote(text, safe="")


@functools.cache
def environment() -> Environment:
    """The templates of this package, each compiled once a process."""
    templates = Environment(
        loader=PackageLoader("holdfast.web"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=printed,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(
        moment=moment,
        machine_moment=machine_moment,
        age=age,
        short=short,
        span=span,
        took=took,
        day=day,
        per_cent=per_cent,
        amount_parts=amount_parts,
        amount_value=amount_value,
        origin=origin,
        url_value=url_value,
    )
    templates.globals.update(state_tones=STATE_TONES, version=holdfast.__version__, signed_units=signed_units)
    return templates
