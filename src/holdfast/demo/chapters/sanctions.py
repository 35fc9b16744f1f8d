"""A sanctioned address: blocked, with its code, and never silently."""

from holdfast.audit import WithdrawalRefused
from holdfast.chains import ChainError
from holdfast.chains.bitcoin import script_to_address
from holdfast.custody import WithdrawalState, find_withdrawal
from holdfast.demo.chapters.deposit import ALICE
from holdfast.demo.deployment import ASSET, NETWORK
from holdfast.demo.errors import PromiseBroken
from holdfast.demo.stage import Stage, bitcoin
from holdfast.screening import SanctionedAddress

REFERENCE = "alice-sanctioned"


def play(stage: Stage) -> None:
    """Alice asks for a payment to a listed address."""
    entry, destination = _listed(stage)
    with stage.telling.step(
        "blocked", f"Alice asks for a payment to an address that OFAC lists, {entry.address}"
    ) as told:
        told.say(f"On this private chain the address of the same key is written {destination}.")
        before, size = stage.balance(ALICE), stage.log_size()
        refused = told.refusal(
            "screening.destination_sanctioned",
            lambda: stage.request(ALICE, REFERENCE, bitcoin("0.1"), destination),
        )
        told.require(stage.balance(ALICE) == before, "nothing is held for it")
        view = find_withdrawal(stage.plane, REFERENCE)
        told.require((view.state, view.code) == (WithdrawalState.REFUSED, refused.code), "recorded as refused")
        logged = [event for event in stage.events(size) if isinstance(event, WithdrawalRefused)]
        told.require([event.code for event in logged] == [refused.code], "the refusal is in the log")
        told.say(f"Blocked ({refused.code}): {refused}.")
        told.say("Nothing is set aside for it; the refusal is recorded, and in the log.")
        told.data |= {"code": refused.code, "listed": entry.address, "destination": destination}


def _listed(stage: Stage) -> tuple[SanctionedAddress, str]:
    """A real listed bitcoin address, and its form on this chain."""
    for entry in stage.plane.screen.snapshot.entries:
        if entry.asset != ASSET:
            continue
        try:
            return entry, script_to_address(bytes.fromhex(entry.destination_key), NETWORK)
        except (ValueError, ChainError):
            continue
    raise PromiseBroken("the list in force has no bitcoin address")
