"""What browsers may load for the console's pages: files of its own and nothing else, no inline script or style."""

from holdfast.pages import SCRIPTED

_FONTS = "; font-src 'self'"

SIGN_IN = f"{SCRIPTED}{_FONTS}"
"""The sign-in: its own small script only, and no script there can turn text into markup (Trusted Types)."""

CONSOLE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    f"form-action 'self'; frame-ancestors 'none'{_FONTS}"
)
"""Every other page. Its scripts swap the server's fragments in, so Trusted Types are off; no passkey is asked there."""
