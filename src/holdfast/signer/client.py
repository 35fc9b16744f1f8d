"""Asking a signer: typed requests out, verified letters or a named refusal back."""

import hashlib
import os
from typing import ClassVar

from holdfast.authority import EVERYONE, Envelope, Header, Roster, open_envelope
from holdfast.encoding import Canonical, EncodingError
from holdfast.errors import HoldfastError
from holdfast.signer.errors import SignerError, SignerUnavailable
from holdfast.signer.messages import Refusal, Reply, Status, StatusRequest
from holdfast.signer.transport import SignerTransport


class SignerRefused(SignerError):
    """A signer's signed refusal: its code and line are the signer's own, the envelope is the evidence."""

    code: ClassVar[str] = "signer.refused_request"

    def __init__(self, signer: str, refusal: Refusal, envelope: Envelope) -> None:
        super().__init__(f"{signer}: {refusal.message}")
        self.signer = signer
        self.refusal = refusal
        self.envelope = envelope


class SignerClient:
    """One signer as others see it: reached by a transport, believed by its signature."""

    def __init__(self, name: str, transport: SignerTransport, roster: Roster) -> None:
        self.name = name
        self._transport = transport
        self._roster = roster

    def call(self, request: Canonical) -> tuple[Envelope, ...]:
        """The signer's letters; whoever uses them opens them with the place they are expected in.

        :raises SignerRefused: a refusal that this signer signed, for this very request.
        :raises SignerUnavailable: no answer, or none that is this signer's.
        """
        encoded = request.encoded()
        try:
            reply = Reply.decoded(self._transport.call(encoded))
            if reply.refusal is None:
                return reply.letters
            place = Header(self.name, EVERYONE, hashlib.sha256(encoded).digest(), 0, 0)
            refusal = Refusal.decoded(open_envelope(reply.refusal, self._roster, place))
        except SignerUnavailable:
            raise
        except (EncodingError, HoldfastError) as fault:
            raise SignerUnavailable(f"{self.name} gave no valid answer: {fault}") from None
        raise SignerRefused(self.name, refusal, reply.refusal)

    def status(self) -> Status:
        """What the signer pins and has seen, fresh."""
        nonce = os.urandom(16)
        letters = self.call(StatusRequest(nonce))
        try:
            (letter,) = letters
            return Status.decoded(open_envelope(letter, self._roster, Header(self.name, EVERYONE, nonce, 0, 0)))
        except (ValueError, HoldfastError):
            raise SignerUnavailable(f"{self.name} gave no valid status") from None
