"""An address that a wallet scans: BIP 21's URI, drawn as a QR code."""

import functools
import io

import segno

QUIET_ZONE_MODULES = 4
"""The blank border that ISO/IEC 18004 asks for."""


def payment_uri(address: str) -> str:
    """The address as BIP 21 writes it."""
    return f"bitcoin:{address}"


@functools.lru_cache(maxsize=1_000)
def payment_code(address: str) -> bytes:
    """An SVG image of the payment URI: dark on light, with its quiet zone, whatever the page's own colours are."""
    drawn = io.BytesIO()
    code = segno.make(payment_uri(address), error="m", micro=False)
    code.save(drawn, kind="svg", border=QUIET_ZONE_MODULES, dark="#14201c", light="#ffffff", svgns=True, scale=8)
    return drawn.getvalue()
