"""Asking a signer which approvals it holds, after showing it those that the control plane holds."""

from holdfast.authority import EVERYONE, Header, open_envelope
from holdfast.custody.control_plane import ControlPlane
from holdfast.errors import HoldfastError
from holdfast.signer import ApprovalsHeld, ApprovalsRequest, SignerRefused, SignerUnavailable


def ask_approvals(plane: ControlPlane, name: str, asked: ApprovalsRequest) -> ApprovalsHeld:
    """The signer's own answer, about nothing but what was asked.

    :raises SignerRefused: it does not answer such a request.
    :raises SignerUnavailable: no answer, or none that is this signer's to this request.
    """
    try:
        (letter,) = plane.signer(name).call(asked)
        place = Header(name, EVERYONE, asked.digest(), 0, 0)
        held = ApprovalsHeld.decoded(open_envelope(letter, plane.roster, place))
    except SignerRefused:
        raise
    except (HoldfastError, ValueError):
        raise SignerUnavailable(f"{name} gave no valid answer") from None
    named = {found.subject for found in held.held} | set(held.unknown)
    if not named <= {known.subject for known in asked.known}:
        raise SignerUnavailable(f"{name} answered what was not asked")
    return held
