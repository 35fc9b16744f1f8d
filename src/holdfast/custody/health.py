"""How the signers are: each asked once, all at the same time, and nobody waited for longer than is said."""

import queue
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from holdfast.custody.control_plane import ControlPlane
from holdfast.errors import HoldfastError
from holdfast.signer import GenesisMismatch, SignerInternalFault, SignerUnavailable, Status

DEFAULT_WAIT_S = 3.0


@dataclass(frozen=True)
class SignerHealth:
    """What a signer says of itself; or, without ``status``, the code of why there is nothing to believe."""

    name: str
    status: Status | None
    code: str | None


class FreezeStanding(StrEnum):
    """Whether a committee is frozen, as far as its members answered."""

    NOT_SET = "not set"
    PARTLY = "partly"
    """Some members know of a freeze, and enough others would still sign."""
    IN_FORCE = "in force"
    UNDETERMINED = "undetermined"


def signer_health(plane: ControlPlane, wait_s: float = DEFAULT_WAIT_S) -> tuple[SignerHealth, ...]:
    """Every signer of the roster, in its order. One that has not answered after ``wait_s`` is unavailable."""
    answers: queue.SimpleQueue[SignerHealth] = queue.SimpleQueue()
    names = [signer.name for signer in plane.roster.signers]
    for name in names:
        # Daemons: a signer that never answers must not keep the process from ending.
        threading.Thread(target=lambda name=name: answers.put(_ask(plane, name)), daemon=True).start()
    deadline = time.monotonic() + wait_s
    answered: dict[str, SignerHealth] = {}
    while len(answered) < len(names):
        try:
            health = answers.get(timeout=max(deadline - time.monotonic(), 0))
        except queue.Empty:
            break
        answered[health.name] = health
    return tuple(answered.get(name, SignerHealth(name, None, SignerUnavailable.code)) for name in names)


def _ask(plane: ControlPlane, name: str) -> SignerHealth:
    if name not in plane.transports:
        return SignerHealth(name, None, SignerUnavailable.code)
    try:
        status = plane.signer(name).status()
    except HoldfastError as fault:
        return SignerHealth(name, None, fault.code)
    # Whatever else goes wrong in this thread, an answer is due, or the signer would look slow instead of wrong.
    except Exception:  # noqa: BLE001
        return SignerHealth(name, None, SignerInternalFault.code)
    if status.genesis != plane.genesis.digest():
        return SignerHealth(name, None, GenesisMismatch.code)
    return SignerHealth(name, status, None)


def freeze_standing(signers: Iterable[SignerHealth], members: tuple[str, ...], threshold: int) -> FreezeStanding:
    """The freeze of a committee: in force once so many members know of it that the rest are no quorum."""
    known = [signer.status for signer in signers if signer.name in members and signer.status is not None]
    frozen = sum(status.frozen for status in known)
    free = len(known) - frozen
    if len(members) - frozen < threshold:
        return FreezeStanding.IN_FORCE
    if free < threshold:
        return FreezeStanding.UNDETERMINED
    return FreezeStanding.PARTLY if frozen else FreezeStanding.NOT_SET


def able_members(signers: Iterable[SignerHealth], vault: str, committee_epoch: int) -> int:
    """How many signers answer, are not frozen, and hold a share of this vault's key."""
    return sum(
        signer.status is not None
        and not signer.status.frozen
        and any((key.vault, key.committee_epoch) == (vault, committee_epoch) for key in signer.status.keys)
        for signer in signers
    )
