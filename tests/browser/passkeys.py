"""Passkeys in a browser: Chromium's virtual authenticator, with the keys of the demo's software authenticators in it.

Source: the WebAuthn domain of the Chrome DevTools Protocol, and Web Authentication Level 3, section 11.
"""

import itertools
from base64 import b64encode
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from playwright.sync_api import CDPSession, Page

from holdfast.demo.authenticator import SoftwareAuthenticator

_DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}

# Chromium asks such a key by itself to protect a credential that it keeps, and the key answers how (credProtect).
_HARDWARE_KEY = _DEVICE | {"transport": "usb", "ctap2Version": "ctap2_1", "hasCredBlob": True}

# Signers take a counter that they have seen before for a cloned authenticator's.
_APART = 1_000
_devices = itertools.count(1)

# Pages give people two minutes. A browser that a test drives takes any time that a page names, so that nobody waits.
_GIVE_UP_SOON = """
for (const verb of ["get", "create"]) {
  const ask = navigator.credentials[verb].bind(navigator.credentials);
  navigator.credentials[verb] = (options) => ask({ ...options, publicKey: { ...options.publicKey, timeout: 300 } });
}
"""


class Passkeys:
    """The built-in authenticator of one page's device. It verifies its user until it is told not to."""

    def __init__(self, page: Page, session: CDPSession) -> None:
        self._page = page
        self._session = session
        self._session.send("WebAuthn.enable", {"enableUI": False})
        self._authenticator = self._plugged(_DEVICE)

    def _plugged(self, options: dict[str, Any]) -> str:
        added = self._session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        return str(added["authenticatorId"])

    def become_a_hardware_key(self) -> None:
        """Use a USB key with all of CTAP 2.1 in the built-in authenticator's place."""
        self._session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": self._authenticator})
        self._authenticator = self._plugged(_HARDWARE_KEY)

    def _tell(self, command: str, **parameters: object) -> dict[str, Any]:
        said: dict[str, Any] = self._session.send(
            f"WebAuthn.{command}", {"authenticatorId": self._authenticator, **parameters}
        )
        return said

    def carry(self, authenticator: SoftwareAuthenticator) -> None:
        """Put a person's key into this device, with a counter beyond all that it counted elsewhere.

        From now on the device counts for itself: whoever also signs with the software authenticator looks cloned.
        """
        # [version, domain, relying party, name, credential id, private scalar, counter]
        _, _, relying_party, name, credential_id, scalar, sign_count = cbor2.loads(authenticator.export_private())
        key = derive_private_key(int.from_bytes(scalar, "big"), SECP256R1())
        pkcs8 = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        credential = {
            "credentialId": _text(credential_id),
            "isResidentCredential": True,
            "rpId": relying_party,
            "privateKey": _text(pkcs8),
            # A discoverable credential must have one; nothing of ours reads it.
            "userHandle": _text(name.encode()),
            "signCount": sign_count + _APART * next(_devices),
        }
        self._tell("addCredential", credential=credential)

    def forget(self) -> None:
        """Take every key out of the device."""
        self._tell("clearCredentials")

    def count(self) -> int:
        """How many keys the device holds."""
        return len(self._tell("getCredentials")["credentials"])

    def verify_user(self, verified: bool) -> None:
        """Whether the device recognises who holds it: a finger that does not match, when it does not."""
        self._tell("setUserVerified", isUserVerified=verified)

    def claim_unverified(self, unverified: bool) -> None:
        """Whether the device answers without having verified its user, although the page requires it."""
        self._tell("setResponseOverrideBits", isBadUV=unverified)

    def ignore_prompts(self) -> None:
        """Nobody touches the device from now on: on pages loaded after this, the browser's prompt ends unanswered.

        To pages that is the same as a prompt that somebody closed: WebAuthn has one error for both, on purpose.
        """
        self._tell("setAutomaticPresenceSimulation", enabled=False)
        self._page.add_init_script(_GIVE_UP_SOON)


def _text(content: bytes) -> str:
    return b64encode(content).decode()
