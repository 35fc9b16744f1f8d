"""The chapters, in the order of the story."""

from collections.abc import Callable
from dataclasses import dataclass

from holdfast.demo.chapters import (
    crash,
    deposit,
    genesis,
    log,
    newcomer,
    outage,
    reserves,
    sanctions,
    takeover,
    twice,
    withdrawal,
)
from holdfast.demo.stage import Stage


@dataclass(frozen=True)
class Chapter:
    """One chapter: its short name, its title, and what happens. ``basic``: every other one stands on it."""

    name: str
    title: str
    play: Callable[[Stage], None]
    basic: bool = False


CHAPTERS: tuple[Chapter, ...] = (
    Chapter("genesis", "A house is founded, and its key is made by five signers together", genesis.play, basic=True),
    Chapter("deposit", "A customer's bitcoin arrives", deposit.play, basic=True),
    Chapter("withdrawal", "An honest withdrawal", withdrawal.play),
    Chapter("sanctions", "A sanctioned address", sanctions.play),
    Chapter("newcomer", "A fresh account in a hurry", newcomer.play),
    Chapter("takeover", "The control plane is taken over after the approvals", takeover.play),
    Chapter("twice", "The same intent, offered twice", twice.play),
    Chapter("outage", "Signers are lost", outage.play),
    Chapter("crash", "A control plane dies between signing and broadcast", crash.play),
    Chapter("log", "The audit log, verified and then tampered with", log.play),
    Chapter("reserves", "The reserves, proven to every customer", reserves.play),
)
